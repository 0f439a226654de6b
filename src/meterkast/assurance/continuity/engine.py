"""The weekly model: how far deliveries fall behind the plan, for many runs at once and to the unit.

The shortfall ``S`` is against the plan, not against stock: it does not depend on the buffer, so one pass
answers every buffer ``b`` at once: households waiting are ``max(0, S - b)``, stock is ``max(0, b - S)``.

Every flow is rounded through its running sum, so that modules stay whole and none is lost or made.
Catching up serves orders that already waited when the week began; with that, ``S`` grows with every delay.
"""

from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from meterkast.assurance.continuity.draws import Draws, Values
from meterkast.assurance.continuity.fleet import Fleet
from meterkast.assurance.continuity.scenario import WEEKS_PER_YEAR, Channel, Scenario

Paths = npt.NDArray[np.float64]
"""Weeks downwards, runs sideways."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flows:
    """Whole modules per week and run.

    Attributes:
        missed: planned and not delivered.
        extra: asked for above the plan: failures that nobody else repairs, forced replacement, shocks.
        spare: capacity to catch up with.
        shortfall: ``S`` at the end of each week.
        unpatched: modules of the lost vendor without updates, times years, per run.
    """

    missed: Paths
    extra: Paths | None
    spare: Paths
    shortfall: Paths
    unpatched: Values


class Desk:
    """Working tables, kept from one block to the next: clearing fresh memory takes longer than the sums."""

    def __init__(self) -> None:
        self._tables: dict[str, Paths] = {}

    def table(self, name: str, weeks: int, runs: int) -> Paths:
        """The table of this name, with whatever stands in it."""
        table = self._tables.get(name)
        if table is None or table.shape != (weeks, runs):
            table = self._tables[name] = np.empty((weeks, runs))
        return table


def flow(scenario: Scenario, fleet: Fleet, draws: Draws, desk: Desk | None = None) -> Flows:
    """Runs the model.

    Args:
        scenario: what is lost, and who takes over.
        fleet: both vendors' plans.
        draws: the runs.
        desk: where given, the flows stand on it, and only until the next call with the same one.
    """
    desk = desk or Desk()
    blank = partial(desk.table, weeks=fleet.weeks, runs=len(draws))
    week = np.arange(fleet.weeks, dtype=float)[:, None]
    planned, own = fleet.lost[:, None], fleet.other[:, None]
    out = np.greater_equal(week, draws.start, out=blank("out"))
    out *= week < draws.end
    stopped = out if Channel.DELIVERIES in scenario.disruption.channels else np.zeros_like(out)
    reached = np.subtract(week, draws.takeover, out=blank("reached"))
    reached *= 1.0 / draws.ramp
    np.minimum(np.maximum(reached, 0.0, out=reached), 1.0, out=reached)
    reached *= stopped
    taken = np.multiply(planned, reached, out=blank("taken"))
    room = _room(scenario, own)
    if room is not None:
        np.minimum(taken, room, out=taken)
    spare = np.subtract(1.0, stopped, out=blank("spare"))
    spare += reached
    spare *= (fleet.demand * (scenario.other.overcapacity or 0.0))[:, None]
    if room is not None:
        np.minimum(spare, np.where(stopped > 0, room - taken, np.inf), out=spare)
    missed = np.multiply(planned, stopped, out=blank("missed"))
    missed -= taken
    if (draws.node_start < fleet.weeks).any():
        struck = ((week >= draws.node_start) & (week < draws.node_end)).astype(float)
        healthy_lost, healthy_other = 1.0 - draws.node_lost * struck, 1.0 - draws.node_other * struck
        supplied = planned * (1.0 - stopped) * healthy_lost + (own + taken) * healthy_other
        np.copyto(missed, planned + own - supplied, where=struck > 0)
        spare *= healthy_other
    extra = _extra(scenario, fleet, draws, week, out, blank("extra"))
    missed = _whole(missed, blank("missed, whole"))
    spare = _whole(spare, blank("spare, whole"))
    extra = None if extra is None else _whole(extra, blank("extra, whole"))
    shortfall = np.add(missed, 0.0 if extra is None else extra, out=blank("shortfall"))
    _accumulate(shortfall, spare, draws.backlog)
    return Flows(
        missed=missed,
        extra=extra,
        spare=spare,
        shortfall=shortfall,
        unpatched=_unpatched(scenario, fleet, draws),
    )


def _accumulate(shortfall: Paths, spare: Paths, backlog: Values) -> None:
    """``S(t) = max(0, S(t-1) - c(t)) + x(t)``, in place: Lindley's recurrence with catch-up."""
    left = np.empty_like(backlog)
    standing = backlog
    for need, capacity in zip(shortfall, spare, strict=True):
        np.subtract(standing, capacity, out=left)
        np.maximum(left, 0.0, out=left)
        standing = np.add(left, need, out=need)


def _whole(flow: Paths, rounded: Paths) -> Paths:
    """The flow in whole modules: its running sum rounded, week by week. The flow itself is used up."""
    for before, row in pairwise(flow):  # a good deal faster than cumsum along the long axis
        np.add(row, before, out=row)
    flow += 0.5
    np.floor(flow, out=flow)
    rounded[0] = flow[0]
    np.subtract(flow[1:], flow[:-1], out=rounded[1:])
    return rounded


def _room(scenario: Scenario, own: Paths) -> Paths | None:
    """Modules a week that the other vendor can make above its own share; None where that has no bound."""
    if scenario.other.max_rate is None:
        return None
    return np.maximum(scenario.other.max_rate - own, 0.0)


def _extra(
    scenario: Scenario, fleet: Fleet, draws: Draws, week: npt.NDArray[np.float64], out: Paths, into: Paths
) -> Paths | None:
    """Demand above the plan; None where a scenario has none."""
    channels, parts = scenario.disruption.channels, []
    if Channel.MAINTENANCE in channels and scenario.lost.failure.yearly:
        parts.append(np.multiply(_failing(scenario, fleet, draws), out, out=into))
    if Channel.UPDATES in channels and scenario.weakness is not None:
        parts.append(_replaced(scenario, fleet, draws, week))
    if scenario.shock is not None:
        struck = (week >= draws.shock_start) & (week < draws.shock_start + scenario.shock.weeks)
        parts.append(struck * (fleet.demand * scenario.shock.extra)[:, None])
    for more in parts[1:]:
        parts[0] += more
    return parts[0] if parts else None


def _failing(scenario: Scenario, fleet: Fleet, draws: Draws) -> Paths:
    """Modules of the lost vendor that fail each week, by their age where the law knows age."""
    stops = Channel.DELIVERIES in scenario.disruption.channels
    if fleet.failures is not None:
        rows = draws.start.astype(int) if stops else np.full(len(draws), fleet.weeks)
        failing: Paths = fleet.failures[rows].T
        return failing
    weekly = scenario.lost.failure.yearly / WEEKS_PER_YEAR
    if stops:
        return np.broadcast_to(_at(fleet, draws.start) * weekly, (fleet.weeks, len(draws)))
    return np.broadcast_to((np.cumsum(fleet.lost) * weekly)[:, None], (fleet.weeks, len(draws)))


def _replaced(scenario: Scenario, fleet: Fleet, draws: Draws, week: npt.NDArray[np.float64]) -> Paths:
    """The forced campaign: part of the fleet, replaced evenly once a weakness shows and nobody can patch."""
    assert scenario.weakness is not None
    starts = np.where(draws.weakness < draws.end, draws.weakness, np.inf)
    during = (week >= starts) & (week < starts + scenario.weakness.weeks)
    stops = Channel.DELIVERIES in scenario.disruption.channels
    modules = _at(fleet, draws.start if stops else np.minimum(starts, fleet.weeks))
    return during * (modules * (scenario.weakness.share / scenario.weakness.weeks))


def _unpatched(scenario: Scenario, fleet: Fleet, draws: Draws) -> Values:
    """Module-years without updates, from loss to return or to the end of the term."""
    if Channel.UPDATES not in scenario.disruption.channels:
        return np.zeros(len(draws))
    if Channel.DELIVERIES in scenario.disruption.channels:
        return _at(fleet, draws.start) * (draws.end - draws.start) / WEEKS_PER_YEAR
    running = np.concatenate(([0.0], np.cumsum(np.cumsum(fleet.lost))))
    years: Values = (running[draws.end.astype(int)] - running[draws.start.astype(int)]) / WEEKS_PER_YEAR
    return years


def _at(fleet: Fleet, week: Values) -> Values:
    """The lost vendor's modules on the wall as a week begins."""
    standing: Values = np.append(fleet.installed, fleet.installed[-1] + fleet.lost[-1])[week.astype(int)]
    return standing
