"""Readings from the objects of a P1 telegram. Logs and histories, many values in one line, give none."""

from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import TypeAlias

from meterkast.model.finding import Finding, Severity
from meterkast.model.obis import Obis
from meterkast.model.reading import Reading
from meterkast.model.unit import Unit
from meterkast.protocols.p1.telegram import Telegram, is_obis
from meterkast.protocols.p1.values import identifier, instant, number

CLOCK = "0-0:1.0.0"
_METER_CODES = ("0-0:96.1.1", "0-0:42.0.0", "1-0:0.0.0*255", "0-0:96.1.0", "1-0:96.1.0")
_TEXT_GROUPS = frozenset(((96, 1), (96, 13), (42, 0), (0, 0)))
_LONGEST_KEPT = 64

Typed: TypeAlias = tuple[Obis, Decimal | str, Unit]
"""What an object says: its name, its value in the base unit."""


def telegram_instant(telegram: Telegram) -> int | None:
    """Unix seconds of the telegram; None before DSMR 4, which prints none."""
    clock = telegram.first(CLOCK)
    return instant(clock.values[0]) if clock is not None else None


def meter_identifier(telegram: Telegram) -> str | None:
    """The meter's own number; None where the telegram names none."""
    named = telegram.first(*_METER_CODES)
    return (identifier(named.values[0]) or None) if named is not None else None


def telegram_readings(telegram: Telegram) -> list[Reading]:
    """One reading per object that holds one value, in the order of the telegram.

    A value with its own time stamp (gas, heat, peaks) keeps that one, the others have the telegram's. A line
    whose end is missing gives none: its last value may be cut.
    """
    at = telegram_instant(telegram)
    readings: list[Reading] = []
    for found in telegram.objects:
        code, values = found.code, found.values
        if not found.whole or code == CLOCK:
            continue
        typed, own = (_typed(code, values[0]), at) if len(values) == 1 else _stamped(code, values)
        if typed is not None:
            obis, value, unit = typed
            readings.append(Reading(obis=obis, value=value, unit=unit, at=own))
    return readings


def unreadable(telegram: Telegram) -> Iterator[Finding]:
    """Values that look like numbers or times and are none; their objects give no reading."""
    for found, line in zip(telegram.objects, telegram.lines, strict=True):
        match found.values:
            case (text,) if found.code == CLOCK:
                fails = instant(text) is None
            case (text,) | (_, text):
                # A time stamp that is none hides the value that goes with it.
                fails = "*" in text and _typed(found.code, text) is None
                fails |= len(found.values) == 2 and "*" in text and instant(found.values[0]) is None
            case _:
                fails = False
        if fails and found.whole:
            yield Finding(
                code="p1-value-unreadable",
                severity=Severity.WARNING,
                message="The value is no number, no known unit or no time: no reading.",
                line=line,
            )


def _stamped(code: str, values: tuple[str, ...]) -> tuple[Typed | None, int | None]:
    """A value with a time stamp of its own."""
    match values:
        case (time, text) if (own := instant(time)) is not None:
            return _typed(code, text), own
        case (time, _, _, _, inner, unit, text) if (own := instant(time)) is not None and is_obis(inner):
            # DSMR 2 and 3 describe the gas value in one line and print it in the next.
            return _read(inner, text, unit), own
    return None, None


def _typed(code: str, text: str) -> Typed | None:
    return _kept(code, text) if len(text) <= _LONGEST_KEPT else _read(code, text)


def _read(code: str, text: str, unit: str | None = None) -> Typed | None:
    obis, is_text = _name(code)
    if is_text:
        return (obis, identifier(text), Unit.NONE) if text else None
    measured = number(text, unit)
    return None if measured is None else (obis, *measured)


@lru_cache(maxsize=1024)
def _name(code: str) -> tuple[Obis, bool]:
    obis = Obis.parse(code)
    return obis, (obis.c, obis.d) in _TEXT_GROUPS


@lru_cache(maxsize=2048)
def _kept(code: str, text: str) -> Typed | None:
    """What most lines say they have said a second ago."""
    return _read(code, text)
