"""Which way lead, ramp and share move a run: over drawn outages, with parts of weeks.

Modules are whole, so each of the running sums that are rounded can move a path by one module: what is missed
and what is caught up, and for a share also both vendors' plans and what is asked for above them. Beyond those
few modules out of millions nothing may move the wrong way.
"""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from meterkast.assurance.continuity import draws, engine, loading
from meterkast.assurance.continuity.draws import Draws
from meterkast.assurance.continuity.fleet import fleet
from meterkast.assurance.continuity.scenario import Scenario

RUNS = 16
ROUNDED = 2
ROUNDED_WITH_SHARE = 5

seeds = st.integers(min_value=0, max_value=2**31)
parts_of_weeks = st.floats(min_value=0.01, max_value=60.0)
overcapacity = st.floats(min_value=0.0, max_value=0.6)
most = st.none() | st.floats(min_value=9_000.0, max_value=40_000.0)


def _scenario(name: str, over: float, rate: float | None) -> Scenario:
    return loading.load(name).with_other(overcapacity=over, max_rate=rate)


def _paths(scenario: Scenario, block: Draws) -> engine.Paths:
    return engine.flow(scenario, fleet(scenario), block).shortfall


def _drawn(scenario: Scenario, seed: int) -> Draws:
    """Outages for good and for a time; lead and ramp are lognormal, so never a whole number of weeks."""
    block = next(draws.blocks(scenario, seed, RUNS))
    assert (block.takeover != np.rint(block.takeover)).all()
    return block


cases = {"name": st.sampled_from(["assumed", "stressed"]), "seed": seeds, "over": overcapacity, "rate": most}


@settings(max_examples=60, deadline=None)
@given(more=parts_of_weeks, **cases)
def test_a_longer_lead_never_helps_in_any_week(
    name: str, seed: int, over: float, rate: float | None, more: float
) -> None:
    scenario = _scenario(name, over, rate)
    block = _drawn(scenario, seed)
    later = replace(block, takeover=block.takeover + more)
    assert (_paths(scenario, later) >= _paths(scenario, block) - ROUNDED).all()


@settings(max_examples=60, deadline=None)
@given(more=parts_of_weeks, **cases)
def test_a_longer_ramp_never_helps_in_any_week(
    name: str, seed: int, over: float, rate: float | None, more: float
) -> None:
    scenario = _scenario(name, over, rate)
    block = _drawn(scenario, seed)
    slower = replace(block, ramp=block.ramp + more)
    assert (_paths(scenario, slower) >= _paths(scenario, block) - ROUNDED).all()


@settings(max_examples=60, deadline=None)
@given(share=st.floats(0.05, 0.9), more=st.floats(0.001, 0.1), **cases)
def test_a_larger_share_lost_never_helps_in_any_week(
    name: str, seed: int, over: float, rate: float | None, share: float, more: float
) -> None:
    scenario = _scenario(name, over, rate)
    block = _drawn(replace(scenario, common_cause=0.0), seed)
    small, large = scenario.with_lost_share(share), scenario.with_lost_share(share + more)
    assert (_paths(large, block) >= _paths(small, block) - ROUNDED_WITH_SHARE).all()


@settings(max_examples=30, deadline=None)
@given(start=st.integers(26, 300), lead=st.floats(0.0, 90.0), ramp=st.floats(1.0, 90.0), over=overcapacity)
def test_much_longer_is_strictly_worse(start: int, lead: float, ramp: float, over: float) -> None:
    """Else a model that ignores lead and ramp would pass all of the above. The contract ends in week 416."""
    scenario = _scenario("assumed", over, None)
    block = draws.certain(
        scenario.weeks,
        runs=3,
        start=float(start),
        takeover=start + np.array([lead, lead + 4.5, lead]),
        ramp=np.array([ramp, ramp, ramp + 8.25]),
    )
    peaks = _paths(scenario, block).max(axis=0)
    assert peaks[1] > peaks[0] + ROUNDED
    assert peaks[2] > peaks[0] + ROUNDED
