"""The two rates of a Dutch electricity register."""

from datetime import datetime
from enum import IntEnum

from meterkast.model.calendar import AMSTERDAM

_SATURDAY = 5
_DAY_BEGINS, _DAY_ENDS = 7, 23


class Rate(IntEnum):
    """Which register counts: the number is value group E of its OBIS code (P3 companion standard 4.2.2)."""

    LOW = 1
    NORMAL = 2


def rate_at(at: int) -> Rate:
    """The rate in force: low from 23 to 7 hours local time and in weekends. It changes on whole hours."""
    local = datetime.fromtimestamp(at, AMSTERDAM)
    working_day = local.weekday() < _SATURDAY and _DAY_BEGINS <= local.hour < _DAY_ENDS
    return Rate.NORMAL if working_day else Rate.LOW
