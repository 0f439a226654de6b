"""Updates without the vendor, an order that forbids it, and contracts that end."""

from dataclasses import replace
from datetime import date
from itertools import pairwise

import pytest

from meterkast.assurance.continuity import contracts, loading, updates
from meterkast.assurance.continuity.exclusion import Order, Scope, exclusion_what_if
from meterkast.assurance.continuity.fleet import fleet
from meterkast.model.errors import DataError

ASSUMED = loading.load("assumed")
DAY = date(2030, 1, 1)


def test_only_source_and_a_key_patch_a_vendor_that_is_gone() -> None:
    found = {each.arrangement.id: each for each in updates.patching(ASSUMED, 200)}
    assert {name for name, each in found.items() if each.who == "operator"} == {
        "escrow-and-key",
        "dual-signing",
    }
    assert found["escrow"].module_years == found["nothing"].module_years
    assert (
        found["dual-signing"].module_years
        < found["escrow-and-key"].module_years
        < found["escrow"].module_years
    )
    modules = int(fleet(ASSUMED).installed[200])
    assert found["dual-signing"].modules == modules
    assert found["dual-signing"].module_years == pytest.approx(modules * 13 / 52)
    assert found["nothing"].weeks is None


def test_a_replacement_campaign_takes_what_the_rate_allows() -> None:
    quick = ASSUMED.with_other(max_rate=60_000.0)
    left = updates.campaign(quick, 200)
    assert left[0] == int(fleet(ASSUMED).installed[200])
    assert all(after <= before for before, after in pairwise(left))
    assert left[-1] == 0
    found = next(each for each in updates.patching(quick, 200) if each.arrangement.id == "nothing")
    assert found.weeks == left.index(0)
    slower = updates.campaign(ASSUMED.with_other(max_rate=30_000.0), 200)
    assert sum(slower) > sum(left)


def test_a_transition_shortens_delay() -> None:
    none, half, long = (
        exclusion_what_if(ASSUMED, Order(day=DAY, transition_weeks=weeks, scope=Scope.NEW))
        for weeks in (0, 26, 78)
    )
    assert none.households_delayed > half.households_delayed > long.households_delayed == 0
    assert none.households_delayed == pytest.approx(469_218, abs=2)
    assert none.replaced == 0
    assert none.fleet < half.fleet < long.fleet
    assert none.fleet == int(fleet(ASSUMED).installed[(DAY - ASSUMED.start).days // 7])


def test_an_order_on_installed_modules_replaces_each_and_costs() -> None:
    order = Order(day=DAY, transition_weeks=26, scope=Scope.INSTALLED)
    found = exclusion_what_if(ASSUMED, order)
    assert found.replaced == found.fleet
    assert sum(found.replaced_by_operator.values()) == pytest.approx(found.replaced, abs=2)
    assert found.replacement_cost == pytest.approx(found.replaced * (74.68 + 90.0))
    assert found.cost > found.replacement_cost
    new = exclusion_what_if(ASSUMED, replace(order, scope=Scope.NEW))
    assert found.household_weeks > new.household_weeks


def test_the_legal_route_depends_on_the_day() -> None:
    early = replace(ASSUMED, start=date(2026, 2, 1))
    order = Order(day=date(2026, 8, 14), transition_weeks=0, scope=Scope.NEW)
    assert exclusion_what_if(early, order).routes == ()
    found = exclusion_what_if(early, replace(order, day=date(2026, 8, 15)))
    assert {route.id for route in found.routes} == {"CBW-21A", "WWKE-15A"}
    assert "geen juridisch advies" in found.explanation.nl
    assert "no legal advice" in found.explanation.en


@pytest.mark.parametrize(
    ("day", "transition"), [(date(2027, 9, 30), 0), (date(2036, 1, 1), 0), (date(2035, 1, 1), 90)]
)
def test_an_order_outside_the_contract_is_refused(day: date, transition: int) -> None:
    with pytest.raises(DataError) as caught:
        exclusion_what_if(ASSUMED, Order(day=day, transition_weeks=transition, scope=Scope.NEW))
    assert caught.value.code == "continuity-day-outside-contract"
    assert (caught.value.where or "").startswith("order.")


def test_contracts_end_after_eight_to_fourteen_years() -> None:
    scenario = loading.load("stressed")
    ends = {each.operator: each.ends for each in contracts.calendar(scenario)}
    assert ends["enexis"] == date(2035, 9, 30)
    assert ends["alliander"] == date(2037, 9, 30)
    assert ends["stedin"] == date(2041, 9, 30)
    soon = contracts.alerts(scenario, date(2035, 1, 1))
    assert {finding.code for finding in soon} == {"contract-ends-soon"}
    assert {finding.message.split(":")[0] for finding in soon} == {"enexis", "others"}
    assert contracts.alerts(scenario, date(2028, 1, 1)) == []
    assert "contract-ended" in {finding.code for finding in contracts.alerts(scenario, date(2036, 1, 1))}


def test_an_option_needs_a_fresh_assessment() -> None:
    today = date(2035, 1, 1)
    assert contracts.exercise(ASSUMED, "enexis", date(2034, 6, 1), today).options == 1
    for assessed in (date(2033, 12, 1), date(2035, 2, 1)):
        with pytest.raises(DataError) as caught:
            contracts.exercise(ASSUMED, "enexis", assessed, today)
        assert caught.value.code == "option-assessment-stale"
    with pytest.raises(DataError, match="All options"):
        contracts.exercise(loading.load("stressed"), "stedin", today, today)


@pytest.mark.parametrize("source", [True, False])
@pytest.mark.parametrize("key", [True, False])
@pytest.mark.parametrize("dual", [True, False])
def test_a_patch_needs_source_and_some_key(source: bool, key: bool, dual: bool) -> None:
    ground = ASSUMED.arrangements[0]
    arranged = replace(ground, source_escrow=source, signing_key=key, dual_signing=dual)
    assert updates.can_patch(arranged) == (source and (key or dual))
