"""What rules, models and the finder of gaps compute from the dossier, and the grounds they stand on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Protocol

from meterkast.assurance.case.record import Entry
from meterkast.assurance.case.reference import Kind, Outcome, Reference
from meterkast.assurance.case.status import Status, worst
from meterkast.assurance.case.subject import digest_of_value

GROUNDS = "grounds"
"""Name of the subject that stands for everything a computation rested on."""

_BY_VERDICT = {
    "pass": Status.PROVEN,
    "flag": Status.ATTENTION,
    "pending": Status.OPEN,
    "prepared": Status.OPEN,
    "open": Status.OPEN,
    "fail": Status.REFUTED,
}


class Verdict(Protocol):
    """What a rule says of a subject."""

    @property
    def rule(self) -> str:
        """Id of the rule."""
        ...

    @property
    def subject(self) -> str:
        """What it is about."""
        ...

    @property
    def outcome(self) -> StrEnum:
        """pass, flag, pending, prepared, open or fail."""
        ...

    @property
    def facts(self) -> Sequence[Any]:
        """What decides, the first before the others."""
        ...

    @property
    def explanation_nl(self) -> str:
        """Why, in Dutch."""
        ...

    @property
    def explanation_en(self) -> str:
        """Why, in English."""
        ...


class Gap(Protocol):
    """What the dossier does not settle."""

    @property
    def id(self) -> str:
        """``G1`` and on."""
        ...

    @property
    def subject(self) -> str:
        """What it is about."""
        ...

    @property
    def text_nl(self) -> str:
        """What is not settled, in Dutch."""
        ...

    @property
    def text_en(self) -> str:
        """The same in English."""
        ...

    @property
    def places(self) -> Sequence[Any]:
        """Where it is said, or not said."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a model says of a claim; ``holds`` is None where an input is unknown."""

    holds: bool | None
    nl: str
    en: str
    grounds: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Computation:
    """An outcome that was computed now, and the grounds it stands on by name."""

    outcome: Outcome
    grounds: Mapping[str, str]

    @property
    def subjects(self) -> dict[str, str]:
        """Digest of the grounds."""
        return {GROUNDS: digest_of_value(self.grounds)}


def by_rule(reference: Reference, verdicts: Iterable[Verdict]) -> Computation:
    """The worst of what a rule says of all its subjects; ``rule:ID/SUBJECT`` asks for one of them."""
    rule, _, subject = reference.name.partition("/")
    said = [each for each in verdicts if each.rule == rule and subject in ("", each.subject)]
    if not said:
        return _nothing(reference, "no rule with this id says anything of this dossier")
    status = worst(_BY_VERDICT[each.outcome.value] for each in said)
    weakest = [each for each in said if _BY_VERDICT[each.outcome.value] is status]
    more_nl = f" (en {len(weakest) - 1} meer)" if len(weakest) > 1 else ""
    more_en = f" (and {len(weakest) - 1} more)" if len(weakest) > 1 else ""
    return Computation(
        outcome=Outcome(
            reference=reference,
            found=True,
            status=status,
            nl=weakest[0].explanation_nl + more_nl,
            en=weakest[0].explanation_en + more_en,
            where=f"rule {rule}",
        ),
        grounds={
            f"{each.subject}: {fact.what}": f"{fact.value} → {each.outcome.value}"
            for each in said
            for fact in each.facts
        },
    )


def by_gaps(reference: Reference, gaps: Iterable[Gap]) -> Computation:
    """Found: it holds, for the two texts do not settle the point. Looked for and not found: refuted."""
    gap = next((each for each in gaps if each.id == reference.name), None)
    if gap is None:
        outcome = Outcome(
            reference=reference,
            found=True,
            status=Status.REFUTED,
            nl="gezocht en niet gevonden",
            en="looked for and not found",
            where="meterkast assurance gaps",
        )
        return Computation(outcome=outcome, grounds={})
    places = ", ".join(str(place) for place in gap.places)
    return Computation(
        outcome=Outcome(
            reference=reference,
            found=True,
            status=Status.PROVEN,
            nl=gap.text_nl,
            en=gap.text_en,
            where=f"meterkast assurance gaps; {places}",
        ),
        grounds={"places": places, "subject": gap.subject},
    )


def by_model(reference: Reference, answer: Answer | None) -> Computation:
    """What a model gives; proven says: of the model, with these inputs."""
    if answer is None:
        return _nothing(reference, "there is no such model")
    status = {True: Status.PROVEN, False: Status.REFUTED, None: Status.OPEN}[answer.holds]
    return Computation(
        outcome=Outcome(
            reference=reference,
            found=True,
            status=status,
            nl=answer.nl,
            en=answer.en,
            where=f"model {reference.name}",
        ),
        grounds={name: str(value) for name, value in answer.grounds.items()},
    )


def compared(computation: Computation, entry: Entry | None, topics: Mapping[str, str], now: float) -> Outcome:
    """A computation against what was recorded of it: stale where what it rests on changed or time ran out.

    Args:
        computation: as it comes out now.
        entry: what was signed of it last; None where nothing was, and the computation stands for itself.
        topics: digests of the topics of the dossier that its claims rest on, as they are now.
        now: Unix seconds.
    """
    outcome = computation.outcome
    if entry is None:
        return outcome
    reasons = [] if now <= entry.statement.valid_until else ["expired"]
    recorded = entry.statement.own.get(GROUNDS, {})
    reasons += [
        f"{name}: {recorded.get(name, 'unknown')} ⇒ {computation.grounds.get(name, 'unknown')}"
        for name in sorted(recorded.keys() | computation.grounds.keys())
        if recorded.get(name) != computation.grounds.get(name)
    ]
    reasons += [
        f"changed since: {name}"
        for name, digest in sorted(topics.items())
        if name in entry.statement.subjects and entry.statement.subjects[name] != digest
    ]
    at = entry.statement.finished
    if not reasons:
        return replace(outcome, at=at)
    status = worst((outcome.status, Status.STALE))
    return replace(outcome, status=status, at=at, reason="; ".join(reasons))


def _nothing(reference: Reference, reason: str) -> Computation:
    outcome = Outcome(
        reference=reference, found=False, status=Status.OPEN, nl="ontbreekt", en="missing", reason=reason
    )
    return Computation(outcome=outcome, grounds={})


COMPUTED = (Kind.RULE, Kind.GAP, Kind.MODEL)
"""Kinds of references that are computed from the dossier."""
