"""The two-stage programme: buffer, reserved capacity and split now; catching up later, run by run."""

import time
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from meterkast.assurance.continuity.choice import TAIL, Choice, Costs, Outcome, costs, evaluate, outcome
from meterkast.assurance.continuity.months import Months, corners, drawn
from meterkast.assurance.continuity.rows import Column, Rows, Solver
from meterkast.assurance.continuity.scenario import Limits, Scenario

SCENARIOS = 150
_WEIGHT = 1.0


class Aim(StrEnum):
    """What is made small."""

    EXPECTED = "expected"
    CVAR = "cvar"
    CHANCE = "chance"
    ROBUST = "robust"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """Rows to solve, with the columns of the first choice, and of delay and surge by run and month."""

    rows: Rows
    first: Column
    waiting: Column
    surge: Column


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


def build(scenario: Scenario, months: Months, aim: Aim, *, fixed: Choice | None = None) -> Programme:
    """The programme for every aim but ``chance``."""
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
    _split_cost(rows, limits, first)
    built = Programme(rows=rows, first=first, waiting=waiting, surge=surge)
    if aim in {Aim.CVAR, Aim.ROBUST}:
        _tail(rows, months, unit, built, robust=robust)
    chance = np.broadcast_to(months.chance[:, None], months.shape)
    rows.add_sum(waiting, chance, _or_free(limits.waiting_most), "limits.waiting_most")
    _limit(rows, unit, limits, first)
    return built


def build_chance(scenario: Scenario, months: Months, fixed: Choice | None) -> Programme:
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
    _split_cost(rows, limits, first)
    _limit(rows, unit, limits, first)
    none = np.empty(0, dtype=np.int64)
    return Programme(rows=rows, first=first, waiting=none, surge=none)


def outcome_of(
    scenario: Scenario, months: Months, built: Programme, values: npt.NDArray[np.float64]
) -> Outcome:
    """What the programme's own second stage leads to."""
    buffer, reserve, split = np.maximum(values[built.first], 0.0).tolist()
    choice = Choice(buffer=buffer, reserve=reserve, split=split)
    if not built.waiting.size:
        return evaluate(scenario, months, choice)
    return outcome(scenario, months, choice, values[built.waiting], values[built.surge])


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


def _split_cost(rows: Rows, limits: Limits, first: Column) -> None:
    """What a split costs: the highest of the lines through its points."""
    if not limits.split_costs:
        return
    place = rows.add_columns(np.array([1.0]))
    for (share, cost), (upto, more) in pairwise(limits.split_costs):
        slope = (more - cost) / (upto - share)
        rows.add_rows(np.array([cost - slope * share]), np.array([np.inf]), (place, 1.0), (first[2:], -slope))


def _tail(rows: Rows, months: Months, unit: Costs, built: Programme, *, robust: bool) -> None:
    """CVaR of a run's cost, or in the robust form its maximum."""
    runs = months.shape[0]
    level = rows.add_columns(np.array([1.0 if robust else _WEIGHT]))
    excess = rows.add_columns(
        np.zeros(runs) if robust else _WEIGHT * months.chance / TAIL, high=0.0 if robust else np.inf
    )
    places = rows.add_rows(np.zeros(runs), np.full(runs, np.inf), (level[0], 1.0), (excess, 1.0))
    at_row = np.broadcast_to(places[:, None], months.shape).ravel()
    for columns, cost in ((built.waiting, unit.waiting), (built.surge, unit.surge)):
        rows.cells.append((at_row, columns.ravel(), np.full(columns.size, -cost)))


def _limit(rows: Rows, unit: Costs, limits: Limits, first: Column) -> None:
    rows.add_sum(
        first[:2], np.array([unit.holding, unit.reserve]), _or_free(limits.budget_most), "limits.budget_most"
    )
    rows.add_sum(first[:1], 1.0, _or_free(limits.buffer_most), "limits.buffer_most")
    rows.add_sum(first[1:2], 1.0, _or_free(limits.reserve_most), "limits.reserve_most")


def _or_free(most: float | None) -> float:
    return np.inf if most is None else most
