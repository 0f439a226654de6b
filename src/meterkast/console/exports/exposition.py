"""Prometheus' text format (https://prometheus.io/docs/instrumenting/exposition_formats)."""

import re
from collections.abc import Iterable

from meterkast.console.exports.measurement import Measurement
from meterkast.console.exports.quantity import quantity

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_PREFIX = "meterkast_"
_TIME = "measured_time_seconds"
_HARMFUL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")


def exposition(measurements: Iterable[Measurement]) -> str:
    """All samples, those of one metric together; the time of each value is a metric of its own."""
    families: dict[str, list[str]] = {}
    kinds: dict[str, str] = {}
    for each in measurements:
        kind = quantity(each)
        name = _PREFIX + kind.metric + ("_total" if kind.counts else "")
        kinds[name] = "counter" if kind.counts else "gauge"
        families.setdefault(name, []).append(f"{name}{_labels(each)} {each.value:f}")
        kinds[_PREFIX + _TIME] = "gauge"
        families.setdefault(_PREFIX + _TIME, []).append(f"{_PREFIX}{_TIME}{_labels(each)} {each.at}")
    return "".join(
        f"# TYPE {name} {kinds[name]}\n" + "".join(f"{sample}\n" for sample in samples)
        for name, samples in sorted(families.items())
    )


def _labels(measurement: Measurement) -> str:
    labels = {
        "device": measurement.device,
        "medium": measurement.medium.value,
        "obis": str(measurement.obis),
    }
    return "{" + ",".join(f'{name}="{_label(value)}"' for name, value in labels.items()) + "}"


def _label(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return _HARMFUL.sub("_", escaped)
