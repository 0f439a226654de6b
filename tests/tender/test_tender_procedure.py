"""Two phases, low bids, bidders without names, capability, instruments and criteria."""

from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterkast.assurance.dossier.fact import Fact
from meterkast.assurance.dossier.procedure import Examination as Examined
from meterkast.assurance.dossier.procedure import Inquiry, Instrument, Kind, Phase, Procedure, Topic
from meterkast.assurance.rules import Outcome, Verdict
from meterkast.assurance.rules.measures import Grade
from meterkast.assurance.tender import Examination, Tender, evaluate, fits, publishable, screen, seal
from meterkast.assurance.tender.bidders import Ending, Entry, Region, bidders
from meterkast.assurance.tender.capability import capability, needed_per_week
from meterkast.assurance.tender.instruments import criteria, instruments
from meterkast.assurance.tender.low import State as Low
from meterkast.assurance.tender.low import low_tender, state_aid
from meterkast.assurance.tender.phases import TRANSITIONS, State, Step, procedure
from meterkast.model.errors import DataError, LocalError
from rules.rules_world import DAY, PLACE, contract, fact, world


def one(verdicts: Iterable[Verdict]) -> Verdict:
    (verdict,) = verdicts
    return verdict


def bidding() -> Tender:
    opened = Tender(id="buy").open_selection().apply("berg").apply("dal").apply("far")
    return opened.close_selection(frozenset({"berg", "dal"})).invite()


def test_selection_then_award() -> None:
    awarded = bidding().bid("berg", 70).bid("dal", 80).examine().award("berg", "dal")
    assert (awarded.state, awarded.winners) == (State.AWARDED, ("berg", "dal"))


def test_only_who_was_selected_may_bid() -> None:
    with pytest.raises(LocalError) as raised:
        bidding().bid("far", 10)
    assert (raised.value.code, raised.value.where) == ("tender-not-selected", "far")
    with pytest.raises(LocalError, match="Only who applied"):
        Tender(id="buy").open_selection().close_selection(frozenset({"ghost"}))


def test_only_a_bid_wins() -> None:
    with pytest.raises(LocalError, match="Only a bid"):
        bidding().bid("berg", 70).examine().award("dal")
    with pytest.raises(LocalError, match="Only a bid"):
        bidding().examine().award()


def test_an_award_waits_for_open_questions() -> None:
    blocked = bidding().bid("berg", 70).examine(frozenset({"fsr"}))
    with pytest.raises(LocalError) as raised:
        blocked.award("berg")
    assert (raised.value.code, raised.value.where) == ("tender-blocked", "fsr")
    assert blocked.answered("fsr").award("berg").state is State.AWARDED


STEPS: dict[Step, Callable[[Tender], Tender]] = {
    Step.OPEN_SELECTION: lambda each: each.open_selection(),
    Step.CLOSE_SELECTION: lambda each: each.close_selection(frozenset()),
    Step.INVITE: lambda each: each.invite(),
    Step.EXAMINE: lambda each: each.examine(),
    Step.AWARD: lambda each: each.award("berg"),
    Step.STOP: lambda each: each.stop(),
}


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("step", list(Step))
def test_the_table_of_phases(state: State, step: Step) -> None:
    standing = replace(Tender(id="buy"), state=state, bids=(("berg", 1),))
    if step in TRANSITIONS[state]:
        assert STEPS[step](standing).state is TRANSITIONS[state][step]
    else:
        with pytest.raises(LocalError) as raised:
            STEPS[step](standing)
        assert raised.value.code == "tender-wrong-step"


def _phases(*phases: Phase, called: Kind | None = None) -> Procedure:
    names = () if called is None else (fact(called),)
    return Procedure(id="buy", component="G1", phases=tuple(fact(phase) for phase in phases), called=names)


@pytest.mark.parametrize(
    ("told", "outcome"),
    [
        (_phases(Phase.SELECTION, Phase.AWARD, called=Kind.SELECTIVE), Outcome.PASS),
        (_phases(Phase.SELECTION, Phase.AWARD, called=Kind.OPEN), Outcome.FLAG),
        (_phases(Phase.AWARD, called=Kind.OPEN), Outcome.PASS),
        (_phases(Phase.AWARD, Phase.SELECTION), Outcome.FAIL),
        (_phases(Phase.CONSULTATION), Outcome.PENDING),
    ],
)
def test_the_name_of_a_procedure_fits_its_phases(told: Procedure, outcome: Outcome) -> None:
    assert one(procedure(world(procedures=(told,)), DAY)).outcome is outcome


def test_a_seeded_low_bid_is_flagged_and_the_others_are_not() -> None:
    bids = {"berg": 100, "dal": 104, "low": 70}
    assert {each.bidder for each in screen(bids)} == {"low"}
    assert {each.against for each in screen(bids)} == {"mean of the others", "next lowest"}
    assert screen({"berg": 100, "dal": 104}) == ()


def test_the_limits_of_the_screen() -> None:
    assert screen({"berg": 100, "low": 80}) != ()
    assert [each.against for each in screen({"berg": 100, "low": 89})] == ["next lowest"]
    assert screen({"berg": 100, "low": 90}) == ()
    assert [each.against for each in screen({"alone": 99}, should_cost_eur=100)] == ["should-cost"]
    assert screen({"alone": 99}) == ()


@given(st.dictionaries(st.text(min_size=1), st.integers(1, 10**9), max_size=8))
def test_the_dearest_bid_never_looks_low(bids: dict[str, int]) -> None:
    suspected = {each.bidder for each in screen(bids)}
    assert not any(bids[bidder] == max(bids.values()) for bidder in suspected)


def suspected() -> Examination:
    return Examination(suspicion=screen({"berg": 100, "low": 70})[0])


def test_nobody_is_rejected_before_being_asked() -> None:
    for early in (suspected(), suspected().ask()):
        with pytest.raises(LocalError) as raised:
            early.reject("too low")
        assert raised.value.code == "low-tender-wrong-step"
    with pytest.raises(LocalError, match="not examined"):
        suspected().ask().explain("cheap steel").reject("too low")


def test_an_explanation_that_accounts_for_the_price_is_accepted() -> None:
    explained = suspected().ask().explain("own factory").examine(accounts=True)
    with pytest.raises(LocalError, match="accounts for the price"):
        explained.reject("too low")
    assert explained.accept().state is Low.ACCEPTED


def test_a_price_without_an_explanation_can_be_rejected_with_a_reason() -> None:
    silent = suspected().ask().stay_silent()
    with pytest.raises(LocalError, match="needs a reason"):
        silent.reject(" ")
    assert silent.reject("no explanation within the term").state is Low.REJECTED


def test_state_aid_has_a_way_of_its_own_that_ends_at_the_commission() -> None:
    asked = suspected().ask().explain("a grant").examine(accounts=False).consult_on_aid()
    with pytest.raises(LocalError, match="compatible"):
        asked.show_aid_compatible(compatible=True).reject_for_aid()
    assert asked.show_aid_compatible(compatible=True).accept().state is Low.ACCEPTED
    refused = asked.show_aid_compatible(compatible=False).reject_for_aid()
    assert refused.state is Low.REJECTED_FOR_AID
    assert refused.tell_commission().state is Low.COMMISSION_TOLD
    with pytest.raises(LocalError):
        suspected().ask().explain("-").reject_for_aid()


def _looked(topic: Topic, inquiry: Inquiry) -> Examined:
    return Examined(topic=topic, asked_at=PLACE, inquiry=inquiry, outcome=fact("none found"))


def test_two_branches_of_aid_have_two_outcomes() -> None:
    told = Procedure(
        id="buy", component="G1", examinations=(_looked(Topic.FOREIGN_SUBSIDY, Inquiry.FSR_NOTIFICATION),)
    )
    found = {verdict.subject: verdict.outcome for verdict in state_aid(world(procedures=(told,)), DAY)}
    assert found == {"buy/foreign-subsidy": Outcome.PASS, "buy/union-state-aid": Outcome.OPEN}
    both = replace(
        told, examinations=(*told.examinations, _looked(Topic.UNION_STATE_AID, Inquiry.STATE_AID_REVIEW))
    )
    assert {each.outcome for each in state_aid(world(procedures=(both,)), DAY)} == {Outcome.PASS}


def test_a_notification_does_not_answer_whether_a_price_covers_its_cost() -> None:
    asked = _looked(Topic.ABNORMALLY_LOW, Inquiry.FSR_NOTIFICATION)
    told = Procedure(id="buy", component="G1", examinations=(asked,))
    assert one(low_tender(world(procedures=(told,)), DAY)).outcome is Outcome.OPEN
    explained = replace(told, examinations=(_looked(Topic.ABNORMALLY_LOW, Inquiry.COST_EXPLANATION),))
    assert one(low_tender(world(procedures=(explained,)), DAY)).outcome is Outcome.PASS


NAMES = st.text(alphabet="QXZ", min_size=4, max_size=8)
ENTRIES = st.lists(
    st.builds(
        Entry,
        bidder=NAMES.map("firm ".__add__),
        region=st.sampled_from(list(Region)),
        ending=st.sampled_from(list(Ending)),
        reason=NAMES.map("because ".__add__),
    ),
    max_size=20,
)


@given(ENTRIES)
def test_nothing_published_names_a_bidder_or_a_reason(entries: list[Entry]) -> None:
    shown = f"{publishable(entries)} {entries!r} {seal(entries, b'key')}"
    assert not any(entry.bidder in shown or entry.reason in shown for entry in entries)
    counts = publishable(entries)
    assert all(count is None or count >= 3 for count in counts.values())
    assert counts["total"] in (None, len(entries))


def test_a_seal_shows_a_change_and_needs_its_key() -> None:
    entries = [Entry(bidder="berg", region=Region.EEA, ending=Ending.AWARDED, reason="price")]
    changed = [replace(entries[0], reason="friend")]
    assert seal(entries, b"key") == seal(list(entries), b"key")
    assert len({seal(entries, b"key"), seal(changed, b"key"), seal(entries, b"other")}) == 3


def test_names_of_bidders_leave_in_no_verdict() -> None:
    told = Procedure(id="buy", component="G1", bidders=fact("SECRET B.V."))
    assert all("SECRET" not in str(each.to_dict()) for each in evaluate(world(procedures=(told,)), DAY))
    sealed = Procedure(id="buy", component="G1", bidders=fact(None))
    assert one(bidders(world(procedures=(sealed,)), DAY)).outcome is Outcome.OPEN
    counted = world(procedures=(sealed,), facts={"bidders.buy.eea/awarded": fact(3)})
    assert one(bidders(counted, DAY)).outcome is Outcome.PASS


@pytest.mark.parametrize(("shown", "outcome"), [(4, Outcome.PASS), (3, Outcome.FAIL), (None, Outcome.OPEN)])
def test_capacity_is_shown_before_it_counts(shown: int | None, outcome: Outcome) -> None:
    assert needed_per_week(contract(), "berg") == pytest.approx(700 / 208)
    told = {} if shown is None else {"capacity.supply.berg": fact(shown)}
    found = {each.subject: each.outcome for each in capability(world(facts=told), DAY)}
    assert found["supply/berg"] is outcome


def _room(used: bool | None, reason: Fact[str] | None) -> Procedure:
    each = Instrument(id="i", name_nl="i", name_en="i", law="AW2012", used=fact(used), reason=reason)
    return Procedure(id="buy", component="G1", instruments=(each,), restricted_to_countries=fact(False))


@pytest.mark.parametrize(
    ("used", "reason", "outcome"),
    [
        (True, fact("security"), Outcome.PASS),
        (False, fact("not needed"), Outcome.PASS),
        (False, None, Outcome.OPEN),
        (None, fact("-"), Outcome.OPEN),
    ],
)
def test_every_instrument_is_used_or_unused_with_a_reason(
    used: bool | None, reason: Fact[str] | None, outcome: Outcome
) -> None:
    found = {each.subject: each for each in instruments(world(procedures=(_room(used, reason),)), DAY)}
    assert found["buy/i"].outcome is outcome
    assert "not restricted" in found["buy/restriction"].explanation_en


def test_a_criterion_that_the_law_does_not_carry_is_refused() -> None:
    assert fits("state-influence", "exclusion", "AW2012") is Grade.NO
    assert fits("state-influence", "exclusion", "ADV") is Grade.ALLOWED
    told = {"route.buy": fact("AW2012"), "criterion.buy.state-influence": fact("exclusion")}
    found = {each.subject: each.outcome for each in criteria(world(facts=told), DAY)}
    assert found["buy/state-influence"] is Outcome.FAIL
    assert found["buy/cybersecurity"] is Outcome.OPEN
    with pytest.raises(DataError, match="library knows no"):
        fits("nationality", "exclusion", "AW2012")
