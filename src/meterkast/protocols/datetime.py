"""COSEM date-time: twelve octets that may leave anything open (Blue Book 4.1.6.1)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntFlag
from struct import Struct
from typing import Final

from meterkast.model.calendar import AMSTERDAM
from meterkast.model.errors import DataError, PeerError

DEVIATION_OPEN: Final = -0x8000
_LAYOUT = Struct(">HBBBBBBBhB")
_YEAR_OPEN = 0xFFFF
_OPEN = 0xFF


class ClockStatus(IntFlag):
    """What the clock says of itself. 0xFF means that it says nothing."""

    INVALID = 0x01
    DOUBTFUL = 0x02
    DIFFERENT_BASE = 0x04
    INVALID_CLOCK_STATUS = 0x08
    DAYLIGHT_SAVING = 0x80


@dataclass(frozen=True, slots=True, kw_only=True)
class CosemDateTime:
    """A moment as a meter writes it; None and special day or month codes stand for what it leaves open.

    Attributes:
        year: four digits, or None.
        month: 1 to 12, or None; 0xFD and 0xFE (end and begin of daylight saving) stay as they are.
        day: day of the month 1 to 31, or None; 0xFD and 0xFE (second last and last day) stay as they are.
        weekday: 1 is Monday, 7 is Sunday, or None.
        hour: 0 to 23, or None.
        minute: 0 to 59, or None.
        second: 0 to 59, or None.
        hundredths: 0 to 99, or None.
        deviation: minutes from local time to UTC (-60 in a Dutch winter), or None.
        status: the clock status octet; 0xFF where nothing is said.
    """

    year: int | None = None
    month: int | None = None
    day: int | None = None
    weekday: int | None = None
    hour: int | None = None
    minute: int | None = None
    second: int | None = None
    hundredths: int | None = None
    deviation: int | None = None
    status: int = 0xFF

    @classmethod
    def parse(cls, octets: bytes) -> "CosemDateTime":
        """Reads twelve octets.

        Raises:
            PeerError: ``datetime-length`` where there are not twelve, ``datetime-range`` for values no
                calendar has.
        """
        if len(octets) != _LAYOUT.size:
            raise PeerError("datetime-length", f"A date-time has 12 octets, not {len(octets)}.")
        year, *fields, deviation, status = _LAYOUT.unpack(octets)
        if not all(value in allowed for value, allowed in zip(fields, _RANGES, strict=True)):
            raise PeerError("datetime-range", "A date-time holds a value that no calendar has.")
        if deviation != DEVIATION_OPEN and not -720 <= deviation <= 840:
            raise PeerError("datetime-range", "A date-time is more than 14 hours away from UTC.")
        month, day, weekday, hour, minute, second, hundredths = (
            None if value == _OPEN else value for value in fields
        )
        return cls(
            year=None if year == _YEAR_OPEN else year,
            month=month,
            day=day,
            weekday=weekday,
            hour=hour,
            minute=minute,
            second=second,
            hundredths=hundredths,
            deviation=None if deviation == DEVIATION_OPEN else deviation,
            status=status,
        )

    def encode(self) -> bytes:
        """The twelve octets."""
        parts = (self.month, self.day, self.weekday, self.hour, self.minute, self.second, self.hundredths)
        return _LAYOUT.pack(
            _YEAR_OPEN if self.year is None else self.year,
            *(_OPEN if part is None else part for part in parts),
            DEVIATION_OPEN if self.deviation is None else self.deviation,
            self.status,
        )

    def unix(self) -> int | None:
        """Unix seconds; None where the date or the hour is open, or no such day exists.

        Open minutes and seconds count as zero. Without a deviation the moment is Dutch local time, and the
        daylight saving bit of the status tells the two hours at the end of summer apart.
        """
        if self.year is None or self.month is None or self.day is None or self.hour is None:
            return None
        try:
            local = datetime(
                self.year, self.month, self.day, self.hour, self.minute or 0, self.second or 0, tzinfo=UTC
            )
            if self.deviation is not None:
                return int((local + timedelta(minutes=self.deviation)).timestamp())
            fold = 0 if self.daylight_saving else 1
            return int(local.replace(tzinfo=AMSTERDAM, fold=fold).timestamp())
        except (ValueError, OverflowError):
            return None

    @property
    def daylight_saving(self) -> bool:
        """Whether the clock says it keeps summer time."""
        return self.status != 0xFF and bool(self.status & ClockStatus.DAYLIGHT_SAVING)


_RANGES: Final[tuple[frozenset[int], ...]] = tuple(
    frozenset(values)
    for values in (
        (*range(1, 13), 0xFD, 0xFE, _OPEN),
        (*range(1, 32), 0xFD, 0xFE, _OPEN),
        (*range(1, 8), _OPEN),
        (*range(24), _OPEN),
        (*range(60), _OPEN),
        (*range(60), _OPEN),
        (*range(100), _OPEN),
    )
)


def from_unix(at: int, deviation_minutes: int, status: int = 0) -> CosemDateTime:
    """The moment ``at`` (Unix seconds) on a clock that is ``deviation_minutes`` away from UTC.

    The deviation counts from local time to UTC: -60 in a Dutch winter, -120 in a Dutch summer.

    Raises:
        DataError: ``datetime-range`` beyond the year 9999 or before the year 1.
    """
    try:
        local = datetime.fromtimestamp(at, UTC) - timedelta(minutes=deviation_minutes)
    except (ValueError, OverflowError, OSError):
        raise DataError("datetime-range", f"{at} is beyond the calendar.") from None
    return CosemDateTime(
        year=local.year,
        month=local.month,
        day=local.day,
        weekday=local.isoweekday(),
        hour=local.hour,
        minute=local.minute,
        second=local.second,
        hundredths=0,
        deviation=deviation_minutes,
        status=status,
    )


def from_unix_local(at: int, status: int = 0) -> CosemDateTime:
    """The moment ``at`` (Unix seconds) on a Dutch clock, with the daylight saving bit set in summer."""
    offset = datetime.fromtimestamp(at, AMSTERDAM).utcoffset() or timedelta()
    minutes = int(offset.total_seconds() // 60)
    summer = ClockStatus.DAYLIGHT_SAVING if minutes == 120 else ClockStatus(0)
    return from_unix(at, -minutes, status | summer)
