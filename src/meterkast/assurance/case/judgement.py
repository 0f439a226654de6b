"""How every claim stands, computed from below: references first, arguments next, then what attacks them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from meterkast.assurance.case.claim import Argument, Argumentation, Claim, Defeater, Effect, Needs
from meterkast.assurance.case.reference import Kind, Outcome, Reference
from meterkast.assurance.case.status import Status, best, worst

Resolve = Callable[[Reference], Outcome]

_CEILING = {Effect.REBUTS: Status.REFUTED, Effect.UNDERCUTS: Status.OPEN}


class Attack(StrEnum):
    """How a defeater stands."""

    HOLDS = "holds"
    OPEN = "open"
    """Nobody can tell: what it rests on cannot be looked up."""
    REFUTED = "refuted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """How one claim stands.

    Attributes:
        claim: which one.
        status: computed, never set.
        outcomes: what its evidence led to; claims below it are not among them.
        attacks: how each of its defeaters stands.
        because: the references or claims that keep it from standing better.
        at: when its oldest executed evidence was made; None where it has none.
    """

    claim: Claim
    status: Status
    outcomes: tuple[Outcome, ...]
    attacks: tuple[tuple[Defeater, Attack], ...]
    because: tuple[str, ...]
    at: float | None

    def to_dict(self) -> dict[str, Any]:
        """The judgement as the command line contract prints it."""
        claim = self.claim
        return {
            "id": claim.id,
            "status": self.status.value,
            "text": {"nl": claim.nl, "en": claim.en},
            "source": claim.source,
            "quote": claim.quote,
            "owner": claim.owner,
            "criticality": claim.criticality,
            "because": list(self.because),
            "claims": list(
                dict.fromkeys(each.name for each in claim.references() if each.kind is Kind.CLAIM)
            ),
            "evidence": [each.to_dict() for each in self.outcomes],
            "defeaters": [
                {"by": str(each.by), "state": attack.value, "text": {"nl": each.nl, "en": each.en}}
                for each, attack in self.attacks
            ],
        }


def judge(case: Argumentation, resolve: Resolve, names: Iterable[str] | None = None) -> dict[str, Judgement]:
    """Judges these claims and all that they lean on; every claim of the case where no names are given.

    What ``resolve`` does not find can never support anything.
    """
    judged: dict[str, Judgement] = {}
    for name in case.claims if names is None else names:
        _judge(name, case, resolve, judged)
    return {name: judged[name] for name in case.claims if name in judged}


def _judge(name: str, case: Argumentation, resolve: Resolve, judged: dict[str, Judgement]) -> Status:
    if name in judged:
        return judged[name].status
    claim = case.claims[name]
    outcomes: dict[Reference, Outcome] = {}

    def stands(reference: Reference) -> Status:
        if reference.kind is Kind.CLAIM:
            return _judge(reference.name, case, resolve, judged)
        outcome = outcomes[reference] = resolve(reference)
        return outcome.status if outcome.found else min(outcome.status, Status.OPEN, key=_rank)

    below = {reference: stands(reference) for argument in claim.arguments for reference in argument.by}
    parts = [_argued(argument, below) for argument in claim.arguments]
    attacks = tuple((each, _attack(resolve(each.by))) for each in claim.defeaters)
    parts += [ceiling for each, attack in attacks if (ceiling := _ceiling(each, attack))]
    status = worst(parts)
    judged[name] = Judgement(
        claim=claim,
        status=status,
        outcomes=tuple(outcomes.values()),
        attacks=attacks,
        because=_because(claim, status, below, attacks),
        at=min((each.at for each in outcomes.values() if each.at is not None), default=None),
    )
    return status


def _argued(argument: Argument, below: Mapping[Reference, Status]) -> Status:
    """Any-of takes the best, but what was refuted stays a matter to be handled: attention at most."""
    statuses = [below[reference] for reference in argument.by]
    if argument.needs is Needs.ALL:
        return worst(statuses)
    found = best(statuses)
    refuted = Status.REFUTED in statuses
    return worst((found, Status.ATTENTION)) if refuted else found


def _attack(outcome: Outcome) -> Attack:
    """An attack holds where what it rests on is there; nobody has to prove it first."""
    if not outcome.found:
        return Attack.OPEN
    return Attack.REFUTED if outcome.status is Status.REFUTED else Attack.HOLDS


def _ceiling(defeater: Defeater, attack: Attack) -> Status | None:
    """What the claim can be at best under this attack; None where the attack is refuted."""
    match attack:
        case Attack.HOLDS:
            return _CEILING[defeater.effect]
        case Attack.OPEN:
            return Status.OPEN
        case Attack.REFUTED:
            return None


def _because(
    claim: Claim,
    status: Status,
    below: Mapping[Reference, Status],
    attacks: tuple[tuple[Defeater, Attack], ...],
) -> tuple[str, ...]:
    if status is Status.PROVEN:
        return ()
    weak = [str(reference) for reference, each in below.items() if each.rank <= status.rank]
    weak += [
        str(each.by)
        for each, attack in attacks
        if (ceiling := _ceiling(each, attack)) and ceiling.rank <= status.rank
    ]
    return tuple(weak) if claim.arguments else ("no argument", *weak)


def _rank(status: Status) -> int:
    return status.rank
