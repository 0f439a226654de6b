"""Readings from the objects of a P1 telegram. Logs and histories, many values in one line, give none."""

from meterkast.model.obis import Obis
from meterkast.model.reading import Reading
from meterkast.protocols.p1.telegram import P1Object, Telegram, is_obis
from meterkast.protocols.p1.values import identifier, instant, number

CLOCK = "0-0:1.0.0"
_METER_CODES = ("0-0:96.1.1", "0-0:42.0.0", "1-0:0.0.0*255", "0-0:96.1.0", "1-0:96.1.0")
_TEXT_GROUPS = frozenset(((96, 1), (96, 13), (42, 0), (0, 0)))


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
    readings = (_reading(found, at) for found in telegram.objects if found.whole and found.code != CLOCK)
    return [reading for reading in readings if reading is not None]


def _reading(found: P1Object, at: int | None) -> Reading | None:
    match found.values:
        case (text,):
            return _single(found.obis, text, None, at)
        case (time, text) if (own := instant(time)) is not None:
            return _single(found.obis, text, None, own)
        case (time, _, _, _, code, unit, text) if (own := instant(time)) is not None and is_obis(code):
            # DSMR 2 and 3 describe the gas value in one line and print it in the next.
            return _single(Obis.parse(code), text, unit, own)
    return None


def _single(obis: Obis, text: str, unit: str | None, at: int | None) -> Reading | None:
    if (obis.c, obis.d) in _TEXT_GROUPS:
        return Reading(obis=obis, value=identifier(text), at=at) if text else None
    measured = number(text, unit)
    return None if measured is None else Reading(obis=obis, value=measured[0], unit=measured[1], at=at)
