"""The two-stage programme: buffer, reserved capacity and split now; catching up later, run by run."""

import time
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from meterkast.assurance.continuity.months import Months, corners, drawn
from meterkast.assurance.continuity.rows import Column, Rows, Solver
from meterkast.assurance.continuity.scenario import WEEKS_PER_YEAR, Limits, Scenario

SCENARIOS = 150
_TAIL = 0.05
_WEIGHT = 1.0


class Aim(StrEnum):
    """What is made small."""

    EXPECTED = "expected"
    CVAR = "cvar"
    CHANCE = "chance"
    ROBUST = "robust"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """The best choice for an aim, with the size of the programme and how long it took."""

    aim: Aim
    outcome: Outcome
    objective: float
    scenarios: int
    months: int
    columns: int
    rows: int
    seconds: float
    split_priced: bool

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        named = {name: getattr(self, name) for name in self.__slots__ if name not in {"outcome", "aim"}}
        return {"aim": self.aim.value, **self.outcome.to_dict(), **named}


@dataclass(slots=True)
class _Built:
    rows: Rows
    first: Column
    waiting: Column
    surge: Column
    split_cost: Column | None


def costs(scenario: Scenario) -> Costs:
    """Unit costs over the term, from the scenario's prices."""
    prices, years = scenario.prices, scenario.weeks / WEEKS_PER_YEAR
    return Costs(
        holding=prices.unit * prices.holding_yearly * years,
        reserve=prices.unit * prices.reservation_monthly * 12 * years,
        waiting=prices.waiting_monthly,
        surge=prices.unit * prices.surge_premium,
    )


def optimise(
    scenario: Scenario,
    aim: Aim = Aim.EXPECTED,
    *,
    seed: int = 1,
    scenarios: int = SCENARIOS,
    fixed: Choice | None = None,
) -> Solution:
    """The best buffer, reserve and split.

    Args:
        scenario: with prices and limits.
        aim: expected cost; that plus CVaR of the worst twentieth; least investment with nobody delayed in
            the target part of the runs; or least cost in the worst of the bad corners.
        seed: of the runs.
        scenarios: how many runs.
        fixed: a choice that is only evaluated by the programme, not made.

    Raises:
        DataError: ``continuity-programme-infeasible``, ``continuity-programme-not-converged``,
            ``continuity-input-missing``.
        LocalError: ``continuity-solver-missing``.
    """
    began = time.perf_counter()
    months = corners(scenario) if aim is Aim.ROBUST else drawn(scenario, seed, scenarios)
    if aim is Aim.CHANCE:
        built = build_chance(scenario, months, fixed)
    else:
        built = build(scenario, months, aim, fixed=fixed)
    values = Solver(built.rows, scenario).solve()
    cost = np.concatenate(built.rows.cost)
    return Solution(
        aim=aim,
        outcome=outcome_of(scenario, months, built, values),
        objective=float(cost @ values),
        scenarios=months.shape[0],
        months=months.shape[1],
        columns=built.rows.columns,
        rows=built.rows.rows,
        seconds=time.perf_counter() - began,
        split_priced=bool(scenario.limits.split_costs),
    )


def build(scenario: Scenario, months: Months, aim: Aim, *, fixed: Choice | None = None) -> _Built:
    """The programme in parts; see the reference, section 8."""
    unit, limits, rows = costs(scenario), scenario.limits, Rows()
    robust = aim is Aim.ROBUST
    weight = np.zeros(months.shape[0]) if robust else months.chance
    first = _first(rows, unit, limits, fixed)
    cost = np.broadcast_to(weight[:, None], months.shape)
    stock = rows.add_columns(np.zeros(months.shape))
    waiting = rows.add_columns(cost * unit.waiting)
    surge = rows.add_columns(cost * unit.surge)
    _balance(rows, months, first, stock, waiting, surge)
    _capacity(rows, months, first, surge)
    built = _Built(rows, first, waiting, surge, _split_cost(rows, limits, first))
    if aim in {Aim.CVAR, Aim.ROBUST}:
        _tail(rows, months, unit, built, robust=robust)
    chance = np.broadcast_to(months.chance[:, None], months.shape)
    rows.add_sum(waiting, chance, _or_free(limits.waiting_most), "limits.waiting_most")
    _limit(rows, unit, limits, built)
    return built


def _first(rows: Rows, unit: Costs, limits: Limits, fixed: Choice | None) -> Column:
    first = rows.add_columns(np.array([unit.holding, unit.reserve, 0.0]))
    low = np.array([0.0, 0.0, limits.split_low])
    high = np.array([np.inf, np.inf, limits.split_high])
    if fixed is not None:
        low = high = np.array([fixed.buffer, fixed.reserve, fixed.split])
    rows.low[-1], rows.high[-1] = low, high
    return first


def _balance(
    rows: Rows, months: Months, first: Column, stock: Column, waiting: Column, surge: Column
) -> None:
    """Stock less delay carries over; what the lost vendor misses comes off, surge comes on."""
    before_stock, before_waiting = np.roll(stock, 1, axis=1), np.roll(waiting, 1, axis=1)
    before_stock[:, 0], before_waiting[:, 0] = first[0], -1
    zero = np.zeros(months.shape)
    rows.add_rows(
        zero,
        zero,
        (stock, 1.0),
        (waiting, -1.0),
        (before_stock, -1.0),
        (before_waiting, 1.0),
        (surge, -1.0),
        (first[2], months.demand * months.out),
    )


def _capacity(rows: Rows, months: Months, first: Column, surge: Column) -> None:
    """Surge comes out of the ramp and of what is reserved; the ramp out of what the factory can make."""
    none = np.full(months.shape, -np.inf)
    reserve = (first[1], -months.callable)
    rows.add_rows(
        none, np.zeros(months.shape), (surge, 1.0), (first[2], -months.demand * months.reached), reserve
    )
    if np.isfinite(months.room).all():
        rows.add_rows(none, np.broadcast_to(months.room, months.shape), (surge, 1.0), reserve)


def _split_cost(rows: Rows, limits: Limits, first: Column) -> Column | None:
    """What a split costs: the highest of the lines through its points."""
    if not limits.split_costs:
        return None
    place = rows.add_columns(np.array([1.0]))
    for (share, cost), (upto, more) in pairwise(limits.split_costs):
        slope = (more - cost) / (upto - share)
        rows.add_rows(np.array([cost - slope * share]), np.array([np.inf]), (place, 1.0), (first[2:], -slope))
    return place


def _tail(rows: Rows, months: Months, unit: Costs, built: _Built, *, robust: bool) -> None:
    """CVaR of a run's cost, or in the robust form its maximum."""
    runs = months.shape[0]
    level = rows.add_columns(np.array([1.0 if robust else _WEIGHT]))
    excess = rows.add_columns(
        np.zeros(runs) if robust else _WEIGHT * months.chance / _TAIL, high=0.0 if robust else np.inf
    )
    places = rows.add_rows(np.zeros(runs), np.full(runs, np.inf), (level[0], 1.0), (excess, 1.0))
    at_row = np.broadcast_to(places[:, None], months.shape).ravel()
    for columns, cost in ((built.waiting, unit.waiting), (built.surge, unit.surge)):
        rows.cells.append((at_row, columns.ravel(), np.full(columns.size, -cost)))


def build_chance(scenario: Scenario, months: Months, fixed: Choice | None) -> _Built:
    """Least investment with which nobody is delayed but in a part of the runs: a whole switch per run.

    A run is free of delay exactly when, up to every month, stock, ramp and reserve together reach what is
    missed; so the second stage needs no columns. A bound on the factory's rate is counted at the largest
    split, which errs to the safe side.
    """
    unit, limits, rows = costs(scenario), scenario.limits, Rows()
    first = _first(rows, unit, limits, fixed)
    runs = months.shape[0]
    spared = rows.add_columns(np.zeros(runs), high=1.0)
    rows.whole += spared.tolist()
    ramp = months.demand * months.reached
    ramp *= np.minimum(1.0, months.room / np.maximum(limits.split_high * ramp, 1.0))
    behind = np.cumsum(months.demand * months.out - ramp, axis=1)
    most = np.maximum(limits.split_high * behind.max(axis=1), 1.0)
    rows.add_rows(
        np.full(months.shape, -np.inf),
        np.zeros(months.shape),
        (first[2], behind),
        (first[0], -1.0),
        (first[1], -np.cumsum(months.callable, axis=1)),
        (np.broadcast_to(spared[:, None], months.shape), np.broadcast_to(-most[:, None], months.shape)),
    )
    rows.add_sum(spared, months.chance, 1.0 - scenario.target + 1e-9, "service.target")
    built = _Built(rows, first, np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), None)
    built.split_cost = _split_cost(rows, limits, first)
    _limit(rows, unit, limits, built)
    return built


def _limit(rows: Rows, unit: Costs, limits: Limits, built: _Built) -> None:
    first = built.first
    rows.add_sum(
        first[:2], np.array([unit.holding, unit.reserve]), _or_free(limits.budget_most), "limits.budget_most"
    )
    rows.add_sum(first[:1], 1.0, _or_free(limits.buffer_most), "limits.buffer_most")
    rows.add_sum(first[1:2], 1.0, _or_free(limits.reserve_most), "limits.reserve_most")


def _or_free(most: float | None) -> float:
    return np.inf if most is None else most


def outcome_of(scenario: Scenario, months: Months, built: _Built, values: npt.NDArray[np.float64]) -> Outcome:
    """What the programme's own second stage leads to."""
    buffer, reserve, split = np.maximum(values[built.first], 0.0).tolist()
    choice = Choice(buffer=buffer, reserve=reserve, split=split)
    if not built.waiting.size:
        return evaluate(scenario, months, choice)
    return _outcome(scenario, months, choice, values[built.waiting], values[built.surge])


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
    return _outcome(scenario, months, choice, waiting, surge)


def _outcome(
    scenario: Scenario,
    months: Months,
    choice: Choice,
    waiting: npt.NDArray[np.float64],
    surge: npt.NDArray[np.float64],
) -> Outcome:
    unit, chance = costs(scenario), months.chance
    invested = unit.holding * choice.buffer + unit.reserve * choice.reserve
    later = unit.waiting * waiting.sum(axis=1) + unit.surge * surge.sum(axis=1)
    order = np.argsort(-later)
    until = np.minimum(np.cumsum(chance[order]), _TAIL)
    worst = np.diff(until, prepend=0.0) @ later[order] / _TAIL
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
