"""A home: its power per phase and its gas, for any window of time."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from meterkast.model.calendar import local_day
from meterkast.model.ean import Ean
from meterkast.model.errors import LocalError
from meterkast.street.homes.background import background
from meterkast.street.homes.chance import Chance, Values
from meterkast.street.homes.heating import warmth
from meterkast.street.homes.minutes import MINUTE, LocalDay, minutes_of
from meterkast.street.homes.runs import runs_of
from meterkast.street.homes.solar import solar
from meterkast.street.homes.traits import VOLT, Circuit, draw_traits
from meterkast.street.homes.weather import Weather

GAS_STEP = 300
_DAYS_KEPT = 4
_OPERATOR_PREFIX = "871687"

Integers = NDArray[np.int64]


class Household:
    """Home number so-and-so of the street with this seed.

    A whole local day is always reckoned at once and the answer cut from it, so that the size of a question
    never changes a value.

    Attributes:
        number: the home's place in the street, from 0.
        ean: its connection to the grid.
        vendor: FLAG code of its measurement module's vendor; three in five ``KFM``, two in five ``SAG``.
        traits: its lasting character.
    """

    def __init__(self, seed: int, number: int) -> None:
        self.number = number
        self.ean = Ean.from_number(_OPERATOR_PREFIX, number + 1)
        self.vendor = "KFM" if number * 3 % 5 < 3 else "SAG"
        self._weather = Weather(seed)
        self._chance = Chance(seed, "home", number)
        self.traits = draw_traits(self._chance.of("traits"))
        self._power_of = lru_cache(maxsize=_DAYS_KEPT)(self._reckon_power)
        self._gas_of = lru_cache(maxsize=_DAYS_KEPT)(self._reckon_gas)

    @property
    def phases(self) -> int:
        """Phases of the connection, 1 or 3."""
        return self.traits.phases

    @property
    def fuse(self) -> int:
        """Main fuse per phase, amperes."""
        return self.traits.fuse

    def power(self, start: int, end: int, step: int = MINUTE) -> Integers:
        """Mean power in each step from ``start`` to ``end`` (Unix seconds): whole watts, a column per phase.

        Positive is taken from the grid, negative is fed into it. Phases that are not there stay 0.

        Raises:
            LocalError: ``homes-window`` unless all three are whole minutes and the steps fill the window.
        """
        return _mean(_window(self._power_of, start, end, step, MINUTE), step // MINUTE)

    def gas_flow(self, start: int, end: int, step: int = GAS_STEP) -> Integers:
        """Whole litres of gas in each step from ``start`` to ``end`` (Unix seconds).

        Raises:
            LocalError: ``homes-window`` unless all are multiples of 300 s and the steps fill the window.
        """
        litres = _window(self._gas_of, start, end, step, GAS_STEP)
        by_step: Integers = litres.reshape(-1, step // GAS_STEP).sum(axis=1)
        return by_step

    def _reckon_power(self, day: date) -> Integers:
        minutes, sky = minutes_of(day), self._weather.sky(day)
        watts = np.zeros((len(minutes.instants), len(Circuit)))
        watts[:, Circuit.SOCKETS] = background(minutes, self.traits, sky, self._chance)
        watts[:, Circuit.HEATING] = warmth(minutes, self.traits, sky, self._chance).pump
        if self.traits.roof is not None:
            watts[:, Circuit.ROOF] = -solar(minutes, self.traits.roof, sky, self._chance.of("roof"))
        self._run_appliances(minutes, watts)
        phases: Values = watts @ self.traits.wiring
        limit = self.traits.fuse * VOLT  # the car's charger holds back before the main fuse blows
        return phases.clip(-limit, limit).round().astype(np.int64)

    def _run_appliances(self, minutes: LocalDay, watts: Values) -> None:
        """Adds this day's runs, and yesterday's as far as they cross midnight."""
        for day in (minutes_of(minutes.date - timedelta(days=1)), minutes):
            for run in runs_of(day, self.traits, self._chance.of("runs")):
                first = (run.start - minutes.start) // MINUTE
                begin, end = max(first, 0), min(first + len(run.watts), len(watts))
                if begin < end:
                    watts[begin:end, run.circuit] += run.watts[begin - first : end - first]

    def _reckon_gas(self, day: date) -> Integers:
        minutes, sky = minutes_of(day), self._weather.sky(day)
        flow = warmth(minutes, self.traits, sky, self._chance).gas
        index = np.floor(np.cumsum(flow)[GAS_STEP // MINUTE - 1 :: GAS_STEP // MINUTE])
        litres: Integers = np.diff(index, prepend=0.0).astype(np.int64)
        return litres


def homes(seed: int, count: int) -> list[Household]:
    """The first ``count`` homes of the street with this seed."""
    return [Household(seed, number) for number in range(count)]


def _window(reckon: Callable[[date], Integers], start: int, end: int, step: int, grain: int) -> Integers:
    whole = step > 0 and start % grain == end % grain == step % grain == 0
    if not whole or end <= start or (end - start) % step:
        raise LocalError("homes-window", f"A window is filled by steps that are multiples of {grain} s.")
    first, last = local_day(start), local_day(end - 1)
    days = [reckon(date.fromordinal(day)) for day in range(first.toordinal(), last.toordinal() + 1)]
    offset = (start - minutes_of(first).start) // grain
    return np.concatenate(days)[offset : offset + (end - start) // grain]


def _mean(watts: Integers, minutes: int) -> Integers:
    means: Values = watts.reshape(-1, minutes, watts.shape[1]).mean(axis=1)
    return np.rint(means).astype(np.int64)
