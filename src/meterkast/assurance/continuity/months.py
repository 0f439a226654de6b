"""The same runs in months, as the optimiser sees them."""

from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import numpy.typing as npt

from meterkast.assurance.continuity.draws import Draws, blocks, certain
from meterkast.assurance.continuity.fleet import fleet
from meterkast.assurance.continuity.scenario import WEEKS_PER_YEAR, Scenario

Table = npt.NDArray[np.float64]
"""Runs downwards, months sideways."""

_MONTHS_PER_YEAR = 12
_FAR = 2.3263478740408408
"""The 99 % quantile of a standard normal value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Months:
    """What an optimiser needs of each run.

    Attributes:
        demand: modules per month of the plan.
        out: part of each month without the lost vendor.
        reached: part of the lost vendor's output that the other makes, through its ramp.
        callable: whether reserved capacity can be called: from the month after the loss on.
        room: modules that the other vendor can make above its share; infinite where no bound is stated.
        chance: of each run.
    """

    demand: npt.NDArray[np.float64]
    out: Table
    reached: Table
    callable: Table
    room: npt.NDArray[np.float64]
    chance: npt.NDArray[np.float64]

    @property
    def shape(self) -> tuple[int, int]:
        """Runs and months."""
        return self.out.shape[0], self.out.shape[1]


def drawn(scenario: Scenario, seed: int, runs: int) -> Months:
    """The first runs of a seed."""
    parts = [in_months(scenario, draws) for draws in blocks(scenario, seed, runs)]
    first = parts[0]
    return replace(
        first,
        out=np.concatenate([part.out for part in parts]),
        reached=np.concatenate([part.reached for part in parts]),
        callable=np.concatenate([part.callable for part in parts]),
        chance=np.full(runs, 1.0 / runs),
    )


def corners(scenario: Scenario) -> Months:
    """The bad corners: lost for good at three moments, lead and ramp at the median and in 1 of 100 longer."""
    other = scenario.computable().other
    assert other.lead is not None
    assert other.ramp is not None
    leads = [other.lead.median, other.lead.median * np.exp(_FAR * other.lead.sigma)]
    ramps = [other.ramp.median, other.ramp.median * np.exp(_FAR * other.ramp.sigma)]
    last = scenario.weeks - scenario.disruption.last_weeks_spared
    starts = [scenario.disruption.earliest_week, scenario.weeks // 2, last]
    cases = np.array(list(product(starts, leads, ramps)), dtype=float)
    draws = certain(
        scenario.weeks,
        runs=len(cases),
        start=cases[:, 0],
        takeover=cases[:, 0] + cases[:, 1],
        ramp=np.maximum(cases[:, 2], 1.0),
    )
    return in_months(scenario, draws)


def in_months(scenario: Scenario, draws: Draws) -> Months:
    """Runs of weeks, put into months of a twelfth of a 52-week year."""
    weeks_per_month = WEEKS_PER_YEAR / _MONTHS_PER_YEAR
    count = round(scenario.weeks / weeks_per_month)
    edges = np.arange(count + 1) * weeks_per_month
    plans = fleet(scenario)
    running = np.concatenate(([0.0], np.cumsum(plans.demand)))
    demand = np.diff(np.interp(edges, np.arange(len(running)), running))
    begins, ends = edges[:-1][None, :], edges[1:][None, :]
    start, end = draws.start[:, None], draws.end[:, None]
    out = np.clip(np.minimum(ends, end) - np.maximum(begins, start), 0.0, None) / weeks_per_month
    middle = (begins + ends) / 2
    reached = np.clip((middle - draws.takeover[:, None]) / draws.ramp[:, None], 0.0, 1.0) * out
    room = np.full(count, np.inf)
    if scenario.other.max_rate is not None:
        room = np.maximum(scenario.other.max_rate * weeks_per_month - demand * scenario.other.share, 0.0)
    return Months(
        demand=demand,
        out=out,
        reached=reached,
        callable=(begins >= start).astype(float),
        room=room,
        chance=np.full(len(draws), 1.0 / len(draws)),
    )
