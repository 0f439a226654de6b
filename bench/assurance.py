"""The figures of the case: a bill of material of 20,000 parts, judged."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from bench.figure import Figure
from meterkast.assurance.dossier import Dossier, bom, gaps, load
from meterkast.assurance.dossier.component import Part
from meterkast.assurance.dossier.parts import Weight, at_country, independence, origin_tables

_PARTS = 20_000
_FAN_OUT = 7
_RUNS = 3
_GOAL_SECONDS = 2.0
_COUNTRIES = ("NL", "CN", "FR", None)
_VENDORS = ("kaifa-nl", "sagemcom")
_MAKERS = (*_VENDORS, None)

T = TypeVar("T")


def measure() -> list[Figure]:
    """Both products of the module with a deep parts list each: every question that the rules ask of one."""
    dossier = replace(load(), parts=_parts())
    text = bom.write_cyclonedx(dossier)
    reading, parts = _timed(lambda: bom.read_document(text, "bench.cdx.json"))
    evaluation, _ = _timed(lambda: _evaluate(replace(dossier, parts=parts)), _RUNS)
    return [
        Figure(
            name="assurance.bom-20000",
            value=evaluation,
            unit="s",
            goal=_GOAL_SECONDS,
            against=f"reading and checking its {len(text) / 1e6:.0f} MB of CycloneDX, {reading:.2f} s",
        )
    ]


def _evaluate(dossier: Dossier) -> None:
    """Origins by every aspect and weight, the list for a country, independence of the vendors, all gaps."""
    for weight in Weight:
        origin_tables(dossier, weight=weight, component="C1")
    at_country(dossier, "CN", component="C1")
    independence(dossier, "C1")
    gaps.find(dossier)


def _parts() -> tuple[Part, ...]:
    """A tree below each vendor's product, in which every part holds seven."""
    return tuple(_part(number) for number in range(_PARTS))


def _part(number: int) -> Part:
    vendors = len(_VENDORS)
    first = (number // vendors * _FAN_OUT + 1) * vendors + number % vendors
    holds = range(first, min(first + _FAN_OUT * vendors, _PARTS), vendors)
    return Part(
        id=f"part-{number}",
        component="C1",
        cls="part",
        name=f"Part {number}",
        vendor=_VENDORS[number % vendors],
        party=_MAKERS[number % len(_MAKERS)],
        value_eur=float(number % 100),
        production=_COUNTRIES[number % len(_COUNTRIES)],
        contains=tuple(f"part-{inner}" for inner in holds),
    )


def _timed(work: Callable[[], T], times: int = 1) -> tuple[float, T]:
    """Seconds of the quickest run, and what it gave."""
    quickest = float("inf")
    for _ in range(times):
        started = time.perf_counter()
        result = work()
        quickest = min(quickest, time.perf_counter() - started)
    return quickest, result
