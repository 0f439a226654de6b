"""Abnormally low tenders: a screen that flags, a duty to ask, and a refusal that comes last or not at all.

State aid has two branches with two outcomes: aid of a Member State (AW2012 2.116) and a subsidy from a third
country (Regulation 2022/2560).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from statistics import fmean

from meterkast.assurance.dossier.dossier import Dossier
from meterkast.assurance.dossier.procedure import Topic
from meterkast.assurance.rules.verdict import Ground, Outcome, Verdict
from meterkast.assurance.tender.numbers import tender_data
from meterkast.model.errors import LocalError


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """A bid that looks too low, and against what."""

    bidder: str
    eur: int
    against: str
    limit_eur: float


def screen(bids: Mapping[str, int], should_cost_eur: int | None = None) -> tuple[Suspicion, ...]:
    """Bids under the mean of the others, under the next lowest, or under the should-cost, by the limits.

    With one bid only the should-cost can speak.
    """
    limits = tender_data().low
    found = []
    for bidder, eur in bids.items():
        others = [other for name, other in bids.items() if name != bidder]
        tests = []
        if others:
            tests = [
                ("mean of the others", fmean(others) * (1 - limits.below_mean)),
                ("next lowest", min(others) * (1 - limits.below_next)),
            ]
        if should_cost_eur is not None:
            tests.append(("should-cost", should_cost_eur * (1 - limits.below_should_cost)))
        found += [
            Suspicion(bidder=bidder, eur=eur, against=against, limit_eur=limit)
            for against, limit in tests
            if eur < limit
        ]
    return tuple(found)


class State(StrEnum):
    """Where the examination of a low bid is."""

    SUSPECTED = "suspected"
    ASKED = "asked"
    EXPLAINED = "explained"
    AID_CONSULTED = "aid-consulted"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    REJECTED_FOR_AID = "rejected-for-aid"
    COMMISSION_TOLD = "commission-told"


class Step(StrEnum):
    """What moves it on."""

    ASK = "ask"
    EXPLAIN = "explain"
    STAY_SILENT = "stay-silent"
    CONSULT_ON_AID = "consult-on-aid"
    ACCEPT = "accept"
    REJECT = "reject"
    REJECT_FOR_AID = "reject-for-aid"
    TELL_COMMISSION = "tell-commission"


TRANSITIONS: dict[State, dict[Step, State]] = {
    State.SUSPECTED: {Step.ASK: State.ASKED},
    State.ASKED: {Step.EXPLAIN: State.EXPLAINED, Step.STAY_SILENT: State.EXPLAINED},
    State.EXPLAINED: {
        Step.ACCEPT: State.ACCEPTED,
        Step.REJECT: State.REJECTED,
        Step.CONSULT_ON_AID: State.AID_CONSULTED,
    },
    State.AID_CONSULTED: {Step.ACCEPT: State.ACCEPTED, Step.REJECT_FOR_AID: State.REJECTED_FOR_AID},
    State.REJECTED_FOR_AID: {Step.TELL_COMMISSION: State.COMMISSION_TOLD},
    State.ACCEPTED: {},
    State.REJECTED: {},
    State.COMMISSION_TOLD: {},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """One low bid under examination; every step gives a new one.

    Attributes:
        explanation: what the bidder said; empty where it stayed silent.
        accounts: whether the explanation accounts for the price; None until it was examined.
        aid_compatible: whether the bidder showed in time that aid was compatible with the internal market.
    """

    suspicion: Suspicion
    state: State = State.SUSPECTED
    explanation: str = ""
    accounts: bool | None = None
    aid_compatible: bool | None = None
    reason: str = ""

    def ask(self) -> "Examination":
        """Puts the question, in writing."""
        return replace(self, state=self._after(Step.ASK))

    def explain(self, explanation: str) -> "Examination":
        """The bidder's answer."""
        return replace(self, state=self._after(Step.EXPLAIN), explanation=explanation)

    def stay_silent(self) -> "Examination":
        """The term passed without an answer."""
        return replace(self, state=self._after(Step.STAY_SILENT), accounts=False)

    def examine(self, *, accounts: bool) -> "Examination":
        """Looks at the explanation together with the bidder."""
        if self.state is not State.EXPLAINED:
            raise LocalError("low-tender-wrong-step", "There is no explanation to examine.")
        return replace(self, accounts=accounts)

    def accept(self) -> "Examination":
        """Takes the bid as it is."""
        return replace(self, state=self._after(Step.ACCEPT))

    def reject(self, reason: str) -> "Examination":
        """Refuses the bid.

        Raises:
            LocalError: ``low-tender-not-examined``, ``low-tender-accounted-for``, ``low-tender-no-reason``.
        """
        if self.state is State.EXPLAINED:
            if self.accounts is None:
                raise LocalError("low-tender-not-examined", "The explanation was not examined.")
            if self.accounts:
                raise LocalError("low-tender-accounted-for", "The explanation accounts for the price.")
        if not reason.strip():
            raise LocalError("low-tender-no-reason", "A refusal needs a reason.")
        return replace(self, state=self._after(Step.REJECT), reason=reason)

    def consult_on_aid(self) -> "Examination":
        """State aid of a Member State seems to be the only ground: asks the bidder about it."""
        return replace(self, state=self._after(Step.CONSULT_ON_AID))

    def show_aid_compatible(self, *, compatible: bool) -> "Examination":
        """What the bidder showed in time."""
        if self.state is not State.AID_CONSULTED:
            raise LocalError("low-tender-wrong-step", "Nobody asked about aid.")
        return replace(self, aid_compatible=compatible)

    def reject_for_aid(self) -> "Examination":
        """Refuses on state aid alone; the Commission must be told.

        Raises:
            LocalError: ``low-tender-aid-compatible``.
        """
        if self.aid_compatible:
            raise LocalError("low-tender-aid-compatible", "The bidder showed that the aid is compatible.")
        return replace(self, state=self._after(Step.REJECT_FOR_AID), reason="state aid")

    def tell_commission(self) -> "Examination":
        """Informs the Commission of a refusal on state aid."""
        return replace(self, state=self._after(Step.TELL_COMMISSION))

    def _after(self, step: Step) -> State:
        following = TRANSITIONS[self.state].get(step)
        if following is None:
            raise LocalError("low-tender-wrong-step", f"A bid that is {self.state} cannot be {step}.")
        return following


def low_tender(dossier: Dossier, at: date) -> Iterator[Verdict]:
    """LOW-TENDER: whether a price covers its cost was asked of the bidder, by a means that can tell."""
    yield from _asked(dossier, Topic.ABNORMALLY_LOW, "LOW-TENDER", at)


def state_aid(dossier: Dossier, at: date) -> Iterator[Verdict]:
    """STATE-AID: subsidy from a third country and aid of a Member State, each looked at by its own means."""
    yield from _asked(dossier, Topic.FOREIGN_SUBSIDY, "STATE-AID", at)
    yield from _asked(dossier, Topic.UNION_STATE_AID, "STATE-AID", at)


_TOPIC_NL = {
    Topic.ABNORMALLY_LOW: "inschrijving onder kostprijs",
    Topic.FOREIGN_SUBSIDY: "subsidie uit een derde land",
    Topic.UNION_STATE_AID: "steun van een lidstaat",
}
_TOPIC_EN = {
    Topic.ABNORMALLY_LOW: "price below cost",
    Topic.FOREIGN_SUBSIDY: "subsidy from a third country",
    Topic.UNION_STATE_AID: "aid of a Member State",
}


def _asked(dossier: Dossier, topic: Topic, rule: str, at: date) -> Iterator[Verdict]:
    for procedure in dossier.procedures:
        made = [each for each in procedure.examinations if each.topic is topic]
        speaking = [each for each in made if topic in each.inquiry.speaks_to and each.outcome.value]
        if not procedure.examinations and not made:
            continue
        if speaking:
            outcome, told = Outcome.PASS, str(speaking[0].outcome.value)
            nl, en = (
                f"onderzocht door {speaking[0].inquiry}: {told}",
                f"examined by {speaking[0].inquiry}: {told}",
            )
        elif made:
            outcome = Outcome.OPEN
            nl = f"alleen {made[0].inquiry}, dat hier niet toe spreekt; de inschrijver is niet gevraagd"
            en = f"only {made[0].inquiry}, which does not speak to this; the bidder was not asked"
        else:
            outcome, nl, en = Outcome.OPEN, "niet onderzocht", "not examined"
        used = (speaking or made)[:1]
        yield Verdict.of(
            rule,
            f"{procedure.id}/{topic}",
            outcome,
            [Ground.of(f"{topic} by {each.inquiry}", each.outcome) for each in used]
            or [Ground.at(f"{topic}", None)],
            f"{_TOPIC_NL[topic]}: {nl}",
            f"{_TOPIC_EN[topic]}: {en}",
            at,
        )
