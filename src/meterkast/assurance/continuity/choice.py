"""A choice made before the loss, and what it leads to: what was invested, what delay and surge cost later."""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from meterkast.assurance.continuity.months import Months
from meterkast.assurance.continuity.scenario import WEEKS_PER_YEAR, Limits, Scenario

TAIL = 0.05
"""The worst part of the runs, over which CVaR is the mean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """EUR over the whole term: per module of buffer, per module a month of reserve; per household-month of
    delay, per module of surge.
    """

    holding: float
    reserve: float
    waiting: float
    surge: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The first stage: modules in stock, modules a month on call, the lost vendor's share."""

    buffer: float
    reserve: float
    split: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a choice leads to over the runs: EUR before and after, delay, and the worst twentieth.

    ``cost`` is ``invested`` plus the expected cost of delay and surge (and of the split where it has a
    price); ``household_months`` is expected delay, ``nobody_delayed`` the part of runs without any.
    """

    choice: Choice
    invested: float
    cost: float
    household_months: float
    nobody_delayed: float
    cvar: float
    worst: float

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        named = {name: getattr(self, name) for name in self.__slots__ if name != "choice"}
        return {
            "buffer": self.choice.buffer,
            "reserve": self.choice.reserve,
            "split": self.choice.split,
            **named,
        }


def costs(scenario: Scenario) -> Costs:
    """Unit costs over the term, from the scenario's prices."""
    prices, years = scenario.prices, scenario.weeks / WEEKS_PER_YEAR
    return Costs(
        holding=prices.unit * prices.holding_yearly * years,
        reserve=prices.unit * prices.reservation_monthly * 12 * years,
        waiting=prices.waiting_monthly,
        surge=prices.unit * prices.surge_premium,
    )


def evaluate(scenario: Scenario, months: Months, choice: Choice) -> Outcome:
    """What a choice leads to under a plain rule: every month, bring the stock back as far as can be."""
    stands = np.full(months.shape[0], choice.buffer)
    waiting, surge = np.zeros(months.shape), np.zeros(months.shape)
    missed = choice.split * months.demand * months.out
    made = choice.split * months.demand * months.reached + choice.reserve * months.callable
    made = np.minimum(made, months.room + choice.reserve * months.callable)
    for month in range(months.shape[1]):
        stands = stands - missed[:, month]
        surge[:, month] = np.clip(choice.buffer - stands, 0.0, made[:, month])
        stands = stands + surge[:, month]
        waiting[:, month] = np.maximum(-stands, 0.0)
    return outcome(scenario, months, choice, waiting, surge)


def outcome(
    scenario: Scenario,
    months: Months,
    choice: Choice,
    waiting: npt.NDArray[np.float64],
    surge: npt.NDArray[np.float64],
) -> Outcome:
    """The outcome of a choice, with the delay and the surge that it leads to, in each run and month."""
    unit, chance = costs(scenario), months.chance
    invested = unit.holding * choice.buffer + unit.reserve * choice.reserve
    later = unit.waiting * waiting.sum(axis=1) + unit.surge * surge.sum(axis=1)
    order = np.argsort(-later)
    until = np.minimum(np.cumsum(chance[order]), TAIL)
    worst = np.diff(until, prepend=0.0) @ later[order] / TAIL
    return Outcome(
        choice=choice,
        invested=invested,
        cost=float(invested + chance @ later + split_cost(scenario.limits, choice.split)),
        household_months=float(chance @ waiting.sum(axis=1)),
        nobody_delayed=float(chance @ (waiting.max(axis=1) < 0.5)),
        cvar=float(worst),
        worst=float(later.max()),
    )


def split_cost(limits: Limits, split: float) -> float:
    """EUR that a split costs by itself; 0 where no price curve is given."""
    points = limits.split_costs
    lines = [
        cost + (more - cost) / (upto - share) * (split - share)
        for (share, cost), (upto, more) in pairwise(points)
    ]
    return max(0.0, *lines) if lines else 0.0


def heuristics(scenario: Scenario, buffer_needed: float) -> dict[str, Choice]:
    """Rules of thumb that the programme is measured against, with the contract's own split."""
    share = min(max(scenario.lost.share, scenario.limits.split_low), scenario.limits.split_high)
    monthly = float(scenario.modules / (scenario.weeks * 12 / WEEKS_PER_YEAR))
    base = Choice(buffer=0.0, reserve=0.0, split=share)
    return {
        "nothing": base,
        "buffer-needed": replace(base, buffer=buffer_needed),
        "half-a-year": replace(base, buffer=6 * monthly * share),
        "month-and-reserve": replace(base, buffer=monthly * share, reserve=monthly * share),
        "reserve-only": replace(base, reserve=1.2 * monthly * share),
        "smallest-share": replace(base, buffer=buffer_needed, split=scenario.limits.split_low),
    }
