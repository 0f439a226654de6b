"""Local days in the Netherlands: 92, 96 or 100 quarters, kept in UTC inside."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
QUARTER = 900
HOUR = 3600


def day_start(day: date) -> int:
    """Unix seconds of local midnight at the start of ``day``."""
    return int(datetime(day.year, day.month, day.day, tzinfo=AMSTERDAM).timestamp())


def day_bounds(day: date) -> tuple[int, int]:
    """Unix seconds of the start of ``day`` and of the next local day: 23, 24 or 25 hours apart."""
    return day_start(day), day_start(day + timedelta(days=1))


def grid(day: date, period: int) -> tuple[int, ...]:
    """Register instants of a local day: its start, then every ``period`` seconds up to its end."""
    start, end = day_bounds(day)
    return tuple(range(start, end + 1, period))


def local_day(at: int) -> date:
    """The local day in which the instant lies; midnight belongs to the day that starts."""
    return datetime.fromtimestamp(at, AMSTERDAM).date()


def utc(at: int) -> datetime:
    """The instant as an aware datetime in UTC."""
    return datetime.fromtimestamp(at, UTC)


def iso_local(at: int) -> str:
    """The instant in local time with its offset, for people: ``2026-03-29T03:00:00+02:00``."""
    return datetime.fromtimestamp(at, AMSTERDAM).isoformat()
