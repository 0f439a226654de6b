"""What befalls each gateway: drawn once, from a seed."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from random import Random

from meterkast.street.fleet.plan import COMMISSIONING_WEEKS, START, WEEKS, Diary, FleetSettings


class ClockFault(StrEnum):
    """What a clock may show (AT-21)."""

    MINUTE_AHEAD = "+60 s"
    MINUTE_BEHIND = "-60 s"
    DAY_AHEAD = "+1 d"
    DAY_BEHIND = "-1 d"
    LONG_AGO = "1970"
    FAR_AHEAD = "2106"

    def shows(self, now: datetime) -> datetime:
        """What the clock shows at this moment."""
        return _BEGAN[self] + (now - START) if self in _BEGAN else now + _OFF[self]


_BEGAN = {
    ClockFault.LONG_AGO: datetime(1970, 1, 1, tzinfo=UTC),
    ClockFault.FAR_AHEAD: datetime(2106, 2, 7, tzinfo=UTC),
}
"""A clock that lost its battery, or the last of its 32 bits, in the first week, and has run since."""
_OFF = {
    ClockFault.MINUTE_AHEAD: timedelta(seconds=60),
    ClockFault.MINUTE_BEHIND: timedelta(seconds=-60),
    ClockFault.DAY_AHEAD: timedelta(days=1),
    ClockFault.DAY_BEHIND: timedelta(days=-1),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """One gateway's.

    Attributes:
        installed: in which week.
        away: weeks from which, and before which, it has no network.
        comes_late: loses its network when a renewal comes near, and has it back after its certificate ended.
        clock: what its clock shows when it fails; it fails when a renewal is due.
        cuts: how many moments after the beginning of a renewal its power fails, one number a renewal.
        released: the week in which the operator has it enrol anew.
        removed: the week in which it is decommissioned.
    """

    installed: int
    away: tuple[int, int] | None = None
    comes_late: bool = False
    clock: ClockFault | None = None
    cuts: tuple[int, ...] = ()
    released: int | None = None
    removed: int | None = None

    def is_away(self, week: int) -> bool:
        """Whether it has no network in this week."""
        return self.away is not None and self.away[0] <= week < self.away[1]


def fates(settings: FleetSettings) -> list[Fate]:
    """One for each. The first six have every fault among them, two each; of others every fifth has one."""
    random = Random(settings.seed)
    return [_fate(number, settings, random) for number in range(settings.gateways)]


def _fate(number: int, settings: FleetSettings, random: Random) -> Fate:
    drawn = random.randrange(5 * _KINDS)
    kinds = {number, number + _KINDS // 2} if number < _KINDS // 2 else {drawn}
    clocks = [fault for place, fault in enumerate(ClockFault, _CLOCKS) if place in kinds]
    return Fate(
        installed=number * COMMISSIONING_WEEKS // settings.gateways,
        away=_away(settings.diary, random) if _AWAY in kinds else None,
        comes_late=_LATE in kinds,
        clock=clocks[0] if clocks else None,
        cuts=tuple(random.randrange(1, 60) for _ in range(16)) if kinds & _CUTS else (),
        released=random.randrange(60, 340) if _RELEASED in kinds else None,
        removed=random.randrange(WEEKS // 2, WEEKS * 9 // 10) if _REMOVED in kinds else None,
    )


_KINDS, _CUTS = 12, {10, 11}
_AWAY, _LATE, _CLOCKS, _RELEASED, _REMOVED = 0, 1, 2, 8, 9


def _away(diary: Diary, random: Random) -> tuple[int, int]:
    """Half a year or more, over the week in which a new root comes."""
    rolled = diary.authorities * random.choice(diary.rolls)
    begin = rolled - random.randrange(2, 12)
    return begin, begin + random.randrange(26, 44)
