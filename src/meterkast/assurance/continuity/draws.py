"""What chance decides, run by run. A run is the same whatever other runs stand beside it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from meterkast.assurance.continuity.bridge import gaps
from meterkast.assurance.continuity.scenario import Scenario, Spread

Values = npt.NDArray[np.float64]
"""One value per run."""

BLOCK = 256
"""Runs drawn together. Each block has a generator of its own, so that memory stays bounded and run 7 of
seed 1 is run 7 of seed 1 however many are asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draws:
    """One value per run, in weeks from the start unless said otherwise.

    Attributes:
        start: first week without the vendor, ``end``: first week with it again.
        takeover: when the other vendor's ramp begins, ``ramp``: how long it is.
        node_start: first week without the shared node, ``node_end``: first week with it again.
        node_lost: part of the lost vendor's output that needs the node, ``node_other``: of the other's.
        shock_start: first week of extra demand; beyond the term where there is none.
        weakness: when a critical weakness shows after the vendor is gone; infinite where none does.
        backlog: modules that wait from generation 5 as the runs start.
    """

    start: Values
    end: Values
    takeover: Values
    ramp: Values
    node_start: Values
    node_end: Values
    node_lost: Values
    node_other: Values
    shock_start: Values
    weakness: Values
    backlog: Values

    def __len__(self) -> int:
        return len(self.start)


def blocks(scenario: Scenario, seed: int, runs: int) -> Iterator[Draws]:
    """The runs of a seed, block by block.

    Raises:
        DataError: ``continuity-input-missing``.
    """
    scenario.computable()
    for block in range(-(-runs // BLOCK)):
        yield _block(scenario, seed, block, min(BLOCK, runs - block * BLOCK))


def certain(
    weeks: int,
    *,
    runs: int = 1,
    start: float | Values = np.inf,
    end: float | Values = np.inf,
    takeover: float | Values = np.inf,
    ramp: float | Values = 1.0,
    node_start: float | Values = np.inf,
    node_end: float | Values = np.inf,
    node_lost: float | Values = 0.0,
    node_other: float | Values = 0.0,
) -> Draws:
    """Runs without chance: the rows of an N-1 table, or one told story."""

    def each(value: float | Values) -> Values:
        values: Values = np.minimum(np.broadcast_to(np.asarray(value, dtype=float), (runs,)), weeks)
        return values

    never = np.full(runs, float(weeks))
    return Draws(
        start=each(start),
        end=each(end),
        takeover=np.broadcast_to(np.asarray(takeover, dtype=float), (runs,)),
        ramp=np.broadcast_to(np.asarray(ramp, dtype=float), (runs,)),
        node_start=each(node_start),
        node_end=each(node_end),
        node_lost=each(node_lost),
        node_other=each(node_other),
        shock_start=never,
        weakness=np.full(runs, np.inf),
        backlog=np.zeros(runs),
    )


def _block(scenario: Scenario, seed: int, block: int, size: int) -> Draws:
    """One block. Every variate is drawn whether it is used or not: a change of one input moves no other."""
    chance = np.random.default_rng([seed, block])
    uniform = chance.random((10, BLOCK))
    normal = chance.standard_normal((4, BLOCK))
    uniform, normal = uniform[:, :size], normal[:, :size]
    weeks, disruption, other = float(scenario.weeks), scenario.disruption, scenario.other
    assert other.lead is not None
    assert other.ramp is not None
    earliest = disruption.earliest_week
    width = max(weeks - disruption.last_weeks_spared - earliest + 1, 1.0)
    start = np.floor(earliest + uniform[0] * width)
    end = np.minimum(np.ceil(start + spread(disruption.duration, normal[0])), weeks)
    end = np.where(uniform[1] < disruption.permanent, weeks, end)
    common = uniform[2] < scenario.common_cause
    node = _nodes(scenario, uniform[3], normal[3])
    takeover = start + spread(other.lead, normal[1])
    return Draws(
        start=np.where(common, weeks, start),
        end=np.where(common, weeks, end),
        takeover=takeover,
        ramp=spread(other.ramp, normal[2]),
        node_start=np.where(common, start, weeks),
        node_end=np.where(common, np.minimum(np.ceil(start + node[0]), weeks), weeks),
        node_lost=np.where(common, node[1], 0.0),
        node_other=np.where(common, node[2], 0.0),
        shock_start=_shock(scenario, uniform[4], uniform[5]),
        weakness=np.where(common, np.inf, _weakness(scenario, start, uniform[6])),
        backlog=_backlog(scenario, uniform[7], uniform[8]),
    )


def spread(quantity: Spread, normal: Values) -> Values:
    """Lognormal values for standard normal ones."""
    values: Values = np.maximum(quantity.median * np.exp(quantity.sigma * normal), quantity.least)
    return values


def _nodes(scenario: Scenario, uniform: Values, normal: Values) -> tuple[Values, Values, Values]:
    """Outage weeks and both vendors' dependence of the node that a common cause hits."""
    if not scenario.nodes:
        none = np.zeros(len(uniform))
        return none, none, none
    weights = np.cumsum([node.weight for node in scenario.nodes])
    hit = np.searchsorted(weights, uniform * weights[-1], side="right")
    outages = np.array([spread(node.outage, normal) for node in scenario.nodes])
    lost = np.array([node.depends.get(scenario.lost.id, 0.0) for node in scenario.nodes])
    other = np.array([node.depends.get(scenario.other.id, 0.0) for node in scenario.nodes])
    return outages[hit, np.arange(len(uniform))], lost[hit], other[hit]


def _shock(scenario: Scenario, happens: Values, when: Values) -> Values:
    weeks = float(scenario.weeks)
    if scenario.shock is None:
        return np.full(len(when), weeks)
    return np.where(happens < scenario.shock.probability, np.floor(when * weeks), weeks)


def _weakness(scenario: Scenario, start: Values, uniform: Values) -> Values:
    if scenario.weakness is None or not scenario.weakness.yearly:
        return np.full(len(uniform), np.inf)
    wait: Values = np.ceil(-np.log1p(-uniform) * 52.0 / scenario.weakness.yearly)
    return start + wait


def _backlog(scenario: Scenario, depletion: Values, supply: Values) -> Values:
    if scenario.bridge is None or not scenario.bridge.carried:
        return np.zeros(len(depletion))
    return np.rint(gaps(scenario.bridge, depletion, supply) * scenario.bridge.weekly)
