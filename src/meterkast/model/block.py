"""The meter-day block: all values of one meter and one local day, one version, immutable."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from meterkast.model.errors import DataError
from meterkast.model.obis import Obis
from meterkast.model.unit import Unit


class Medium(StrEnum):
    """What is measured."""

    ELECTRICITY = "electricity"
    GAS = "gas"
    HEAT = "heat"
    WATER = "water"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One register over the day. The physical value is ``value * 10**scaler`` in ``unit``; None is a gap."""

    obis: Obis
    unit: Unit
    scaler: int
    values: tuple[int | None, ...]

    def differences(self) -> tuple[int | None, ...]:
        """Consumption per interval, one fewer than the register values; None where either end is a gap.

        A negative difference is a register that ran back: it is returned as it is, never repaired.
        """
        return tuple(
            None if before is None or after is None else after - before
            for before, after in zip(self.values, self.values[1:], strict=False)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterDayBlock:
    """Register values of one device at given instants of one local day.

    For interval data ``times`` is the grid of the day (``calendar.grid``): its start, then the end of each
    interval, so that n intervals have n + 1 register values and consecutive days share one instant. For a
    frame that was read once it holds the instants that are known.

    Attributes:
        device: the meter's own name, for example ``KFM5000000000017`` or ``MKM12345678``.
        medium: what it measures.
        day: the local day in Europe/Amsterdam.
        times: Unix seconds, strictly rising.
        columns: one per register, each with ``len(times)`` values.
        status: profile status octet per instant; None where the meter gave none.
        flags: what the chain noticed on the way (codes of ``quality.Flag``), sorted.

    Raises:
        DataError: ``block-shape`` where lengths or order do not fit.
    """

    device: str
    medium: Medium
    day: date
    times: tuple[int, ...]
    columns: tuple[Column, ...]
    status: tuple[int | None, ...]
    flags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        length = len(self.times)
        if any(len(column.values) != length for column in self.columns) or len(self.status) != length:
            raise DataError("block-shape", "Every column of a meter-day block has one value per instant.")
        if any(before >= after for before, after in zip(self.times, self.times[1:], strict=False)):
            raise DataError("block-shape", "The instants of a meter-day block rise.", where="times")

    @property
    def missing(self) -> int:
        """How many register values are gaps, over all columns."""
        return sum(value is None for column in self.columns for value in column.values)
