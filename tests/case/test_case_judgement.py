"""Statuses come from below, and never get better because something was taken away."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from case.case_world import Known, case, claim
from meterkast.assurance.case.claim import Argumentation, Claim, Effect, Needs
from meterkast.assurance.case.judgement import Attack, judge
from meterkast.assurance.case.reference import Outcome
from meterkast.assurance.case.status import Status, best, worst
from meterkast.model.errors import DataError

P, S, A, U, R = Status.PROVEN, Status.STALE, Status.ASSERTED, Status.OPEN, Status.REFUTED


def status_of(argumentation: Argumentation, table: dict[str, Status]) -> Status:
    return judge(argumentation, Known(table))[argumentation.goal].status


@pytest.mark.parametrize(
    ("below", "needs", "expected"),
    [
        ((P, P), Needs.ALL, P),
        ((P, A), Needs.ALL, A),
        ((P, S), Needs.ALL, S),
        ((S, R), Needs.ALL, R),
        ((P, U), Needs.ANY, P),
        ((A, U), Needs.ANY, A),
        ((P, R), Needs.ANY, Status.ATTENTION),
        ((A, R), Needs.ANY, A),
        ((R, R), Needs.ANY, R),
    ],
)
def test_an_argument_is_as_good_as_it_needs(
    below: tuple[Status, ...], needs: Needs, expected: Status
) -> None:
    names = [f"probe:p{number}" for number in range(len(below))]
    assert (
        status_of(case(claim("goal", *names, needs=needs)), dict(zip(names, below, strict=True))) is expected
    )


def test_the_order_is_that_of_the_reference() -> None:
    order = ["refuted", "stale", "open", "asserted", "attention", "sealed", "proven"]
    assert [each.value for each in sorted(Status, key=lambda each: each.rank)] == order
    assert worst([]) is best([]) is U


def test_what_nobody_finds_supports_nothing() -> None:
    assert status_of(case(claim("goal", "probe:missing")), {}) is U
    assert status_of(case(claim("goal")), {}) is U


def test_a_goal_takes_its_status_through_claims() -> None:
    argumentation = case(claim("goal", "claim:middle"), claim("middle", "probe:p"))
    assert status_of(argumentation, {"probe:p": P}) is P
    assert status_of(argumentation, {"probe:p": R}) is R


@pytest.mark.parametrize(
    ("found", "effect", "attack", "expected"),
    [
        (P, Effect.UNDERCUTS, Attack.HOLDS, U),
        (P, Effect.REBUTS, Attack.HOLDS, R),
        (R, Effect.REBUTS, Attack.REFUTED, P),
        (None, Effect.REBUTS, Attack.OPEN, U),
    ],
    ids=["undercut", "rebutted", "looked-for-and-not-there", "nobody-can-tell"],
)
def test_a_defeater_weighs(found: Status | None, effect: Effect, attack: Attack, expected: Status) -> None:
    argumentation = case(claim("goal", "probe:p", attacked_by="gap:G1", effect=effect))
    table = {"probe:p": P} | ({"gap:G1": found} if found else {})
    judgement = judge(argumentation, Known(table))["goal"]
    assert judgement.status is expected
    assert [each for _, each in judgement.attacks] == [attack]


def test_what_keeps_a_claim_down_is_named() -> None:
    argumentation = case(claim("goal", "probe:good", "probe:bad", attacked_by="gap:G1"))
    judgement = judge(argumentation, Known({"probe:good": P, "probe:bad": U, "gap:G1": P}))["goal"]
    assert judgement.because == ("probe:bad", "gap:G1")


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ((claim("a", "claim:b"), claim("b", "claim:a")), "claims-circular"),
        ((claim("a", "claim:a"),), "claims-circular"),
        ((claim("a", "claim:gone"),), "claim-unknown"),
    ],
)
def test_a_case_that_leans_on_itself_or_on_nothing_is_refused(claims: tuple[Claim, ...], code: str) -> None:
    with pytest.raises(DataError) as caught:
        case(*claims)
    assert caught.value.code == code


NAMES = [f"probe:p{number}" for number in range(5)]
statuses = st.dictionaries(
    st.sampled_from(NAMES), st.sampled_from([P, Status.SEALED, Status.ATTENTION, A, U])
)


@st.composite
def cases(draw: st.DrawFn) -> Argumentation:
    """Any tree of claims over the five probes, with arguments of both kinds and defeaters."""
    count = draw(st.integers(1, 5))
    claims = []
    for number in range(count):
        lower = [f"claim:c{each}" for each in range(number + 1, count)]
        by = draw(st.lists(st.sampled_from([*NAMES, *lower]), min_size=1, max_size=4))
        made = claim(
            f"c{number}",
            *by,
            needs=draw(st.sampled_from(Needs)),
            attacked_by=draw(st.sampled_from(["", "gap:G1"])),
            effect=draw(st.sampled_from(Effect)),
        )
        claims.append(made)
    return case(*claims)


@given(cases(), statuses, st.sampled_from(NAMES), st.sampled_from([None, P, R]))
def test_taking_evidence_away_never_improves_a_status(
    argumentation: Argumentation, table: dict[str, Status], gone: str, gap: Status | None
) -> None:
    before = table | ({"gap:G1": gap} if gap else {})
    after = {name: status for name, status in before.items() if name != gone}
    judged, then = judge(argumentation, Known(before)), judge(argumentation, Known(after))
    for name in argumentation.claims:
        assert then[name].status.rank <= judged[name].status.rank


@given(cases(), statuses)
def test_taking_the_answer_on_a_defeater_away_never_improves_a_status(
    argumentation: Argumentation, table: dict[str, Status]
) -> None:
    refuted = judge(argumentation, Known(table | {"gap:G1": R}))
    unknown = judge(argumentation, Known(table))
    for name in argumentation.claims:
        assert unknown[name].status.rank <= refuted[name].status.rank


@given(cases(), statuses)
def test_nothing_is_proven_unless_something_is(
    argumentation: Argumentation, table: dict[str, Status]
) -> None:
    judged = judge(argumentation, Known(table))
    if P not in table.values():
        assert all(each.status is not P for each in judged.values())


def test_a_claim_without_its_argument_is_open() -> None:
    whole = claim("goal", "probe:p")
    assert status_of(case(replace(whole, arguments=())), {"probe:p": P}) is U


def test_what_is_not_found_is_open_at_best_whatever_it_calls_itself() -> None:
    boast = judge(case(claim("goal", "probe:p")), lambda each: Outcome(reference=each, found=False, status=P))
    assert boast["goal"].status is U
