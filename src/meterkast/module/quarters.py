"""The 15-minute load profile: ten days of register values, one per quarter, without gaps (DSMR-M 4.5.22)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from meterkast.model.calendar import AMSTERDAM, QUARTER
from meterkast.model.obis import Obis
from meterkast.model.quality import ProfileStatus
from meterkast.module.registers import Registers

CAPACITY = 960


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarterEntry:
    """Registers in watt-hours at the end of a quarter (``at``, Unix seconds), and the quarter's status."""

    at: int
    status: ProfileStatus
    registers: Mapping[Obis, int]


class LoadProfile:
    """The buffer as it stands at any instant; nothing is stored, since the registers know their past."""

    def __init__(self, registers: Registers, installed_at: int) -> None:
        self._registers = registers
        self._installed_at = installed_at

    def entries(self, now: int, start: int | None = None, end: int | None = None) -> list[QuarterEntry]:
        """The buffer at ``now``, from ``start`` to ``end``, both included; None leaves an end open."""
        newest = now - now % QUARTER
        oldest = max(_quarter_from(self._installed_at), newest - (CAPACITY - 1) * QUARTER)
        first = oldest if start is None else max(oldest, _quarter_from(start))
        last = newest if end is None else min(newest, end)
        return [self._entry(at) for at in range(first, last + 1, QUARTER)]

    def status(self, at: int) -> ProfileStatus:
        """The status of the quarter that ended at ``at``: power down where it was off for a while."""
        status = ProfileStatus(0)
        if datetime.fromtimestamp(at, AMSTERDAM).dst() != timedelta():
            status |= ProfileStatus.DAYLIGHT_SAVING
        if at - QUARTER < self._installed_at:
            status |= ProfileStatus.POWER_DOWN
        return status

    def _entry(self, at: int) -> QuarterEntry:
        return QuarterEntry(at=at, status=self.status(at), registers=self._registers.at(at))


def _quarter_from(at: int) -> int:
    """The first whole quarter at or after an instant."""
    return at + -at % QUARTER
