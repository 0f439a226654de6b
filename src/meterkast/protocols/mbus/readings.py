"""Readings with OBIS codes from M-Bus records (EN 13757-1, annex; for gas the code of DSMR)."""

from collections.abc import Iterable
from decimal import Decimal

from meterkast.model.obis import Obis
from meterkast.model.reading import Reading
from meterkast.model.unit import Unit
from meterkast.protocols.mbus import media
from meterkast.protocols.mbus.records import Function, ManufacturerData, Record
from meterkast.protocols.mbus.timepoint import TimePoint

UNITS: dict[str, Unit] = {unit.symbol: unit for unit in Unit if unit is not Unit.CUBIC_METRE_CORRECTED}

_HEAT = {
    "energy": (6, 1),
    "volume": (6, 2),
    "power": (6, 8),
    "volume flow": (6, 9),
    "flow temperature": (6, 10),
    "return temperature": (6, 11),
    "temperature difference": (6, 12),
}
_WATER = {"volume": (8, 1), "volume flow": (8, 2)}
_HOT_WATER = {"volume": (9, 1), "volume flow": (9, 2)}
_COOLING = {quantity: (5, group) for quantity, (_, group) in _HEAT.items()}
_CODES: dict[int, dict[str, tuple[int, int]]] = {
    0x04: _HEAT,
    0x0C: _HEAT,
    0x0D: _HEAT,
    0x0A: _COOLING,
    0x0B: _COOLING,
    0x06: _HOT_WATER,
    0x15: _HOT_WATER,
    0x07: _WATER,
    0x16: _WATER,
}
"""Per device type and quantity: value groups A and C."""

_ELECTRICITY = {"energy": (1, 8), "power": (1, 7), "reactive energy": (3, 8), "frequency": (14, 7)}
"""Value groups C and D."""


def volume_readings(
    received: Iterable[Record | ManufacturerData], *, device_type: int = media.GAS, channel: int = 1
) -> list[Reading]:
    """The values that have a name in OBIS: instantaneous ones of the whole device, current or dated.

    A stored value counts where a time stamp stands under the same storage number. Time stamps carry no zone
    and are read as UTC.
    """
    whole = [
        record
        for record in received
        if isinstance(record, Record) and record.function is Function.INSTANTANEOUS and not record.subunit
    ]
    stamps = {
        record.storage: record.value.unix()
        for record in whole
        if record.meaning.quantity == "date and time" and isinstance(record.value, TimePoint)
    }
    readings: list[Reading] = []
    for record in whole:
        told, value, at = record.meaning, record.value, stamps.get(record.storage)
        obis = _obis(device_type, told.quantity, record.tariff, channel)
        if obis is None or told.qualifiers or not isinstance(value, Decimal) or told.unit not in UNITS:
            continue
        if record.storage == 0 or at is not None:
            readings.append(Reading(obis=obis, value=value, unit=UNITS[told.unit], at=at))
    return readings


def _obis(device_type: int, quantity: str, tariff: int, channel: int) -> Obis | None:
    if device_type == media.GAS:
        return Obis(0, channel, 24, 2, 1) if quantity == "volume" and not tariff else None
    if device_type == media.ELECTRICITY:
        group = _ELECTRICITY.get(quantity)
        return None if group is None else Obis(1, 0, *group, min(tariff, 255))
    found = _CODES.get(device_type, {}).get(quantity)
    return None if found is None else Obis(found[0], 0, found[1], 0, min(tariff, 255))
