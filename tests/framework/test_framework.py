"""The framework for trusted suppliers: policy, verdict, two assessors, process, and no nationality."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterkast.assurance.framework import (
    Assessment,
    Case,
    Judgement,
    Level,
    State,
    Trust,
    agreement,
    diff,
    evaluate,
    judge,
    policy,
)
from meterkast.assurance.framework.process import TRANSITIONS, Step
from meterkast.assurance.rules import Ground, Outcome, RiskClass
from meterkast.model.errors import DataError, LocalError
from rules.rules_world import DAY, component, fact, owner, owns, vendor, world

CRITERIA = [criterion.id for criterion in policy().criterion]
SEEN = (Ground(what="register", value="seen", ref="X1:1"),)


def assessment(assessor: str = "anna", /, **levels: Level) -> Assessment:
    told = {criterion: Level(level=3, evidence=SEEN) for criterion in CRITERIA}
    named = {name.replace("_", "-"): level for name, level in levels.items()}
    return Assessment(assessor=assessor, supplier="berg", component="G1", levels={**told, **named})


def verdict(risk: RiskClass = RiskClass.HIGH, /, **levels: Level) -> Judgement:
    return judge(policy(), risk, assessment("anna", **levels))


def level(value: int | None, *, veto: bool = False, measure: str = "") -> Level:
    return Level(level=value, evidence=SEEN, veto=veto, with_measures=(measure,) if measure else ())


def test_three_groups_nine_criteria_and_a_veto_for_each() -> None:
    assert set(policy().groups_en) == {"state-influence", "chain-transparency", "cybersecurity"}
    assert len(CRITERIA) == 9
    assert all(criterion.veto_nl and criterion.veto_en for criterion in policy().criterion)
    assert policy().check() == []


def test_every_criterion_met_is_trusted() -> None:
    found = verdict()
    assert (found.trust, found.deciding) == (Trust.TRUSTED, ())
    assert found.trust.outcome is Outcome.PASS


@pytest.mark.parametrize("criterion", CRITERIA)
def test_a_veto_cannot_be_outvoted(criterion: str) -> None:
    found = verdict(**{criterion.replace("-", "_"): level(3, veto=True)})
    assert found.trust is Trust.NOT_TRUSTED
    assert found.deciding == (criterion,)


@pytest.mark.parametrize("criterion", CRITERIA)
def test_unknown_is_never_a_pass(criterion: str) -> None:
    assert verdict(**{criterion.replace("-", "_"): level(None)}).trust is Trust.UNDECIDED
    unproven = Level(level=3)
    assert verdict(**{criterion.replace("-", "_"): unproven}).trust is Trust.UNDECIDED


@pytest.mark.parametrize(
    ("risk", "criterion", "least"),
    [
        (RiskClass.LOW, "technical-reach", 1),
        (RiskClass.MEDIUM, "technical-reach", 2),
        (RiskClass.HIGH, "technical-reach", 3),
        (RiskClass.HIGH, "signed-updates", 3),
        (RiskClass.HIGH, "control", 2),
    ],
)
def test_the_level_needed_goes_by_the_class_of_the_component(
    risk: RiskClass, criterion: str, least: int
) -> None:
    assert policy().least(risk, criterion) == least
    key = criterion.replace("-", "_")
    assert verdict(risk, **{key: level(least)}).trust is Trust.TRUSTED
    assert verdict(risk, **{key: level(least - 1)}).trust is Trust.NOT_TRUSTED


def test_measures_are_named() -> None:
    found = verdict(compulsion=level(2, measure="no remote access"))
    assert (found.trust, found.measures) == (Trust.WITH_MEASURES, ("no remote access",))


def test_a_veto_decides_before_what_is_unknown_and_what_is_low() -> None:
    found = verdict(control=level(None), parts_list=level(0), signed_updates=level(3, veto=True))
    assert found.deciding == ("signed-updates",)
    assert verdict(control=level(None), parts_list=level(0)).trust is Trust.UNDECIDED


levels = st.builds(
    Level,
    level=st.one_of(st.none(), st.integers(0, 3)),
    evidence=st.sampled_from([(), SEEN]),
    veto=st.booleans(),
)
found_levels = st.dictionaries(st.sampled_from(CRITERIA), levels)


@given(found_levels, st.sampled_from(list(RiskClass)), st.sampled_from(CRITERIA))
def test_taking_evidence_away_never_makes_a_supplier_trusted(
    told: dict[str, Level], risk: RiskClass, criterion: str
) -> None:
    full = Assessment(assessor="anna", supplier="berg", component="G1", levels=told)
    bare = replace(told.get(criterion, Level(level=None)), level=None, evidence=())
    less = replace(full, levels={**told, criterion: bare})
    before, after = judge(policy(), risk, full).trust, judge(policy(), risk, less).trust
    assert not after.outcome.met or before.outcome.met
    assert after is not Trust.TRUSTED


@given(found_levels, st.sampled_from(list(RiskClass)), st.text(min_size=1), st.text(min_size=1))
def test_names_change_no_verdict(told: dict[str, Level], risk: RiskClass, one: str, other: str) -> None:
    first = judge(policy(), risk, Assessment(assessor="anna", supplier=one, component="G1", levels=told))
    second = judge(policy(), risk, Assessment(assessor="anna", supplier=other, component="G1", levels=told))
    assert (first.trust, first.deciding, first.policy) == (second.trust, second.deciding, second.policy)


def test_the_same_input_and_version_give_the_same_verdict_and_a_change_is_shown() -> None:
    assert verdict() == verdict()
    stricter = replace(
        policy(),
        version="1.1.0",
        required={**policy().required, "low": {**policy().required["low"], "every": 2}},
    )
    assert [(change.path, change.before, change.after) for change in diff(policy(), stricter)] == [
        ("required.low.every", "1", "2")
    ]
    assert stricter.digest != policy().digest
    assert diff(policy(), policy()) == ()


def test_a_wrong_policy_names_file_and_field() -> None:
    wrong = replace(policy(), required={"low": {"every": 4}, "medium": {}, "high": {"every": 1, "colour": 1}})
    codes = {(finding.code, finding.message) for finding in wrong.check()}
    assert ("policy-level-wrong", "framework.toml:required.low.every") in codes
    assert ("policy-default-missing", "framework.toml:required.medium.every") in codes
    assert ("policy-criterion-unknown", "framework.toml:required.high.colour") in codes


def test_an_assessment_of_what_the_policy_does_not_know_is_refused() -> None:
    with pytest.raises(DataError, match="no such criterion"):
        judge(policy(), RiskClass.LOW, assessment(nationality=level(0)))
    with pytest.raises(DataError, match="between 0 and 3"):
        judge(policy(), RiskClass.LOW, assessment(control=level(4)))


def test_two_assessors_with_the_same_evidence_agree_and_give_the_same_verdict() -> None:
    first, second = assessment("anna", control=level(2)), assessment("bram", control=level(2))
    found = agreement(policy(), first, second)
    assert (found.share, found.kappa, found.differing) == (1.0, 1.0, ())
    assert judge(policy(), RiskClass.HIGH, first) == judge(policy(), RiskClass.HIGH, second)


def test_agreement_beyond_chance() -> None:
    # Nine criteria; anna: six 3 and three 2; bram: the same but for one of the 3, where he says 2.
    anna = assessment("anna", control=level(2), compulsion=level(2), independence=level(2))
    bram = assessment(
        "bram", control=level(2), compulsion=level(2), independence=level(2), parts_list=level(2)
    )
    found = agreement(policy(), anna, bram)
    chance = (6 * 5 + 3 * 4) / 81
    assert found.share == pytest.approx(8 / 9)
    assert found.kappa == pytest.approx((8 / 9 - chance) / (1 - chance))
    assert found.differing == ("parts-list",)


def test_one_assessor_is_not_two() -> None:
    with pytest.raises(LocalError, match="Two independent"):
        agreement(policy(), assessment(), assessment())


def case() -> Case:
    return Case(supplier="berg", component="G1", risk=RiskClass.LOW, policy=policy())


def drafted() -> Case:
    return case().collect().assess(assessment("anna"), assessment("bram")).send_draft(DAY)


def test_the_way_to_a_verdict() -> None:
    decided = drafted().answer("We disagree.").decide("noord", world(), DAY)
    assert decided.state is State.DECIDED
    assert decided.judgement is not None
    assert decided.judgement.trust is Trust.TRUSTED
    assert (decided.reply, decided.signed_by) == ("We disagree.", "noord")
    assert decided.publish().appeal().settle().state is State.CLOSED
    assert decided.publish().review().collect().assessments == ()


def test_nobody_decides_before_the_supplier_could_answer() -> None:
    draft = drafted()
    with pytest.raises(LocalError, match="cannot decide"):
        draft.decide("noord", world(), DAY)
    with pytest.raises(LocalError, match="may answer until"):
        draft.let_term_pass(DAY + timedelta(days=15))
    assert draft.let_term_pass(DAY + timedelta(days=16)).state is State.REPLIED


def test_a_difference_is_settled_in_writing() -> None:
    first, second = assessment("anna"), assessment("bram", control=level(1))
    with pytest.raises(LocalError, match="not written down"):
        case().collect().assess(first, second)
    with pytest.raises(LocalError, match="not written down"):
        case().collect().assess(first, second, {"control": " "})
    settled = case().collect().assess(first, second, {"control": "register extract of May"})
    assert settled.agreement.differing == ("control",)


def test_only_an_operator_signs() -> None:
    with pytest.raises(LocalError, match="Only an operator"):
        drafted().answer("-").decide("minister", world(), DAY)


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("step", list(Step))
def test_a_step_that_the_table_does_not_name_is_refused(state: State, step: Step) -> None:
    calls = {
        Step.COLLECT: lambda each: each.collect(),
        Step.ASSESS: lambda each: each.assess(assessment("anna"), assessment("bram")),
        Step.SEND_DRAFT: lambda each: each.send_draft(DAY),
        Step.REPLY: lambda each: each.answer("-"),
        Step.LET_TERM_PASS: lambda each: each.let_term_pass(DAY + timedelta(days=99)),
        Step.DECIDE: lambda each: each.decide("noord", world(), DAY),
        Step.PUBLISH: lambda each: each.publish(),
        Step.REVIEW: lambda each: each.review(),
        Step.OBJECT: lambda each: each.appeal(),
        Step.SETTLE: lambda each: each.settle(),
    }
    standing = replace(drafted(), state=state)
    if step in TRANSITIONS[state]:
        assert calls[step](standing).state is TRANSITIONS[state][step]
    else:
        with pytest.raises(LocalError) as raised:
            calls[step](standing)
        assert raised.value.code == "case-wrong-step"


def test_a_dossier_gives_what_it_holds_and_the_rest_is_undecided() -> None:
    levels = {f"trust.berg.{criterion}": fact(3) for criterion in CRITERIA}
    alone = (replace(component(), vendors=("berg",)),)
    told = world(components=alone, facts=levels)
    found = {each.subject: each.outcome for each in evaluate(told, DAY)}
    assert found["G1/berg"] is Outcome.PASS
    for criterion in set(CRITERIA) - {"technical-reach"}:
        less = {name: each for name, each in levels.items() if not name.endswith(f".{criterion}")}
        found = {each.subject: each.outcome for each in evaluate(world(components=alone, facts=less), DAY)}
        assert found["G1/berg"] is Outcome.OPEN, criterion
    vetoed = {**levels, "veto.berg.signed-updates": fact(True)}
    found = {each.subject: each.outcome for each in evaluate(world(components=alone, facts=vetoed), DAY)}
    assert found["G1/berg"] is Outcome.FAIL
    measured = {**levels, "measure.berg.compulsion": fact("no remote access")}
    found = {each.subject: each.outcome for each in evaluate(world(components=alone, facts=measured), DAY)}
    assert found["G1/berg"] is Outcome.FLAG


@pytest.mark.parametrize("flag", ["NL", "CN", "FR", "US"])
def test_equal_facts_give_equal_verdicts_whatever_the_flag(flag: str) -> None:
    levels = {f"trust.berg.{criterion}": fact(3) for criterion in CRITERIA if criterion != "control"}
    parties = (vendor("berg", origin=flag, seat=flag), owner("state", flag, state=True))
    held = (owns("state", "berg", "majority"),)
    alone = (replace(component(), vendors=("berg",)),)
    told = world(parties=parties, components=alone, facts=levels, ownerships=held)
    (found,) = [each for each in evaluate(told, DAY) if each.rule == "TRUSTED-SUPPLIER"]
    assert found.outcome is Outcome.FAIL
    assert flag not in found.explanation_en
