"""Vendors behind a component, its risk class, its impact, and what is done about it."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

import pytest

from meterkast.assurance.dossier.component import Communication, Keys, Nature, Reach, Status, Updates
from meterkast.assurance.rules import Outcome, RiskClass, Verdict, profile
from meterkast.assurance.rules.criticality import criticality, impact, impacts, vital_process
from meterkast.assurance.rules.influence import Influence, influence, risk_trigger, state_influence
from meterkast.assurance.rules.mitigation import (
    Mitigation,
    acceptance,
    mitigation_families,
    recorded,
    residual,
    risk_accept,
)
from meterkast.assurance.rules.risk import method, risk_class
from meterkast.assurance.rules.sourcing import dual_hardware, shared_source, single_source
from meterkast.assurance.rules.strategy import strategy
from rules.rules_world import DAY, component, decision, fact, owner, owns, part, vendor, world


def one(verdicts: Iterable[Verdict]) -> Verdict:
    (verdict,) = verdicts
    return verdict


def test_two_vendors_for_hardware() -> None:
    assert one(dual_hardware(world(), DAY)).outcome is Outcome.PASS
    alone = replace(component(), vendors=("berg",))
    verdict = one(dual_hardware(world(components=(alone,)), DAY))
    assert verdict.outcome is Outcome.FAIL
    assert verdict.facts[0].value == "berg"
    twice = replace(component(), vendors=("berg", "berg"))
    assert one(dual_hardware(world(components=(twice,)), DAY)).outcome is Outcome.FAIL
    tender = replace(alone, vendors=(), status=fact(Status.TENDER))
    assert one(dual_hardware(world(components=(tender,)), DAY)).outcome is Outcome.PENDING


def test_two_vendors_in_one_hand_are_one() -> None:
    parties = (vendor("berg"), vendor("dal"), owner("above", "NO"))
    held = (owns("above", "berg", 0.6), owns("above", "dal", "majority"))
    verdict = one(dual_hardware(world(parties=parties, ownerships=held), DAY))
    assert verdict.outcome is Outcome.FAIL
    assert "in one hand" in verdict.explanation_en
    assert one(dual_hardware(world(parties=parties, ownerships=held[:1]), DAY)).outcome is Outcome.PASS


def test_the_rule_for_hardware_leaves_software_out_and_the_other_does_not() -> None:
    software = replace(component("S1"), nature=fact(Nature.SOFTWARE), vendors=("berg",))
    told = world(components=(component(), software))
    assert [verdict.subject for verdict in dual_hardware(told, DAY)] == ["G1"]
    outcomes = {verdict.subject: verdict.outcome for verdict in single_source(told, DAY)}
    assert outcomes == {"G1": Outcome.PASS, "S1": Outcome.FAIL}


def _bills(makers: dict[str, str | None]) -> tuple[object, ...]:
    bills: list[object] = []
    for name, maker in makers.items():
        chip = replace(part(f"{name}-chip", maker=maker), vendor=name)
        bills += [chip, replace(part(f"{name}-product"), vendor=name, contains=(chip.id,))]
    return tuple(bills)


@pytest.mark.parametrize(
    ("makers", "outcome"),
    [
        ({"berg": "fab-1", "dal": "fab-2"}, Outcome.PASS),
        ({"berg": "fab-1", "dal": "fab-1"}, Outcome.FAIL),
        ({"berg": "fab-1"}, Outcome.OPEN),
        ({"berg": "fab-1", "dal": None}, Outcome.OPEN),
    ],
)
def test_a_shared_source_breaks_independence(makers: dict[str, str | None], outcome: Outcome) -> None:
    verdict = one(shared_source(world(parts=_bills(makers)), DAY))
    assert verdict.outcome is outcome
    if outcome is Outcome.FAIL:
        assert "fab-1" in verdict.facts[0].what


def test_a_component_without_reach_is_low() -> None:
    found = profile(component())
    assert (found.least, found.most, found.settled) == (RiskClass.LOW, RiskClass.LOW, True)


@pytest.mark.parametrize(
    ("name", "value", "raised"),
    [
        ("actuator", True, RiskClass.HIGH),
        ("communication", Communication.LOCAL, RiskClass.MEDIUM),
        ("communication", Communication.REMOTE, RiskClass.HIGH),
        ("keys", Keys.LOCAL, RiskClass.MEDIUM),
        ("keys", Keys.DATA, RiskClass.HIGH),
        ("keys", Keys.TRUST, RiskClass.HIGH),
        ("updates", Updates.LOCAL, RiskClass.MEDIUM),
        ("updates", Updates.REMOTE, RiskClass.HIGH),
        ("reach", Reach.HOUSEHOLD, RiskClass.MEDIUM),
        ("reach", Reach.FLEET, RiskClass.HIGH),
    ],
)
def test_flipping_one_property_moves_the_class_and_says_why(
    name: str, value: object, raised: RiskClass
) -> None:
    flipped = component("G1", **{name: value})
    assert profile(flipped).least is raised
    assert profile(flipped).by == (name,)
    verdict = one(risk_class(world(components=(flipped,)), DAY))
    assert verdict.facts[0].what == f"G1 {name}"
    assert method().names_nl[name] in verdict.explanation_nl
    assert method().names_en[name] in verdict.explanation_en


@pytest.mark.parametrize("name", ["actuator", "communication", "keys", "updates", "reach"])
def test_an_unknown_property_leaves_the_class_open(name: str) -> None:
    unknown = component("G1", **{name: None})
    verdict = one(risk_class(world(components=(unknown,)), DAY))
    assert verdict.outcome is Outcome.OPEN
    assert verdict.facts[0].value == "unknown"
    assert profile(unknown).most is RiskClass.HIGH


FAMILIES = ("energy-supply", "product-supply", "data-security")


def _measures(**changes: object) -> list[Mitigation]:
    made = [
        Mitigation(id=f"m-{family}", component="G1", family=family, owner="noord", tested=date(2026, 1, 1))
        for family in FAMILIES
    ]
    return [replace(each, **changes) for each in made]  # type: ignore[arg-type]


def test_residual_risk_above_the_criterion_blocks() -> None:
    high = component("G1", keys=Keys.DATA)
    assert acceptance(high, _measures(), DAY).outcome is Outcome.PASS
    assert acceptance(high, _measures(), DAY, RiskClass.LOW).outcome is Outcome.FAIL
    assert acceptance(high, _measures()[:2], DAY).outcome is Outcome.FAIL
    assert acceptance(high, [], DAY).outcome is Outcome.OPEN
    assert residual(profile(high), _measures(), DAY) is RiskClass.MEDIUM


@pytest.mark.parametrize(
    "changes",
    [{"owner": ""}, {"tested": None}, {"tested": date(2027, 1, 1)}, {"valid_to": date(2026, 8, 1)}],
)
def test_a_measure_without_owner_or_with_no_valid_test_does_not_count(changes: dict[str, object]) -> None:
    high = component("G1", keys=Keys.DATA)
    assert acceptance(high, _measures(**changes), DAY).outcome is Outcome.FAIL


def test_measures_are_read_from_facts() -> None:
    facts = {f"mitigation.G1.{family}": fact("noord") for family in FAMILIES}
    tested = {f"mitigation.G1.{family}.tested": fact(date(2026, 1, 1)) for family in FAMILIES}
    told = world(facts={**facts, **tested})
    assert len(recorded(told)) == 3
    assert one(mitigation_families(told, DAY)).outcome is Outcome.PASS
    assert one(mitigation_families(world(facts=facts), DAY)).outcome is Outcome.OPEN
    assert one(risk_accept(told, DAY)).outcome is Outcome.PASS


def test_the_strategy_follows_the_class() -> None:
    competition = (decision("buy-it", "open competition"),)
    assert one(strategy(world(decisions=competition), DAY)).outcome is Outcome.PASS
    high = (component("G1", keys=Keys.DATA),)
    refused = one(strategy(world(decisions=competition, components=high), DAY))
    assert refused.outcome is Outcome.FAIL
    reason = {"strategy.G1.reason": fact("no other vendor")}
    justified = one(strategy(world(decisions=competition, components=high, facts=reason), DAY))
    assert justified.outcome is Outcome.FLAG
    assert one(strategy(world(), DAY)).outcome is Outcome.OPEN
    unknown = (component("G1", updates=None),)
    assert one(strategy(world(decisions=competition, components=unknown), DAY)).outcome is Outcome.OPEN


DEFINITION = {"vital-process-definition": fact("can disrupt society")}


def test_a_verdict_on_criticality_names_definition_decider_and_date() -> None:
    told = world(decisions=(decision("criticality", "not critical"),), facts=DEFINITION)
    verdict = one(criticality(told, DAY))
    assert verdict.outcome is Outcome.PASS
    assert "noord" in verdict.explanation_en
    assert str(DAY) in verdict.explanation_en


@pytest.mark.parametrize(
    ("told", "missing"),
    [
        (world(facts=DEFINITION), "verdict"),
        (world(decisions=(decision("criticality", None),), facts=DEFINITION), "verdict"),
        (world(decisions=(decision("criticality", "critical", on=None),), facts=DEFINITION), "date"),
        (world(decisions=(decision("criticality", "critical"),)), "definition"),
    ],
)
def test_criticality_without_one_of_them_is_open(told: object, missing: str) -> None:
    verdict = one(criticality(told, DAY))  # type: ignore[arg-type]
    assert verdict.outcome is Outcome.OPEN
    assert missing in verdict.explanation_en


def test_only_an_operator_settles_criticality() -> None:
    told = world(decisions=(decision("criticality", "critical", "minister"),), facts=DEFINITION)
    assert one(criticality(told, DAY)).outcome is Outcome.FAIL


def test_a_component_touches_the_vital_process_of_its_room() -> None:
    told = {"vital-electricity": fact(("distribution",)), "vital-gas": fact(("distribution",))}
    assert "electricity" in one(vital_process(world(facts=told), DAY)).explanation_en
    gas = (replace(component(), rooms=("gasmeter",)),)
    assert "gas" in one(vital_process(world(facts=told, components=gas), DAY)).explanation_en
    assert one(vital_process(world(), DAY)).outcome is Outcome.OPEN


def test_three_modes_of_impact_are_scored() -> None:
    assert impact(component()) == {"outage": 0, "disruption": 1, "manipulation": 1}
    switch = component(
        "G1", actuator=True, reach=Reach.FLEET, communication=Communication.REMOTE, keys=Keys.DATA
    )
    assert impact(switch) == {"outage": 3, "disruption": 3, "manipulation": 3}
    assert one(impacts(world(), DAY)).outcome is Outcome.PASS
    unknown = one(impacts(world(components=(component("G1", reach=None),)), DAY))
    assert unknown.outcome is Outcome.OPEN


STATE = owner("state-firm", "XK", state=True)


@pytest.mark.parametrize(
    ("ties", "found", "outcome"),
    [
        ((), Influence.UNTOLD, Outcome.OPEN),
        ((("family", 0.5),), Influence.UNTOLD, Outcome.OPEN),
        ((("family", 0.6),), Influence.NONE, Outcome.PASS),
        ((("family", 0.6), ("state-firm", 0.3)), Influence.INTEREST, Outcome.FLAG),
        ((("state-firm", 0.3),), Influence.INTEREST, Outcome.FLAG),
        ((("state-firm", "majority"),), Influence.CONTROL, Outcome.FAIL),
        ((("state-firm", "majority"), ("state-firm", 0.35)), Influence.DISPUTED, Outcome.OPEN),
        ((("state-firm", None),), Influence.DISPUTED, Outcome.OPEN),
    ],
)
def test_influence_of_a_state(
    ties: tuple[tuple[str, float | str | None], ...], found: Influence, outcome: Outcome
) -> None:
    told = world(
        parties=(vendor("berg"), STATE, owner("family", "NO")),
        ownerships=tuple(owns(above, "berg", share) for above, share in ties),
        components=(replace(component(), vendors=("berg",)),),
    )
    assert state_influence(told, "berg").influence is found
    assert one(influence(told, DAY)).outcome is outcome


def test_a_pyramid_gives_a_third_of_the_interest_and_all_of_the_control() -> None:
    told = world(
        parties=(vendor("berg"), vendor("middle"), STATE),
        ownerships=(owns("state-firm", "middle", 0.6), owns("middle", "berg", 0.6)),
        components=(replace(component(), vendors=("berg",)),),
    )
    found = state_influence(told, "berg")
    assert found.influence is Influence.CONTROL
    assert found.interest == pytest.approx((0.36, 0.36))
    assert found.ties == ("state-firm-middle-0.6", "middle-berg-0.6")


def test_without_an_owner_the_verdict_changes_and_shows_where() -> None:
    told = world(
        parties=(vendor("berg"), STATE),
        ownerships=(owns("state-firm", "berg", "majority"),),
        components=(replace(component(), vendors=("berg",)),),
    )
    before, after = one(influence(told, DAY)), one(influence(replace(told, ownerships=()), DAY))
    assert (before.outcome, after.outcome) == (Outcome.FAIL, Outcome.OPEN)
    assert before.facts[0].what == "state-firm in berg"
    assert "State-Firm > Berg" in before.explanation_en


def test_possible_influence_asks_for_a_risk_analysis() -> None:
    told = world(
        parties=(vendor("berg"), vendor("dal"), STATE), ownerships=(owns("state-firm", "berg", 0.3),)
    )
    assert one(risk_trigger(told, DAY)).outcome is Outcome.FAIL
    assert list(risk_trigger(world(), DAY)) == []
