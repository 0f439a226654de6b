"""The exclusion order: two keys, purpose, necessity, a term; and its effect on fleet, households and cost."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterkast.assurance import dossier
from meterkast.assurance.rules import Ground, Outcome
from meterkast.assurance.tender import Order, effect, phase_out
from meterkast.assurance.tender.evaluation import evaluate
from meterkast.assurance.tender.exclusion import (
    JUSTICE,
    LINE_MINISTER,
    TRANSITIONS,
    LesserMeans,
    Purpose,
    Reason,
    State,
    Step,
)
from meterkast.model.errors import DataError, LocalError
from rules.rules_world import decision, fact, world

LAW_DAY = date(2026, 8, 15)
LATER = date(2026, 9, 1)


def draft() -> Order:
    return Order(
        party="berg",
        law="CBW-21A",
        reason=Reason.TIES,
        facts=(Ground(what="berg control", value="finding of the service", ref="X1:9"),),
        parts=("G1",),
        purpose=Purpose.LIMIT,
        lesser_means=(LesserMeans(measure="inspection", rejected_because="cannot see firmware"),),
        replacement_days=730,
    )


def in_force() -> Order:
    return draft().assess(LATER).sign(LINE_MINISTER, LATER).sign(JUSTICE, LATER)


def test_two_signatures_make_an_order() -> None:
    once = draft().assess(LATER).sign(LINE_MINISTER, LATER)
    assert not once.valid(LATER)
    assert in_force().valid(LATER)
    assert draft().assess(LATER).sign(JUSTICE, LATER).sign(LINE_MINISTER, LATER).valid(LATER)
    assert not in_force().lift().valid(LATER)


def test_an_order_does_not_bind_before_its_last_signature() -> None:
    assert not in_force().valid(LATER - timedelta(days=1))


def test_the_same_minister_does_not_sign_twice_and_nobody_else_signs() -> None:
    once = draft().assess(LATER).sign(LINE_MINISTER, LATER)
    for role in (LINE_MINISTER, "operator", ""):
        with pytest.raises(LocalError) as raised:
            once.sign(role, LATER)
        assert raised.value.code == "order-signer-wrong"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"reason": None}, "order-reason"),
        ({"facts": ()}, "order-facts"),
        ({"facts": (Ground(what="berg control", value="rumour"),)}, "order-facts"),
        ({"facts": (Ground(what="berg seat", value="CN", ref="X1:1"),)}, "order-nationality"),
        ({"parts": ()}, "order-parts"),
        ({"purpose": None}, "order-purpose"),
        ({"lesser_means": ()}, "order-not-necessary"),
        ({"lesser_means": (LesserMeans(measure="inspection"),)}, "order-not-necessary"),
        ({"replacement_days": None}, "order-no-term"),
        ({"law": "AW2012-3.66"}, "order-law"),
    ],
)
def test_an_order_without_one_of_its_conditions_is_not_signed(changes: dict[str, object], code: str) -> None:
    wrong = replace(draft(), **changes)  # type: ignore[arg-type]
    assert [finding.code for finding in wrong.check(LATER)] == [code]
    with pytest.raises(LocalError) as raised:
        wrong.assess(LATER)
    assert raised.value.code == code
    standing = replace(wrong, state=State.IN_FORCE, signatures=((LINE_MINISTER, LATER), (JUSTICE, LATER)))
    assert not standing.valid(LATER)


@pytest.mark.parametrize("law", ["CBW-21A", "WWKE-15A"])
def test_the_power_exists_from_its_day_on(law: str) -> None:
    order = replace(draft(), law=law)
    assert [finding.code for finding in order.check(LAW_DAY - timedelta(days=1))] == ["order-law"]
    assert order.check(LAW_DAY) == []


def test_necessity_needs_every_lesser_means_rejected() -> None:
    assert replace(draft(), lesser_means=()).necessary is None
    half = (*draft().lesser_means, LesserMeans(measure="escrow", rejected_because=" "))
    assert replace(draft(), lesser_means=half).necessary is False
    assert draft().necessary is True


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("step", list(Step))
def test_the_table_of_an_order(state: State, step: Step) -> None:
    signed = ((JUSTICE, LATER),) if state is State.SIGNED_ONCE else ()
    standing = replace(draft(), state=state, signatures=signed)
    calls = {
        Step.ASSESS: lambda each: each.assess(LATER),
        Step.SIGN: lambda each: each.sign(LINE_MINISTER, LATER),
        Step.COUNTERSIGN: lambda each: each.sign(LINE_MINISTER, LATER),
        Step.LIFT: lambda each: each.lift(),
    }
    signing = (Step.SIGN, Step.COUNTERSIGN)
    steps = signing if step in signing else (step,)
    allowed = {TRANSITIONS[state][each] for each in steps if each in TRANSITIONS[state]}
    if allowed:
        assert calls[step](standing).state in allowed
    else:
        with pytest.raises(LocalError) as raised:
            calls[step](standing)
        assert raised.value.code == "order-wrong-step"


def test_the_effect_on_the_case_of_the_answers() -> None:
    found = effect(dossier.load(), "kaifa-nl")
    assert (found.units_to_come, found.households) == (4_760_244, 4_760_244)
    assert found.hardware_eur == pytest.approx(0.6 * 592_517_432, rel=1e-6)
    # 7,933,740 units over 8 years of 52 weeks are 19,071 a week.
    assert found.weeks == pytest.approx(4_760_244 / 19_071.49, rel=1e-4)
    assert (found.units_installed, found.left) == (None, ("sagemcom",))


def test_units_on_walls_count_as_well() -> None:
    bare, told = effect(world(), "berg"), effect(world(facts={"installed.berg": fact(300)}), "berg")
    assert (bare.households, told.households) == (700, 1000)
    assert told.hardware_eur == pytest.approx(bare.hardware_eur * 1000 / 700)
    with pytest.raises(DataError, match="No contract awards"):
        effect(world(), "nobody")


@given(st.integers(0, 10**7), st.integers(1, 20))
def test_a_phase_out_replaces_every_unit_once(units: int, years: int) -> None:
    plan = phase_out(units, 2027, years)
    assert sum(year.replaced for year in plan) == units
    assert plan[-1].left == 0
    assert max(year.replaced for year in plan) - min(year.replaced for year in plan) <= 1
    assert [year.year for year in plan] == list(range(2027, 2027 + years))


def test_a_phase_out_takes_time() -> None:
    with pytest.raises(DataError, match="one year at least"):
        phase_out(10, 2027, 0)


def test_without_an_order_the_verdict_is_pending_and_tells_the_effect() -> None:
    told = world(decisions=(decision("forbid-berg", None, "minister"),))
    found = {each.subject: each for each in evaluate(told, LATER) if each.rule == "EXCLUSION"}
    assert {each.outcome for each in found.values()} == {Outcome.PENDING}
    assert "700 units" in found["supply/berg"].explanation_en
    assert "700 eenheden" in found["supply/berg"].explanation_nl
    assert "households" in found["supply/dal"].explanation_en
