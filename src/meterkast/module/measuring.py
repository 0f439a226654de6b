"""What is measured: power over the phases, counted into energy without ever rounding it away."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from meterkast.model.calendar import HOUR
from meterkast.module.tariff import Rate, rate_at

MINUTE = 60
DAY = 86400
_DAYS_KEPT = 3
_NO_LOAD_VOLTAGE = 232.0
_GRID_OHMS = 0.25

Integers = NDArray[np.int64]


class Load(Protocol):
    """What hangs behind the meter."""

    def power(self, start: int, end: int, step: int = MINUTE) -> Integers:
        """Mean power in each step from ``start`` to ``end`` (Unix seconds), whole watts, three columns.

        Positive is taken from the grid. The answer for an instant never depends on the window asked for.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Energy:
    """Energy counted since installation, per direction and rate, in watt-seconds."""

    import_low: int = 0
    import_normal: int = 0
    export_low: int = 0
    export_normal: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseReading:
    """One phase at an instant: volts, amperes, watts (positive from the grid)."""

    voltage: float
    current: float
    power: int


class EnergyMeter:
    """Counts a load from an instant on.

    The phases are added up before the direction is decided, as Dutch meters do: what panels on one phase give
    and a cooker on another takes in the same minute is neither imported nor exported.
    """

    def __init__(self, load: Load, installed_at: int) -> None:
        """Starts counting at ``installed_at`` (Unix seconds, a whole minute)."""
        self._load = load
        self._installed_at = installed_at
        self._first_day = installed_at // DAY
        self._totals = [np.zeros(4, dtype=np.int64)]
        self._course = lru_cache(maxsize=_DAYS_KEPT)(self._count_day)

    def energy(self, at: int) -> Energy:
        """The counters at an instant; nothing before installation."""
        if at <= self._installed_at:
            return Energy()
        day, second = divmod(at, DAY)
        minute, rest = divmod(second, MINUTE)
        course = self._course(day)
        counted = self._total_before(day) + course[minute]
        if rest:
            counted = counted + (course[minute + 1] - course[minute]) // MINUTE * rest
        return Energy(
            import_low=int(counted[0]),
            import_normal=int(counted[1]),
            export_low=int(counted[2]),
            export_normal=int(counted[3]),
        )

    def phases(self, at: int) -> tuple[PhaseReading, PhaseReading, PhaseReading]:
        """What each phase does in the minute around an instant; voltage sags with load, rises with sun."""
        minute = at - at % MINUTE
        first, second, third = (int(watts) for watts in self._load.power(minute, minute + MINUTE)[0])
        return _phase(first), _phase(second), _phase(third)

    def _total_before(self, day: int) -> Integers:
        while len(self._totals) <= day - self._first_day:
            self._totals.append(self._totals[-1] + self._course(self._first_day + len(self._totals) - 1)[-1])
        return self._totals[day - self._first_day]

    def _count_day(self, day: int) -> Integers:
        """Watt-seconds counted since the day (UTC) began, at the start of every minute and at its end."""
        begin, end = max(day * DAY, self._installed_at), (day + 1) * DAY
        watts = np.zeros(DAY // MINUTE, dtype=np.int64)
        watts[(begin - day * DAY) // MINUTE :] = self._load.power(begin, end).sum(axis=1)
        low = _low_minutes(day)
        taken, given = np.maximum(watts, 0), np.maximum(-watts, 0)
        counters = np.stack([taken * low, taken * ~low, given * low, given * ~low], axis=1)
        course = np.zeros((len(watts) + 1, 4), dtype=np.int64)
        np.cumsum(counters * MINUTE, axis=0, out=course[1:])
        return course


@lru_cache(maxsize=16)
def _low_minutes(day: int) -> NDArray[np.bool_]:
    hours = [rate_at(at) is Rate.LOW for at in range(day * DAY, (day + 1) * DAY, HOUR)]
    return np.repeat(np.array(hours), HOUR // MINUTE)


def _phase(watts: int) -> PhaseReading:
    voltage = _NO_LOAD_VOLTAGE - _GRID_OHMS * watts / _NO_LOAD_VOLTAGE
    return PhaseReading(voltage=voltage, current=abs(watts) / voltage, power=watts)
