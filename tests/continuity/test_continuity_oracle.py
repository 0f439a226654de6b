"""The vectorised model against the discrete-event one: same chance, same numbers, to the unit."""

from dataclasses import replace

import numpy as np
import pytest

from continuity.continuity_loop import WeeklyLoop
from continuity.continuity_oracle import simulate
from meterkast.assurance.continuity import draws, engine, fleet, loading
from meterkast.assurance.continuity.draws import Draws
from meterkast.assurance.continuity.scenario import Channel, Node, Scenario, Spread, Weakness

ASSUMED = loading.load("assumed")
DELIVERIES, MAINTENANCE, UPDATES = Channel


def _scenario(name: str) -> Scenario:
    """The packaged one; in the stressed one a weakness shows soon."""
    scenario = loading.load(name)
    if scenario.weakness is None:
        return scenario
    return replace(scenario, weakness=Weakness(yearly=0.8, share=0.25, weeks=104))


def _drawn(scenario: Scenario, seed: int, runs: int) -> Draws:
    return next(draws.blocks(scenario, seed, runs))


def _is_equal(scenario: Scenario, block: Draws) -> engine.Flows:
    """Every week of every run, and every module-year without updates."""
    flows = engine.flow(scenario, fleet.fleet(scenario), block)
    for run in range(len(block)):
        chain = simulate(scenario, block, run)
        assert chain.behind == flows.shortfall[:, run].astype(int).tolist(), f"run {run}"
        assert chain.unpatched_weeks == round(flows.unpatched[run] * 52), f"run {run}"
    return flows


@pytest.mark.parametrize(("name", "runs"), [("assumed", 40), ("stressed", 16)])
def test_every_week_of_every_run_is_equal(name: str, runs: int) -> None:
    scenario = _scenario(name)
    _is_equal(scenario, _drawn(scenario, 11, runs))


def test_a_lost_smaller_vendor_is_equal_too() -> None:
    scenario = ASSUMED.losing("B").with_channels(DELIVERIES)
    _is_equal(scenario, _drawn(scenario, 5, 12))


@pytest.mark.parametrize("name", ["assumed", "stressed"])
def test_an_outage_of_updates_alone_is_equal(name: str) -> None:
    """Deliveries go on, so the fleet without updates grows; a weakness still forces a campaign."""
    scenario = _scenario(name).with_channels(UPDATES)
    block = _drawn(scenario, 31, 12)
    flows = _is_equal(scenario, block)
    assert (flows.unpatched > 0).any()
    if scenario.weakness is not None:
        assert flows.extra is not None
        assert flows.extra[:, (block.weakness < block.end) & (block.shock_start == scenario.weeks)].any()


@pytest.mark.parametrize("name", ["assumed", "stressed"])
def test_an_outage_of_maintenance_alone_is_equal(name: str) -> None:
    """Failures of a fleet that still grows: at a constant rate, and by age."""
    scenario = _scenario(name).with_channels(MAINTENANCE)
    flows = _is_equal(scenario, _drawn(scenario, 32, 12))
    assert flows.extra is not None
    assert flows.extra.any()
    assert not flows.unpatched.any()


@pytest.mark.parametrize(
    ("lost", "other"), [(1.0, 1.0), (1.0, 0.0), (0.0, 1.0), (0.37, 0.81)], ids=["both", "A", "B", "in-part"]
)
def test_a_failure_below_the_vendors_is_equal(lost: float, other: float) -> None:
    node = Node(id="n", name="", depends={"A": lost, "B": other}, outage=Spread(median=19.5, sigma=0.8))
    scenario = replace(ASSUMED, common_cause=1.0, nodes=(node,))
    block = _drawn(scenario, 33, 8)
    assert (block.node_start < scenario.weeks).all()
    assert _is_equal(scenario, block).shortfall.any()


@pytest.mark.parametrize("name", ["assumed", "stressed"])
def test_a_shared_part_that_fails_while_the_vendor_is_gone_is_equal(name: str) -> None:
    scenario = _scenario(name)
    block = _drawn(replace(scenario, common_cause=0.0), 34, 8)
    both = replace(
        block,
        node_start=np.minimum(block.start + 9.0, scenario.weeks),
        node_end=np.minimum(block.start + 41.0, scenario.weeks),
        node_lost=np.full(8, 0.9),
        node_other=np.linspace(0.0, 1.0, 8),
    )
    assert (_is_equal(scenario, both).shortfall.max(axis=0) > 0).all()


def test_a_plain_loop_over_the_weeks_is_equal() -> None:
    block = _drawn(ASSUMED, 13, 100)
    paths = engine.flow(ASSUMED, fleet.fleet(ASSUMED), block).shortfall
    loop = WeeklyLoop(ASSUMED)
    for run in range(100):
        assert loop.behind(block, run) == paths[:, run].astype(int).tolist(), f"run {run}"


def test_the_stressed_scenario_exercises_every_event() -> None:
    """Else equality above would prove less than it says."""
    scenario = _scenario("stressed")
    block = _drawn(scenario, 11, 16)
    assert (block.node_start < scenario.weeks).any()
    assert (block.shock_start < scenario.weeks).any()
    assert (block.weakness < block.end).any()
    assert (block.backlog > 0).any()


@pytest.mark.parametrize("buffer", [1, 150_000, 400_000, 1_000_000])
def test_a_stock_kept_by_hand_delays_what_one_pass_says(buffer: int) -> None:
    scenario = _scenario("stressed")
    block = _drawn(scenario, 21, 4)
    paths = engine.flow(scenario, fleet.fleet(scenario), block).shortfall
    for run in range(4):
        chain = simulate(scenario, block, run, buffer)
        assert chain.delayed == [max(0, int(short) - buffer) for short in paths[:, run]]
