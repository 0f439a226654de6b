"""What does not depend on chance: both vendors' plans, the fleet they leave on the wall, how it fails."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from meterkast.assurance.continuity.demand import Series, demand
from meterkast.assurance.continuity.scenario import WEEKS_PER_YEAR, Failure, Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """Weekly plans of both vendors and the lost vendor's modules on the wall, in whole modules.

    ``installed[t]`` counts modules delivered before week ``t`` by the plan. ``failures`` has a row for each
    week in which deliveries stop and a column for each week after it; it is None for a constant rate.
    """

    demand: Series
    lost: Series
    other: Series
    installed: Series
    failures: npt.NDArray[np.float64] | None

    @property
    def weeks(self) -> int:
        """Weeks in the longest contract."""
        return len(self.demand)


def fleet(scenario: Scenario) -> Fleet:
    """The plans of a scenario."""
    planned = demand(scenario).total
    lost = np.diff(np.rint(np.cumsum(planned) * scenario.lost.share), prepend=0.0)
    installed = np.concatenate(([0.0], np.cumsum(lost)[:-1]))
    failure = scenario.lost.failure
    return Fleet(
        demand=planned,
        lost=lost,
        other=planned - lost,
        installed=installed,
        failures=None if failure.shape == 1.0 else _failures(lost, failure),
    )


def _failures(lost: Series, failure: Failure) -> npt.NDArray[np.float64]:
    """Expected failures in week ``t`` of modules delivered before week ``s``, for every ``s`` and ``t``."""
    weeks = len(lost)
    chance = by_age(failure, weeks)
    ages = np.arange(weeks)[None, :] - np.arange(weeks)[:, None]
    fails = lost[:, None] * np.where(ages >= 0, chance[np.maximum(ages, 0)], 0.0)
    until = np.zeros((weeks + 1, weeks))
    until[1:] = np.cumsum(fails, axis=0)
    return until


def by_age(failure: Failure, weeks: int) -> Series:
    """The chance that a module fails in each week of its age, after Weibull."""
    ages = np.arange(weeks + 1) / WEEKS_PER_YEAR
    if failure.shape == 1.0:
        return np.full(weeks, failure.yearly / WEEKS_PER_YEAR)
    lives = np.exp(-((ages / failure.scale_years) ** failure.shape))
    return -np.diff(lives)
