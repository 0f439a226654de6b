"""Loose values of one device and one local day, and how they join a meter-day block."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from meterkast.model.block import Column, Medium, MeterDayBlock
from meterkast.model.errors import DataError
from meterkast.model.obis import Obis
from meterkast.model.unit import Unit

_EXPONENTS = range(-30, 31)
_INT64 = range(-(2**63), 2**63)

Register = tuple[Obis, Unit]


@dataclass(slots=True, kw_only=True)
class DeviceDay:
    """What one message says of one device on one local day. Built up while collating, read-only afterwards.

    Attributes:
        device: the device's own name.
        medium: what it measures.
        day: the local day.
        values: by register, then by instant.
        flags: codes of ``quality.Flag``.
    """

    device: str
    medium: Medium
    day: date
    values: dict[Register, dict[int, Decimal]] = field(default_factory=dict)
    flags: set[str] = field(default_factory=set)

    def take(self, register: Register, at: int, value: Decimal) -> bool:
        """Keeps the value and says so; the first value of a register at an instant counts, a second does not.

        Raises:
            DataError: ``import-value-range`` where the exponent is out of all reason.
        """
        if value.as_tuple().exponent not in _EXPONENTS:
            raise _out_of_range(register)
        kept = self.values.setdefault(register, {}).setdefault(at, value)
        return kept is value

    def onto(self, block: MeterDayBlock | None) -> MeterDayBlock:
        """The block with these values added to it; where both have one, the newer, this one, counts.

        Raises:
            DataError: ``import-value-range`` where a value does not fit 64 bits.
        """
        before = {} if block is None else _values(block)
        merged = {
            register: before.get(register, {}) | self.values.get(register, {})
            for register in before | self.values
        }
        times = tuple(sorted({at for series in merged.values() for at in series}))
        status = {} if block is None else dict(zip(block.times, block.status, strict=True))
        return MeterDayBlock(
            device=self.device,
            medium=self.medium,
            day=self.day,
            times=times,
            columns=tuple(_column(register, series, times) for register, series in merged.items()),
            status=tuple(status.get(at) for at in times),
            flags=tuple(sorted(self.flags.union(() if block is None else block.flags))),
        )


def _values(block: MeterDayBlock) -> dict[Register, dict[int, Decimal]]:
    return {
        (column.obis, column.unit): {
            at: Decimal(value).scaleb(column.scaler)
            for at, value in zip(block.times, column.values, strict=True)
            if value is not None
        }
        for column in block.columns
    }


def _column(register: Register, series: dict[int, Decimal], times: tuple[int, ...]) -> Column:
    obis, unit = register
    scaler = min((_exponent(value) for value in series.values()), default=0)
    scaled = {at: _scaled(value, scaler) for at, value in series.items()}
    if any(value not in _INT64 for value in scaled.values()):
        raise _out_of_range(register)
    return Column(obis=obis, unit=unit, scaler=scaler, values=tuple(scaled.get(at) for at in times))


def _exponent(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


def _scaled(value: Decimal, scaler: int) -> int:
    """The value in units of ``10**scaler``, exactly: decimal arithmetic would round to its context."""
    sign, digits, _ = value.as_tuple()
    whole = int("".join(map(str, digits)) + "0" * (_exponent(value) - scaler))
    return -whole if sign else whole


def _out_of_range(register: Register) -> DataError:
    return DataError("import-value-range", "A value does not fit the store.", where=str(register[0]))
