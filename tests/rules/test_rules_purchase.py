"""Contracts, options, directives, foreign subsidies, analyses, consultations and audits."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from meterkast.assurance.dossier.dossier import Dossier
from meterkast.assurance.dossier.party import Party, Role
from meterkast.assurance.dossier.procedure import Examination, Inquiry, Procedure, Topic
from meterkast.assurance.dossier.record import Analysis, Audit, Disclosure
from meterkast.assurance.rules import Outcome, Verdict
from meterkast.assurance.rules.analyses import (
    analyses,
    audit_fields,
    consultation,
    design_version,
    intervention,
    threat_edition,
)
from meterkast.assurance.rules.consumer import generation
from meterkast.assurance.rules.fsr import (
    Contribution,
    Duty,
    by_country,
    duty,
    fsr_gate,
    fsr_threshold,
    price_evidence,
)
from meterkast.assurance.rules.purchase import (
    contract_term,
    directive,
    expiries,
    joint_purchase,
    option,
    vital_provider,
)
from meterkast.assurance.rules.quickscan import quick_scan, quickscan
from rules.rules_world import (
    DAY,
    MINISTER,
    OPERATOR,
    PLACE,
    component,
    contract,
    decision,
    fact,
    vendor,
    world,
)


def one(verdicts: Iterable[Verdict]) -> Verdict:
    (verdict,) = verdicts
    return verdict


def test_the_operators_together_take_what_was_awarded() -> None:
    assert one(joint_purchase(world(), DAY)).outcome is Outcome.PASS
    wrong = contract(units_of_operator={"noord": fact(600), "zuid": fact(401)})
    assert one(joint_purchase(world(contracts=(wrong,)), DAY)).outcome is Outcome.FAIL
    half = contract(units_of_operator={"noord": fact(600)})
    verdict = one(joint_purchase(world(contracts=(half,)), DAY))
    assert verdict.outcome is Outcome.OPEN
    assert verdict.facts[0].what == "supply units of zuid"


def test_a_contract_ends_on_a_day_for_every_term() -> None:
    eight = contract(term_years=fact(8), options=fact(3), option_years=fact(2))
    assert list(expiries(eight, date(2026, 3, 1))) == [8, 10, 12, 14]
    assert expiries(eight, date(2026, 3, 1))[14] == date(2040, 3, 1)
    assert expiries(eight, date(2024, 2, 29))[10] == date(2034, 3, 1)


def test_each_operator_has_its_own_last_day() -> None:
    start = {"start.supply.noord": fact(date(2026, 1, 1)), "start.supply.zuid": fact(date(2026, 5, 1))}
    verdicts = {verdict.subject: verdict for verdict in contract_term(world(facts=start), DAY)}
    assert "2030-01-01" in verdicts["supply/noord"].explanation_en
    assert "2030-05-01" in verdicts["supply/zuid"].explanation_en
    assert {verdict.outcome for verdict in contract_term(world(), DAY)} == {Outcome.OPEN}
    over = {verdict.outcome for verdict in contract_term(world(facts=start), date(2040, 1, 1))}
    assert over == {Outcome.FAIL}


def _analysis(name: str = "risk", **changes: object) -> Analysis:
    made = Analysis(
        id=name,
        by=("noord",),
        name_nl=name,
        name_en=name,
        about=("G1", "supply"),
        done=fact(True),
        inputs=("report",),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("held", "outcome"),
    [
        (DAY, Outcome.PASS),
        (DAY - timedelta(days=365), Outcome.PASS),
        (DAY - timedelta(days=366), Outcome.FAIL),
        (DAY + timedelta(days=1), Outcome.FAIL),
        (None, Outcome.FAIL),
    ],
)
def test_an_option_needs_a_fresh_risk_assessment(held: date | None, outcome: Outcome) -> None:
    told = world(
        decisions=(decision("prolong-1", "prolonged", about="supply"),),
        analyses=(_analysis(),),
        facts={} if held is None else {"held.risk": fact(held)},
    )
    assert one(option(told, DAY)).outcome is outcome


def test_an_option_nobody_took_is_pending() -> None:
    assert one(option(world(), DAY)).outcome is Outcome.PENDING


DEADLINE = {"directive.directive-1.deadline": fact(date(2026, 10, 1))}
DONE = {"directive.directive-1.done": fact(True)}


@pytest.mark.parametrize(
    ("told", "at", "outcome"),
    [
        (DEADLINE, date(2026, 10, 1), Outcome.PENDING),
        (DEADLINE, date(2026, 10, 2), Outcome.FAIL),
        ({**DEADLINE, **DONE}, date(2026, 10, 2), Outcome.PASS),
        ({}, DAY, Outcome.OPEN),
    ],
)
def test_a_directive_is_done_by_its_deadline(told: dict[str, object], at: date, outcome: Outcome) -> None:
    ordered = (decision("directive-1", "replace keys", "minister"),)
    assert one(directive(world(decisions=ordered, facts=told), at)).outcome is outcome


def test_a_vital_provider_has_the_duties_of_the_day() -> None:
    before, after = (one(vital_provider(world(), at)) for at in (date(2026, 2, 4), date(2026, 8, 15)))
    assert "Cyberbeveiligingswet art. 21" in before.explanation_en
    assert "in preparation" in before.explanation_en
    assert "in preparation" not in after.explanation_en
    plain = world(parties=(Party(id="noord", legal_name="Noord", roles=(Role.OPERATOR,)),))
    assert one(vital_provider(plain, DAY)).outcome is Outcome.OPEN


BIG = 250_000_000


def _money(eur: int, received: date = DAY, country: str = "CN", by: str = "berg") -> Contribution:
    return Contribution(country=country, received=received, eur=eur, by=by)


@pytest.mark.parametrize(
    ("value", "contributions", "lots", "owed"),
    [
        (BIG - 1, [_money(4_000_000)], None, Duty.NONE),
        (BIG, [_money(4_000_000)], None, Duty.NOTIFICATION),
        (BIG, [_money(3_999_999)], None, Duty.DECLARATION),
        (BIG, [], None, Duty.DECLARATION),
        (BIG, None, None, Duty.UNKNOWN),
        (BIG, [_money(4_000_000)], 124_999_999, Duty.NONE),
        (BIG, [_money(4_000_000)], 125_000_000, Duty.NOTIFICATION),
        (BIG, [_money(2_000_000), _money(2_000_000, by="daughter")], None, Duty.NOTIFICATION),
        (BIG, [_money(2_000_000), _money(2_000_000, country="IN")], None, Duty.DECLARATION),
        (BIG, [_money(4_000_000, country="FR")], None, Duty.DECLARATION),
        (BIG, [_money(4_000_000, received=date(2023, 8, 30))], None, Duty.DECLARATION),
        (BIG, [_money(4_000_000, received=date(2023, 9, 1))], None, Duty.NOTIFICATION),
        (BIG, [_money(4_000_000, received=DAY + timedelta(days=1))], None, Duty.DECLARATION),
    ],
)
def test_what_a_bidder_owes(
    value: int, contributions: list[Contribution] | None, lots: int | None, owed: Duty
) -> None:
    assert duty(value, contributions, DAY, lots_eur=lots) is owed


def test_nothing_is_owed_before_the_regulation_applies() -> None:
    assert duty(BIG, [_money(4_000_000, received=date(2023, 9, 1))], date(2023, 10, 11)) is Duty.NONE
    assert duty(BIG, [_money(4_000_000, received=date(2023, 9, 1))], date(2023, 10, 12)) is Duty.NOTIFICATION


def test_contributions_are_summed_per_third_country() -> None:
    assert by_country([_money(1), _money(2), _money(4, country="IN"), _money(8, country="DE")], DAY) == {
        "CN": 3,
        "IN": 4,
    }


def _examined(topic: Topic, inquiry: Inquiry, outcome: str = "no-obstacles") -> Procedure:
    looked = Examination(topic=topic, asked_at=PLACE, inquiry=inquiry, outcome=fact(outcome))
    return Procedure(id="buy", component="G1", examinations=(looked,))


NOTIFIED = (_examined(Topic.FOREIGN_SUBSIDY, Inquiry.FSR_NOTIFICATION),)
AWARDED = (decision("award", "awarded", about="supply"),)


@pytest.mark.parametrize(
    ("value", "procedures", "outcome"),
    [
        (BIG - 1, (), Outcome.PASS),
        (BIG, (), Outcome.FAIL),
        (BIG, NOTIFIED, Outcome.PASS),
    ],
)
def test_a_contract_over_the_threshold_is_put_before_the_commission(
    value: int, procedures: tuple[Procedure, ...], outcome: Outcome
) -> None:
    told = world(contracts=(contract(value_eur=fact(value)),), procedures=procedures)
    verdict = one(fsr_threshold(told, DAY))
    assert verdict.outcome is outcome
    assert verdict.facts[0].value == str(value)


def test_an_award_waits_for_the_commission() -> None:
    assert one(fsr_gate(world(decisions=AWARDED), DAY)).outcome is Outcome.FAIL
    assert one(fsr_gate(world(), DAY)).outcome is Outcome.PENDING
    assert one(fsr_gate(world(decisions=AWARDED, procedures=NOTIFIED), DAY)).outcome is Outcome.PASS


def test_no_obstacles_is_no_proof_that_the_price_covers_the_cost() -> None:
    spoken = one(price_evidence(world(procedures=NOTIFIED), DAY))
    assert spoken.outcome is Outcome.PASS
    beside = (_examined(Topic.ABNORMALLY_LOW, Inquiry.FSR_NOTIFICATION),)
    verdict = one(price_evidence(world(procedures=beside), DAY))
    assert verdict.outcome is Outcome.OPEN
    assert "no proof that the price covers the cost" in verdict.explanation_en
    asked = (_examined(Topic.ABNORMALLY_LOW, Inquiry.COST_EXPLANATION, "accounted for"),)
    assert one(price_evidence(world(procedures=asked), DAY)).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("done", "outcome"), [(True, Outcome.PASS), (False, Outcome.FAIL), (None, Outcome.OPEN)]
)
def test_an_analysis_that_is_missing_is_seen(done: bool | None, outcome: Outcome) -> None:
    assert one(analyses(world(analyses=(_analysis(done=fact(done)),)), DAY)).outcome is outcome


def test_an_escalation_has_a_decision_and_a_motive() -> None:
    open_one = world(decisions=(decision("intervention", None),))
    decided = world(decisions=(decision("intervention", "no intervention"),))
    assert one(intervention(open_one, DAY)).outcome is Outcome.OPEN
    assert one(intervention(decided, DAY)).outcome is Outcome.FAIL
    reasoned = replace(decided, facts={"motive.intervention": fact("low risk")})
    assert one(intervention(reasoned, DAY)).outcome is Outcome.PASS


def _editions(used: date | None, latest: date | None) -> Dossier:
    told = {"edition.risk.report": fact(used), "latest.report": fact(latest)}
    return world(analyses=(_analysis(), _analysis("report", about=(), inputs=())), facts=told)


def test_a_new_edition_of_a_threat_report_makes_an_assessment_old() -> None:
    first, second = date(2025, 11, 1), date(2026, 6, 1)
    assert one(threat_edition(_editions(first, first), DAY)).outcome is Outcome.PASS
    verdict = one(threat_edition(_editions(first, second), DAY))
    assert verdict.outcome is Outcome.FAIL
    assert "te herzien" in verdict.explanation_nl
    assert one(threat_edition(_editions(None, second), DAY)).outcome is Outcome.OPEN


SERVICE = Party(id="service", legal_name="Service", roles=(Role.SERVICE,))


def _consulted(**changes: object) -> Dossier:
    sealed = _analysis("talk", by=("service",), disclosure=Disclosure.SEALED, inputs=(), **changes)
    return world(parties=(OPERATOR, MINISTER, SERVICE, vendor("berg"), vendor("dal")), analyses=(sealed,))


def test_of_a_consultation_one_sees_that_when_and_about_what_never_its_content() -> None:
    held = replace(_consulted(), facts={"held.talk": fact(date(2025, 5, 1))})
    verdict = one(consultation(held, DAY))
    assert verdict.outcome is Outcome.PASS
    assert "2025-05-01" in verdict.explanation_en
    assert one(consultation(_consulted(), DAY)).outcome is Outcome.OPEN
    leaking = one(consultation(_consulted(conclusions=fact("SECRET WORDS")), DAY))
    assert leaking.outcome is Outcome.FAIL
    assert "SECRET" not in str(leaking.to_dict())


def test_a_threat_view_belongs_to_a_design() -> None:
    told = _consulted(design=fact("concept"))
    assert one(design_version(told, DAY)).outcome is Outcome.OPEN
    assert one(design_version(replace(told, facts={"design": fact("concept")}), DAY)).outcome is Outcome.PASS
    assert one(design_version(replace(told, facts={"design": fact("final")}), DAY)).outcome is Outcome.FLAG


def _audit(**told: object) -> Dossier:
    audit = Audit(id="a", component="G1", outcome=fact("nothing-found"), disclosure=fact(Disclosure.SEALED))
    return world(audits=(replace(audit, **told),))  # type: ignore[arg-type]


FIELDS = {"scope": fact("firmware"), "frequency": fact("yearly"), "party": fact("lab"), "findings": fact(0)}


@pytest.mark.parametrize("missing", [*FIELDS, None])
def test_nothing_found_counts_only_with_all_four_fields(missing: str | None) -> None:
    verdict = one(
        audit_fields(_audit(**{name: told for name, told in FIELDS.items() if name != missing}), DAY)
    )
    assert verdict.outcome is (Outcome.PASS if missing is None else Outcome.OPEN)
    assert missing is None or verdict.facts[0].what == f"a {missing}"


@pytest.mark.parametrize(
    ("answers", "secure"),
    [
        ({"vital": True, "sensitive": True}, True),
        ({"vital": True, "state-influence": True}, True),
        ({"vital": True, "state-influence": False, "sensitive": False, "dependence": False}, False),
        ({"vital": False}, False),
        ({"vital": True}, None),
        ({"sensitive": True}, None),
    ],
)
def test_the_same_answers_give_the_same_class(answers: dict[str, bool | None], secure: bool | None) -> None:
    assert quick_scan().classify(answers) is secure


def test_a_security_dossier_is_treated_as_one() -> None:
    vital = {"vital-electricity": fact(("distribution",))}
    alone = (replace(component(), vendors=("berg",)),)
    told = world(components=alone, facts=vital)
    assert one(quickscan(told, DAY)).outcome is Outcome.OPEN
    decided = replace(told, facts={**vital, "security-dossier.G1": fact(True)})
    assert one(quickscan(decided, DAY)).outcome is Outcome.PASS
    refused = replace(told, facts={**vital, "security-dossier.G1": fact(False)})
    assert one(quickscan(refused, DAY)).outcome is Outcome.FAIL


def test_the_generation_on_offer_goes_by_year() -> None:
    told = world(facts={"current-generation": fact(5), "current-generation-years": fact((2026, 2027))})
    assert one(generation(told, date(2027, 12, 31))).outcome is Outcome.PASS
    assert one(generation(told, date(2028, 1, 1))).outcome is Outcome.OPEN
