"""The minutes of one local day, as columns."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

import numpy as np

from meterkast.model.calendar import AMSTERDAM, HOUR, day_bounds
from meterkast.street.homes.chance import Instants

MINUTE = 60


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LocalDay:
    """One local day in Europe/Amsterdam: 1380, 1440 or 1500 minutes.

    Attributes:
        date: the day.
        instants: Unix seconds at which each minute begins.
        wall: what the clock on the wall shows then, minutes since midnight; the long day has an hour twice.
    """

    date: date
    instants: Instants
    wall: Instants

    @property
    def start(self) -> int:
        """Unix seconds of local midnight."""
        return int(self.instants[0])

    @property
    def weekend(self) -> bool:
        """Whether it is a Saturday or a Sunday."""
        return self.date.weekday() >= 5

    def instant(self, wall: float) -> int:
        """Unix seconds of the first minute at which the wall clock shows this or later."""
        return int(self.instants[np.argmax(self.wall >= wall)])


@lru_cache(maxsize=64)
def minutes_of(day: date) -> LocalDay:
    """The minutes of a local day. Its columns are shared and read-only."""
    start, end = day_bounds(day)
    hours = [datetime.fromtimestamp(at, AMSTERDAM).hour for at in range(start, end, HOUR)]
    instants = np.arange(start, end, MINUTE, dtype=np.int64)
    wall = (np.array(hours, dtype=np.int64)[:, None] * 60 + np.arange(60)).reshape(-1)
    instants.flags.writeable = wall.flags.writeable = False
    return LocalDay(date=day, instants=instants, wall=wall)
