"""Collation: the loose readings of one message, put together by device and local day."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from meterkast.mdm.device_day import DeviceDay
from meterkast.model.block import Medium
from meterkast.model.calendar import local_day
from meterkast.model.obis import Obis
from meterkast.model.quality import Flag
from meterkast.model.reading import Reading
from meterkast.model.unit import Unit
from meterkast.protocols.explain.document import Explanation

_LONGEST_NAME = 60
_MBUS = 24
_IDENTIFIER = (96, 1)

_MEDIUM_OF_GROUP_A = {
    1: Medium.ELECTRICITY,
    4: Medium.HEAT,
    5: Medium.HEAT,
    6: Medium.HEAT,
    7: Medium.GAS,
    8: Medium.WATER,
    9: Medium.WATER,
}
_MEDIUM_OF_UNIT = {
    Unit.WATT_HOUR: Medium.ELECTRICITY,
    Unit.CUBIC_METRE: Medium.GAS,
    Unit.CUBIC_METRE_CORRECTED: Medium.GAS,
    Unit.JOULE: Medium.HEAT,
}
_MEDIUM_OF_DEVICE_TYPE = {
    2: Medium.ELECTRICITY,
    3: Medium.GAS,
    4: Medium.HEAT,
    6: Medium.WATER,
    7: Medium.WATER,
    12: Medium.HEAT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Collation:
    """The days found in a message, how many values were taken, and how many readings were not."""

    days: tuple[DeviceDay, ...]
    taken: int
    skipped: int


def collate(explanation: Explanation, *, fallback: str, now: int) -> Collation:
    """Sorts the numeric readings that have an OBIS code by device and local day.

    A meter that passes on others (0-n:24.x, n from 1) gives them a name of their own: their equipment
    identifier 0-n:96.1.0 where the message has it, else the meter's name and the channel.

    Args:
        explanation: the message, explained.
        fallback: name of the meter where the message has none.
        now: Unix seconds; the time of a value where neither it nor the message carries one.

    Raises:
        DataError: ``import-value-range``.
    """
    meters = _meters(explanation, fallback)
    days: dict[tuple[str, date], DeviceDay] = {}
    taken = 0
    for reading in explanation.readings:
        if reading.obis is None or not isinstance(reading.value, Decimal) or not reading.value.is_finite():
            continue
        meter = meters[_channel(reading.obis)]
        at, flags = _instant(reading, explanation, now)
        day = days.setdefault(
            (meter.name, local_day(at)),
            DeviceDay(device=meter.name, medium=meter.medium, day=local_day(at)),
        )
        day.flags |= flags
        taken += day.take((reading.obis, reading.unit), at, reading.value)
    return Collation(days=tuple(days.values()), taken=taken, skipped=len(explanation.readings) - taken)


@dataclass(frozen=True, slots=True)
class _Meter:
    name: str
    medium: Medium


def _instant(reading: Reading, explanation: Explanation, now: int) -> tuple[int, set[str]]:
    at = explanation.timestamp if reading.at is None else reading.at
    if at is None:
        return now, {Flag.UNSIGNED.value, Flag.TIME_OF_IMPORT.value}
    return at, {Flag.UNSIGNED.value}


def _channel(obis: Obis) -> int:
    """0 is the meter itself, 1 and up the meters it passes on."""
    return obis.b if obis.a == 0 and (obis.c == _MBUS or (obis.c, obis.d) == _IDENTIFIER) else 0


def _meters(explanation: Explanation, fallback: str) -> dict[int, _Meter]:
    main = explanation.meter_id
    if main is None or not _usable(main):
        main = fallback
    channels: dict[int, list[Reading]] = {}
    for reading in explanation.readings:
        if reading.obis is not None:
            channels.setdefault(_channel(reading.obis), []).append(reading)
    return {
        channel: _Meter(
            main if channel == 0 else _identifier(readings) or f"{main}/{channel}", _medium(readings)
        )
        for channel, readings in channels.items()
    }


def _identifier(readings: list[Reading]) -> str | None:
    return next((text for text in map(_text_of_identifier, readings) if text and _usable(text)), None)


def _text_of_identifier(reading: Reading) -> str | None:
    named = reading.obis is not None and reading.obis.c == _IDENTIFIER[0]
    return reading.value if named and isinstance(reading.value, str) else None


def _usable(name: str) -> bool:
    return 0 < len(name) <= _LONGEST_NAME and name.isprintable() and not name.isspace()


def _medium(readings: list[Reading]) -> Medium:
    """By the device type that the meter in front reports, else by OBIS code, else by unit."""
    for clue in (_by_device_type, _by_group_a, _by_unit):
        for reading in readings:
            medium = clue(reading)
            if medium is not None:
                return medium
    return Medium.OTHER


def _by_device_type(reading: Reading) -> Medium | None:
    told = reading.obis is not None and (reading.obis.c, reading.obis.d) == (_MBUS, 1)
    number = str(reading.value)
    return _MEDIUM_OF_DEVICE_TYPE.get(int(number)) if told and number.isdecimal() else None


def _by_group_a(reading: Reading) -> Medium | None:
    return _MEDIUM_OF_GROUP_A.get(reading.obis.a) if reading.obis is not None else None


def _by_unit(reading: Reading) -> Medium | None:
    return _MEDIUM_OF_UNIT.get(reading.unit)
