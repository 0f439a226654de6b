"""The last of generation 5: how long nobody can be given a new meter before generation 6 arrives."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from meterkast.assurance.continuity.interval import Estimate, mean, proportion, quantile
from meterkast.assurance.continuity.scenario import Bridge, Triangle

Values = npt.NDArray[np.float64]

_DAYS_PER_WEEK = 7.0


class Generation(StrEnum):
    """What an installer is sent out with; ``none`` means that the household keeps its old meter."""

    FIVE = "5"
    SIX = "6"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeAnswer:
    """The gap between the generations: its chance, its weeks, and who waits as the model starts."""

    probability: Estimate
    weeks: Estimate
    weeks_95: Estimate
    delayed: Estimate


def gaps(bridge: Bridge, depletion: Values, supply: Values) -> Values:
    """Weeks between the two dates for uniform chances of each; 0 where generation 6 is in time."""
    empty, arrives = inverse(bridge.depletion, depletion), inverse(bridge.supply, supply)
    weeks: Values = np.maximum(arrives - empty, 0.0) / _DAYS_PER_WEEK
    return weeks


def answer(bridge: Bridge, seed: int, runs: int) -> BridgeAnswer:
    """The gap over many runs."""
    uniform = np.random.default_rng([seed, 5]).random((2, runs))
    weeks = gaps(bridge, uniform[0], uniform[1])
    return BridgeAnswer(
        probability=proportion(int((weeks > 0).sum()), runs),
        weeks=mean(weeks),
        weeks_95=quantile(weeks, 0.95),
        delayed=mean(np.rint(weeks * bridge.weekly)),
    )


def inverse(triangle: Triangle, uniform: Values) -> Values:
    """The proleptic day numbers at which a triangular date has these chances of lying before."""
    low, mode, high = (float(day.toordinal()) for day in (triangle.earliest, triangle.mode, triangle.latest))
    if low == high:
        return np.full(len(uniform), low)
    turn = (mode - low) / (high - low)
    rising = low + np.sqrt(uniform * (high - low) * (mode - low))
    falling = high - np.sqrt((1.0 - uniform) * (high - low) * (high - mode))
    return np.where(uniform < turn, rising, falling)


def generation(day: date, *, depleted: date, supplied: date) -> Generation:
    """What is installed on a day: generation 6 never before its release (M107)."""
    if day >= supplied:
        return Generation.SIX
    return Generation.FIVE if day < depleted else Generation.NONE


def deplete(stock: int, weekly: list[int]) -> tuple[list[int], list[int]]:
    """Stock and unmet use per week: ``G(t) = max(0, G(t-1) - g(t))``, every unit accounted for."""
    left, unmet = [], []
    for use in weekly:
        unmet.append(max(0, use - stock))
        stock = max(0, stock - use)
        left.append(stock)
    return left, unmet
