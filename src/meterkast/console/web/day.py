"""One home's day as the page shows it: what went in and out per quarter, and gas per hour."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from meterkast.model.block import Column, Medium, MeterDayBlock
from meterkast.model.calendar import HOUR, iso_local
from meterkast.model.obis import Obis
from meterkast.model.unit import Unit

_IMPORT_TOTAL, _IMPORT_TARIFFS = Obis(1, 0, 1, 8, 0), (Obis(1, 0, 1, 8, 1), Obis(1, 0, 1, 8, 2))
_EXPORT_TOTAL, _EXPORT_TARIFFS = Obis(1, 0, 2, 8, 0), (Obis(1, 0, 2, 8, 1), Obis(1, 0, 2, 8, 2))
_LITRES = {Unit.CUBIC_METRE: 1000, Unit.CUBIC_METRE_CORRECTED: 1000, Unit.LITRE: 1}

Amounts = tuple[int | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Power:
    """Electricity of one interval ``[start, end)`` in Unix seconds; None is a gap, never zero."""

    start: int
    end: int
    import_wh: int | None
    export_wh: int | None

    @property
    def import_w(self) -> int | None:
        """Mean power taken from the grid."""
        return self._mean(self.import_wh)

    @property
    def export_w(self) -> int | None:
        """Mean power fed into the grid."""
        return self._mean(self.export_wh)

    def _mean(self, energy: int | None) -> int | None:
        return None if energy is None else round(energy * HOUR / (self.end - self.start))

    def to_dict(self) -> dict[str, int | None]:
        """The interval as JSON values: instants, energy in Wh, mean power in W."""
        return {
            "start": self.start,
            "end": self.end,
            "import_wh": self.import_wh,
            "export_wh": self.export_wh,
            "import_w": self.import_w,
            "export_w": self.export_w,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """Gas of one interval ``[start, end)`` in litres; None is a gap, never zero."""

    start: int
    end: int
    gas_l: int | None

    def to_dict(self) -> dict[str, int | None]:
        """The interval as JSON values."""
        return {"start": self.start, "end": self.end, "gas_l": self.gas_l}


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A connection's day, from the newest stored blocks. Sums run over the intervals that are known."""

    ean: str
    day: date
    electricity: tuple[Power, ...] = ()
    gas: tuple[Volume, ...] = ()
    flags: tuple[str, ...] = ()

    @property
    def import_wh(self) -> int:
        """Taken from the grid."""
        return _sum(interval.import_wh for interval in self.electricity)

    @property
    def export_wh(self) -> int:
        """Fed into the grid."""
        return _sum(interval.export_wh for interval in self.electricity)

    @property
    def gas_l(self) -> int:
        """Gas used."""
        return _sum(interval.gas_l for interval in self.gas)

    @property
    def gaps(self) -> int:
        """Intervals in which a value is missing."""
        known = [None not in (power.import_wh, power.export_wh) for power in self.electricity]
        known += [volume.gas_l is not None for volume in self.gas]
        return known.count(False)

    def to_dict(self) -> dict[str, Any]:
        """The document behind the charts; each interval says both its ends."""
        return {
            "ean": self.ean,
            "day": self.day.isoformat(),
            "tz": "Europe/Amsterdam",
            "electricity": [interval.to_dict() for interval in self.electricity],
            "gas": [interval.to_dict() for interval in self.gas],
            "sum": {"import_wh": self.import_wh, "export_wh": self.export_wh, "gas_l": self.gas_l},
            "gaps": self.gaps,
            "flags": list(self.flags),
            "starts": iso_local(self.electricity[0].start) if self.electricity else None,
        }


def day_of(ean: str, day: date, blocks: Sequence[MeterDayBlock]) -> Day:
    """The day that these blocks describe; other media and registers are left out."""
    electricity: tuple[Power, ...] = ()
    gas: tuple[Volume, ...] = ()
    for block in blocks:
        if block.medium is Medium.ELECTRICITY:
            electricity = _electricity(block)
        elif block.medium is Medium.GAS:
            gas = _gas(block)
    flags = sorted({flag for block in blocks for flag in block.flags})
    return Day(ean=ean, day=day, electricity=electricity, gas=gas, flags=tuple(flags))


def _electricity(block: MeterDayBlock) -> tuple[Power, ...]:
    taken = _energy(block, _IMPORT_TOTAL, _IMPORT_TARIFFS)
    fed = _energy(block, _EXPORT_TOTAL, _EXPORT_TARIFFS)
    ends = zip(block.times, block.times[1:], taken, fed, strict=False)
    return tuple(Power(start=start, end=end, import_wh=into, export_wh=out) for start, end, into, out in ends)


def _gas(block: MeterDayBlock) -> tuple[Volume, ...]:
    column = next((column for column in block.columns if column.unit in _LITRES), None)
    litres = _amounts(column, _LITRES[column.unit]) if column else _nothing(block)
    ends = zip(block.times, block.times[1:], litres, strict=False)
    return tuple(Volume(start=start, end=end, gas_l=amount) for start, end, amount in ends)


def _energy(block: MeterDayBlock, total: Obis, tariffs: tuple[Obis, ...]) -> Amounts:
    """Wh per interval: of the total register where the meter profiles it, else over its tariffs."""
    columns = {column.obis: column for column in block.columns}
    if total in columns:
        return _amounts(columns[total])
    parts = [_amounts(columns[tariff]) for tariff in tariffs if tariff in columns]
    return tuple(_whole(amounts) for amounts in zip(*parts, strict=True)) if parts else _nothing(block)


def _amounts(column: Column, factor: int = 1) -> Amounts:
    return tuple(
        None if difference is None else round(Decimal(difference).scaleb(column.scaler) * factor)
        for difference in column.differences()
    )


def _nothing(block: MeterDayBlock) -> Amounts:
    return (None,) * max(len(block.times) - 1, 0)


def _whole(amounts: Sequence[int | None]) -> int | None:
    """The sum, or a gap where any part is one."""
    known = [amount for amount in amounts if amount is not None]
    return sum(known) if len(known) == len(amounts) else None


def _sum(amounts: Iterable[int | None]) -> int:
    return sum(amount for amount in amounts if amount is not None)
