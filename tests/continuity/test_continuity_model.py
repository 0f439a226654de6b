"""The weekly model: whole units, analytic cases, and which way each input moves the answer."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meterkast.assurance.continuity import bridge, draws, engine, loading
from meterkast.assurance.continuity.bridge import Generation
from meterkast.assurance.continuity.demand import apportion, demand, plan
from meterkast.assurance.continuity.fleet import fleet
from meterkast.assurance.continuity.ledger import ledger
from meterkast.assurance.continuity.scenario import Channel, Operator, Scenario, Triangle

MODULES = 7_933_740
PLATEAU = 21_191
ASSUMED = loading.load("assumed")
ONLY_D = ASSUMED.with_channels(Channel.DELIVERIES)


def peak(scenario: Scenario, lead: float, ramp: float, start: float = 100.0) -> int:
    """Behind the plan at worst, after a loss for good on the plateau."""
    block = draws.certain(scenario.weeks, start=start, takeover=start + lead, ramp=ramp)
    return int(engine.flow(scenario, fleet(scenario), block).shortfall.max())


@pytest.mark.parametrize(("options", "weeks"), [(0, 416), (1, 520), (2, 624), (3, 728)])
def test_the_plan_is_the_contracts_number_to_the_unit(options: int, weeks: int) -> None:
    operators = tuple(replace(each, options=options) for each in ASSUMED.operators)
    scenario = replace(ASSUMED, operators=operators)
    planned = demand(scenario)
    assert len(planned.total) == weeks
    assert planned.total.sum() == MODULES
    assert (planned.total >= 0).all()
    assert (planned.total == np.rint(planned.total)).all()


@pytest.mark.parametrize(("weeks", "plateau"), [(416, 21_191), (520, 16_584), (624, 13_623), (728, 11_559)])
def test_plateaus_of_the_reference(weeks: int, plateau: int) -> None:
    assert np.median(plan(MODULES, weeks)) == plateau


def test_operators_with_different_options_share_the_number_exactly() -> None:
    operators = tuple(
        Operator(id=f"o{place}", name="", share=share, options=place)
        for place, share in enumerate((0.379, 0.331, 0.257, 0.033))
    )
    scenario = replace(ASSUMED, operators=operators, analogue=250_000)
    planned = demand(scenario)
    assert planned.total.sum() == MODULES
    assert (np.sum(list(planned.by_operator.values()), axis=0) == planned.total).all()
    numbers = apportion(MODULES, [each.share for each in operators])
    assert [int(series.sum()) for series in planned.by_operator.values()] == numbers
    ends = [int(np.flatnonzero(series)[-1]) + 1 for series in planned.by_operator.values()]
    assert ends == [416, 520, 624, 728]


def test_an_analogue_tail_lies_early_and_inside_the_number() -> None:
    plain, tailed = demand(ASSUMED).total, demand(replace(ASSUMED, analogue=500_000)).total
    assert tailed.sum() == MODULES
    assert tailed[:52].sum() > plain[:52].sum()


@pytest.mark.parametrize(
    ("lead", "ramp", "over", "expected", "closed"),
    [
        (26, 26, 0.0, 502_227, 495_869),
        (26, 26, 0.15, 469_218, 462_811),
        (13, 26, 0.15, 303_928, 297_522),
        (52, 26, 0.15, 799_797, 793_391),
        (26, 52, 0.30, 557_364, 550_966),
    ],
)
def test_closed_form_of_a_loss_for_good(
    lead: int, ramp: int, over: float, expected: int, closed: int
) -> None:
    found = peak(ONLY_D.with_other(overcapacity=over), lead, ramp)
    assert abs(found - expected) <= 1
    steps = sum(max(0.0, 0.6 - (0.6 + over) * week / ramp) for week in range(ramp + 1))
    assert abs(found - round(PLATEAU * (0.6 * lead + steps))) <= 1
    formula = PLATEAU * (0.6 * lead + ramp * 0.36 / (2 * (0.6 + over)))
    assert formula == pytest.approx(closed, abs=12)  # the reference rounds the plateau elsewhere
    assert found - formula == pytest.approx(0.6 * PLATEAU / 2, rel=0.01)


def test_no_disruption_no_shortfall() -> None:
    for scenario in (ASSUMED, loading.load("assumed").losing("B")):
        block = draws.certain(scenario.weeks, runs=3)
        flows = engine.flow(scenario, fleet(scenario), block)
        assert not flows.shortfall.any()
        assert not flows.unpatched.any()
        assert ledger(scenario, block, 1000).installed == MODULES


def test_a_vendor_without_share_is_not_missed() -> None:
    assert peak(ONLY_D.with_lost_share(0.0), 26, 26) == 0


weeks = st.integers(min_value=0, max_value=80)
parts = st.floats(min_value=0.0, max_value=0.6)


@settings(max_examples=60, deadline=None)
@given(lead=weeks, more=st.integers(1, 40), ramp=st.integers(1, 80), over=parts)
def test_a_longer_lead_is_never_better(lead: int, more: int, ramp: int, over: float) -> None:
    scenario = ONLY_D.with_other(overcapacity=over)
    assert peak(scenario, lead + more, ramp) >= peak(scenario, lead, ramp)


@settings(max_examples=60, deadline=None)
@given(lead=weeks, ramp=st.integers(1, 80), more=st.integers(1, 40), over=parts)
def test_a_longer_ramp_is_never_better(lead: int, ramp: int, more: int, over: float) -> None:
    scenario = ONLY_D.with_other(overcapacity=over)
    assert peak(scenario, lead, ramp + more) >= peak(scenario, lead, ramp)


@settings(max_examples=60, deadline=None)
@given(share=st.floats(0.0, 0.9), more=st.floats(0.01, 0.1), lead=weeks, over=parts)
def test_a_larger_share_lost_is_never_better(share: float, more: float, lead: int, over: float) -> None:
    scenario = ONLY_D.with_other(overcapacity=over)
    assert peak(scenario.with_lost_share(share + more), lead, 26) >= peak(
        scenario.with_lost_share(share), lead, 26
    )


@settings(max_examples=60, deadline=None)
@given(over=parts, more=st.floats(0.01, 0.5), lead=weeks, ramp=st.integers(1, 80))
def test_more_overcapacity_is_never_worse(over: float, more: float, lead: int, ramp: int) -> None:
    less = peak(ONLY_D.with_other(overcapacity=over), lead, ramp)
    assert peak(ONLY_D.with_other(overcapacity=over + more), lead, ramp) <= less


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**31), buffer=st.integers(0, 1_500_000), run=st.integers(0, 7))
def test_every_module_is_accounted_for_every_week(seed: int, buffer: int, run: int) -> None:
    for name in ("assumed", "stressed"):
        scenario = loading.load(name)
        block = next(draws.blocks(scenario, seed, 8))
        told = ledger(scenario, block, buffer, run)
        assert told.imbalance() == 0
        path = engine.flow(scenario, fleet(scenario), block).shortfall[:, run]
        assert [week.delayed for week in told.weeks] == np.maximum(path - buffer, 0).astype(int).tolist()
        assert [week.stock for week in told.weeks] == np.maximum(buffer - path, 0).astype(int).tolist()


def test_a_shared_node_defeats_every_ramp() -> None:
    block = draws.certain(
        416, node_start=200.0, node_end=226.0, node_lost=np.array([1.0]), node_other=np.array([1.0])
    )
    for over in (0.0, 0.5):
        scenario = ONLY_D.with_other(overcapacity=over)
        assert engine.flow(scenario, fleet(scenario), block).shortfall.max() == 26 * PLATEAU


@pytest.mark.parametrize(("lost", "other", "expected"), [(1.0, 0.0, 251_113), (0.0, 1.0, 220_386)])
def test_a_node_of_one_vendor(lost: float, other: float, expected: int) -> None:
    block = draws.certain(
        416, node_start=200.0, node_end=226.0, node_lost=np.array([lost]), node_other=np.array([other])
    )
    assert abs(engine.flow(ONLY_D, fleet(ONLY_D), block).shortfall.max() - expected) <= 1


def test_each_channel_moves_what_it_should() -> None:
    block = draws.certain(416, start=100.0, takeover=126.0, ramp=26.0)

    def told(*channels: Channel) -> engine.Flows:
        scenario = ASSUMED.with_channels(*channels)
        return engine.flow(scenario, fleet(scenario), block)

    none, deliveries = told(), told(Channel.DELIVERIES)
    maintenance, updates = told(Channel.MAINTENANCE), told(Channel.UPDATES)
    assert not none.shortfall.any()
    assert not none.unpatched.any()
    assert deliveries.shortfall.max() == pytest.approx(469_218, abs=1)
    assert not deliveries.unpatched.any()
    # Failures of one in a hundred a year of the modules on the wall; caught up each next week on the plateau.
    running = np.cumsum(fleet(ASSUMED).lost)
    assert maintenance.shortfall[350, 0] == pytest.approx(running[350] * 0.01 / 52, abs=1)
    assert maintenance.shortfall[:351].max() == maintenance.shortfall[350]
    assert not maintenance.unpatched.any()
    assert not updates.shortfall.any()
    assert updates.unpatched[0] == pytest.approx(running[100:].sum() / 52)
    both = told(Channel.DELIVERIES, Channel.MAINTENANCE)
    assert both.shortfall.max() > deliveries.shortfall.max()


def test_a_maximum_rate_holds_the_ramp_down() -> None:
    free = peak(ONLY_D, 26, 26)
    assert peak(ONLY_D.with_other(max_rate=15_000.0), 26, 26) > free
    assert peak(ONLY_D.with_other(max_rate=1e6), 26, 26) == free


def test_runs_do_not_depend_on_how_many_there_are() -> None:
    few, many = (
        np.concatenate([block.takeover for block in draws.blocks(ASSUMED, 3, runs)]) for runs in (700, 1600)
    )
    assert (few == many[:700]).all()


def test_the_gap_between_the_generations() -> None:
    assert ASSUMED.bridge is not None
    found = bridge.answer(ASSUMED.bridge, 1, 100_000)
    assert found.probability.value == pytest.approx(0.51, abs=0.02)
    assert found.weeks.value == pytest.approx(5.3, abs=0.4)
    assert found.weeks_95.value == pytest.approx(21.5, abs=1.0)
    early = Triangle(earliest=date(2027, 1, 1), mode=date(2027, 2, 1), latest=date(2027, 3, 1))
    assert bridge.answer(replace(ASSUMED.bridge, supply=early), 1, 1000).weeks.value == 0.0


def test_depletion_centres_on_the_autumn_of_2027() -> None:
    assert ASSUMED.bridge is not None
    days = bridge.inverse(ASSUMED.bridge.depletion, np.linspace(0.0005, 0.9995, 2000))
    assert date(2027, 9, 21) <= date.fromordinal(int(np.median(days))) <= date(2027, 12, 21)


@given(day=st.dates(date(2026, 1, 1), date(2029, 1, 1)), empty=st.integers(0, 400), late=st.integers(0, 400))
def test_generation_6_is_never_planned_before_its_release(day: date, empty: int, late: int) -> None:
    depleted, supplied = (date.fromordinal(date(2027, 6, 1).toordinal() + add) for add in (empty, late))
    found = bridge.generation(day, depleted=depleted, supplied=supplied)
    assert (found is Generation.SIX) == (day >= supplied)
    if found is Generation.FIVE:
        assert day < depleted


@given(stock=st.integers(0, 10_000), weekly=st.lists(st.integers(0, 900), max_size=60))
def test_generation_5_stock_loses_no_module(stock: int, weekly: list[int]) -> None:
    left, unmet = bridge.deplete(stock, weekly)
    used = sum(weekly) - sum(unmet)
    assert used + (left[-1] if left else stock) == stock
    assert all(not (stands and missed) for stands, missed in zip(left, unmet, strict=True))


def test_weibull_failures_add_up_to_the_law() -> None:
    scenario = loading.load("stressed")
    plans = fleet(scenario)
    assert plans.failures is not None
    week, last = 200, plans.weeks - 1
    ages = np.arange(week)
    until = (last - ages + 1) / 52
    expected = plans.lost[:week] * (1 - np.exp(-((until / 25.0) ** 2)))
    assert plans.failures[week, :].sum() == pytest.approx(expected.sum(), rel=1e-9)
