"""A tender in two phases: anybody may ask to be selected, only who is selected may bid."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from meterkast.assurance.dossier.dossier import Dossier
from meterkast.assurance.dossier.procedure import Phase
from meterkast.assurance.rules.verdict import Ground, Outcome, Verdict
from meterkast.model.errors import LocalError


class State(StrEnum):
    """Where a tender is."""

    ANNOUNCED = "announced"
    SELECTION = "selection"
    SELECTED = "selected"
    BIDDING = "bidding"
    EXAMINED = "examined"
    AWARDED = "awarded"
    STOPPED = "stopped"


class Step(StrEnum):
    """What moves a tender on."""

    OPEN_SELECTION = "open-selection"
    CLOSE_SELECTION = "close-selection"
    INVITE = "invite"
    EXAMINE = "examine"
    AWARD = "award"
    STOP = "stop"


TRANSITIONS: dict[State, dict[Step, State]] = {
    State.ANNOUNCED: {Step.OPEN_SELECTION: State.SELECTION, Step.STOP: State.STOPPED},
    State.SELECTION: {Step.CLOSE_SELECTION: State.SELECTED, Step.STOP: State.STOPPED},
    State.SELECTED: {Step.INVITE: State.BIDDING, Step.STOP: State.STOPPED},
    State.BIDDING: {Step.EXAMINE: State.EXAMINED, Step.STOP: State.STOPPED},
    State.EXAMINED: {Step.AWARD: State.AWARDED, Step.STOP: State.STOPPED},
    State.AWARDED: {},
    State.STOPPED: {},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tender:
    """One tender; every step gives a new one.

    Attributes:
        applicants: who asked to be selected.
        selected: who may bid.
        bids: total price in euros by bidder.
        blocked_by: open questions that stand in the way of an award, such as a price not yet explained.
    """

    id: str
    state: State = State.ANNOUNCED
    applicants: frozenset[str] = frozenset()
    selected: frozenset[str] = frozenset()
    bids: tuple[tuple[str, int], ...] = ()
    blocked_by: frozenset[str] = frozenset()
    winners: tuple[str, ...] = ()

    def open_selection(self) -> "Tender":
        """Applications may come in."""
        return replace(self, state=self._after(Step.OPEN_SELECTION))

    def apply(self, bidder: str) -> "Tender":
        """Somebody asks to be selected; nobody is refused for where they come from."""
        self._only(State.SELECTION, "apply")
        return replace(self, applicants=self.applicants | {bidder})

    def close_selection(self, selected: frozenset[str]) -> "Tender":
        """Ends the selection.

        Raises:
            LocalError: ``tender-not-an-applicant``.
        """
        strangers = selected - self.applicants
        if strangers:
            raise LocalError(
                "tender-not-an-applicant", "Only who applied can be selected.", where=min(strangers)
            )
        return replace(self, state=self._after(Step.CLOSE_SELECTION), selected=selected)

    def invite(self) -> "Tender":
        """The selected may bid."""
        return replace(self, state=self._after(Step.INVITE))

    def bid(self, bidder: str, eur: int) -> "Tender":
        """A bid.

        Raises:
            LocalError: ``tender-not-selected``; only who was selected may bid.
        """
        self._only(State.BIDDING, "bid")
        if bidder not in self.selected:
            raise LocalError("tender-not-selected", "Only who was selected may bid.", where=bidder)
        others = tuple(each for each in self.bids if each[0] != bidder)
        return replace(self, bids=(*others, (bidder, eur)))

    def examine(self, blocked_by: frozenset[str] = frozenset()) -> "Tender":
        """Ends the bidding, with the questions that have to be answered first."""
        return replace(self, state=self._after(Step.EXAMINE), blocked_by=blocked_by)

    def answered(self, question: str) -> "Tender":
        """One question less in the way."""
        return replace(self, blocked_by=self.blocked_by - {question})

    def award(self, *winners: str) -> "Tender":
        """Awards.

        Raises:
            LocalError: ``tender-blocked`` while a question is open, ``tender-no-bid`` for who did not bid.
        """
        if self.blocked_by:
            raise LocalError("tender-blocked", "A question is still open.", where=min(self.blocked_by))
        strangers = set(winners) - {bidder for bidder, _ in self.bids}
        if strangers or not winners:
            raise LocalError("tender-no-bid", "Only a bid can win.", where=min(strangers, default=self.id))
        return replace(self, state=self._after(Step.AWARD), winners=winners)

    def stop(self) -> "Tender":
        """Ends without an award."""
        return replace(self, state=self._after(Step.STOP))

    def _only(self, state: State, what: str) -> None:
        if self.state is not state:
            raise LocalError(
                "tender-wrong-step", f"A tender that is {self.state} takes no {what}.", where=self.id
            )

    def _after(self, step: Step) -> State:
        following = TRANSITIONS[self.state].get(step)
        if following is None:
            raise LocalError(
                "tender-wrong-step", f"A tender that is {self.state} cannot {step}.", where=self.id
            )
        return following


def procedure(dossier: Dossier, at: date) -> Iterator[Verdict]:
    """PROCEDURE: selection comes before award, and the name fits the phases."""
    for each in dossier.procedures:
        phases = [phase.value for phase in each.phases]
        kinds = {fact.value for fact in each.called}
        facts = [*(Ground.of(f"{each.id} phase", phase) for phase in each.phases)]
        facts += [Ground.of(f"{each.id} called", called) for called in each.called]
        if Phase.AWARD not in phases:
            outcome, nl, en = Outcome.PENDING, "nog niet gegund", "not awarded yet"
        elif Phase.SELECTION in phases and phases.index(Phase.SELECTION) > phases.index(Phase.AWARD):
            outcome, nl, en = Outcome.FAIL, "gunning voor selectie", "award before selection"
        elif kinds - {each.kind}:
            outcome = Outcome.FLAG
            nl = (
                f"de fasen maken het {each.kind}, maar het wordt ook {', '.join(kinds - {each.kind})} genoemd"
            )
            en = f"the phases make it {each.kind}, but it is also called {', '.join(kinds - {each.kind})}"
            facts.reverse()
        else:
            outcome, nl, en = Outcome.PASS, f"{each.kind}, in de goede volgorde", f"{each.kind}, in order"
        yield Verdict.of(
            "PROCEDURE", each.id, outcome, facts or [Ground.at(f"{each.id} phase", None)], nl, en, at
        )
