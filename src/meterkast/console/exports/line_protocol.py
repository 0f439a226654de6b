"""InfluxDB's line protocol (https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol)."""

import re
from collections.abc import Iterable

from meterkast.console.exports.measurement import Measurement

_NAME = "meterkast"
_SPECIAL = re.compile(r"[,= ]")
_HARMFUL = re.compile(r"[\\\x00-\x1f\x7f\x85\u2028\u2029]")
_NANOSECONDS = 1_000_000_000


def lines(measurements: Iterable[Measurement]) -> str:
    """One line for each, in the base unit, at the time of the value."""
    return "".join(_line(each) for each in measurements)


def _line(measurement: Measurement) -> str:
    tags = {
        "device": measurement.device,
        "medium": measurement.medium.value,
        "obis": str(measurement.obis),
        "unit": measurement.unit,
    }
    written = "".join(f",{name}={_tag(value)}" for name, value in tags.items() if value)
    return f"{_NAME}{written} value={measurement.value:f} {measurement.at * _NANOSECONDS}\n"


def _tag(value: str) -> str:
    """A tag value. The syntax cannot write a line end, or a backslash at the end: they are replaced."""
    return _SPECIAL.sub(r"\\\g<0>", _HARMFUL.sub("_", value))
