"""Points in time as M-Bus writes them: types F, G, I and J (EN 13757-3, annex A)."""

from dataclasses import dataclass
from datetime import UTC, datetime

from meterkast.model.errors import LocalError

_DATE_OCTETS = 2
_TIME_OCTETS = 3
_DATE_TIME_OCTETS = 4
_FULL_OCTETS = 6
SIZES = frozenset((_DATE_OCTETS, _TIME_OCTETS, _DATE_TIME_OCTETS, _FULL_OCTETS))


@dataclass(frozen=True, slots=True, kw_only=True)
class TimePoint:
    """A date, a time of day, or both, as the device shows them: without a time zone.

    None is a part that this type does not carry. Values that are no date are kept as they stand: a device
    that never had its clock set says month 0.

    Attributes:
        summer: the device says that its clock is on summer time.
        invalid: the device itself says that the value is not to be trusted.
    """

    year: int | None = None
    month: int | None = None
    day: int | None = None
    hour: int | None = None
    minute: int | None = None
    second: int | None = None
    summer: bool = False
    invalid: bool = False

    @classmethod
    def decode(cls, octets: bytes) -> "TimePoint":
        """Two octets are a date (G), three a time (J), four a date and time (F), six one with seconds (I)."""
        if len(octets) == _DATE_OCTETS:
            return cls(year=_year(octets[0], octets[1]), month=octets[1] & 0x0F, day=octets[0] & 0x1F)
        if len(octets) == _TIME_OCTETS:
            return cls(hour=octets[2] & 0x1F, minute=octets[1] & 0x3F, second=octets[0] & 0x3F)
        if len(octets) == _DATE_TIME_OCTETS:
            minute, hour, day, month = octets
            return cls(
                year=_year(day, month, century=hour >> 5 & 0x03),
                month=month & 0x0F,
                day=day & 0x1F,
                hour=hour & 0x1F,
                minute=minute & 0x3F,
                summer=bool(hour & 0x80),
                invalid=bool(minute & 0x80),
            )
        if len(octets) == _FULL_OCTETS:
            second, minute, hour, day, month, _week = octets
            return cls(
                year=_year(day, month),
                month=month & 0x0F,
                day=day & 0x1F,
                hour=hour & 0x1F,
                minute=minute & 0x3F,
                second=second & 0x3F,
                summer=bool(second & 0x40),
                invalid=bool(minute & 0x80),
            )
        raise LocalError("mbus-time-size", f"No M-Bus time has {len(octets)} octets.")

    @classmethod
    def from_unix(cls, at: int) -> "TimePoint":
        """The instant in UTC, to the second."""
        moment = datetime.fromtimestamp(at, UTC)
        return cls(
            year=moment.year,
            month=moment.month,
            day=moment.day,
            hour=moment.hour,
            minute=moment.minute,
            second=moment.second,
        )

    def encode(self) -> bytes:
        """Type I, six octets; the day of the week and the week are not given (0).

        Raises:
            LocalError: ``mbus-time-incomplete`` where a part is missing or the year is not 2000 to 2080.
        """
        year, month, day, hour, minute, second = self._parts()
        if None in (month, day, hour, minute, second) or year is None or not 2000 <= year <= 2080:
            raise LocalError("mbus-time-incomplete", "Type I needs a whole date and time from 2000 to 2080.")
        short = year - 2000
        return bytes(
            (
                (second or 0) | self.summer << 6,
                (minute or 0) | self.invalid << 7,
                hour or 0,
                (day or 0) | (short & 0x07) << 5,
                (month or 0) | (short >> 3) << 4,
                0,
            )
        )

    def unix(self) -> int | None:
        """Unix seconds where this is a whole and valid date and time, read as UTC; None otherwise."""
        year, month, day, hour, minute, second = self._parts()
        if self.invalid or year is None or month is None or day is None or hour is None or minute is None:
            return None
        try:
            return int(datetime(year, month, day, hour, minute, second or 0, tzinfo=UTC).timestamp())
        except ValueError:
            return None

    def __str__(self) -> str:
        """ISO 8601 without a zone: ``2016-07-22T08:00:00``, ``2014-12-31`` or ``23:59:59``."""
        date = None if self.year is None else f"{self.year:04}-{self.month:02}-{self.day:02}"
        time = None if self.hour is None else f"{self.hour:02}:{self.minute:02}:{self.second or 0:02}"
        return "T".join(part for part in (date, time) if part is not None)

    def _parts(self) -> tuple[int | None, int | None, int | None, int | None, int | None, int | None]:
        return self.year, self.month, self.day, self.hour, self.minute, self.second


def _year(day: int, month: int, century: int = 0) -> int:
    """Years 81 to 99 without a century are of the 20th, as the standard asks of older devices."""
    short = day >> 5 | (month & 0xF0) >> 1
    return 1900 + 100 * century + short if century or short > 80 else 2000 + short
