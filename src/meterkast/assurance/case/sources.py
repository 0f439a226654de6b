"""Where references lead: each looked up once, in evidence, dossier, rules or models."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cached_property

from meterkast.assurance.case import stated
from meterkast.assurance.case.claim import Argumentation, Claim
from meterkast.assurance.case.computed import (
    COMPUTED,
    Computation,
    Gap,
    Verdict,
    by_gaps,
    by_model,
    by_rule,
    compared,
)
from meterkast.assurance.case.executed import Executed
from meterkast.assurance.case.record import Entry
from meterkast.assurance.case.reference import Kind, Outcome, Reference
from meterkast.assurance.case.status import Status
from meterkast.assurance.case.subject import subjects_of
from meterkast.assurance.dossier import Dossier
from meterkast.assurance.dossier.fact import Fact


class Sources:
    """Looks references up. Call it with one; the answer to the same question stays the same.

    Args:
        case: whose claims say what each piece of evidence is about.
        dossier: the facts.
        entries: signed evidence, oldest first.
        now: Unix seconds; the day on which rules and validity are judged.
        known_at: None for today. Otherwise only what was recorded by then counts, as it was recorded.
    """

    def __init__(
        self,
        case: Argumentation,
        dossier: Dossier,
        entries: Sequence[Entry],
        *,
        now: float,
        known_at: float | None = None,
    ) -> None:
        self.dossier = dossier
        self.now = now if known_at is None else known_at
        self._history = known_at is not None
        self._entries = [each for each in entries if known_at is None or each.at <= known_at]
        self._executed = Executed(self._entries, self.now)
        self._claims = _by_reference(case)
        self._found: dict[Reference, Outcome] = {}

    @property
    def day(self) -> date:
        """The day that is judged; ``now`` is its moment in Unix seconds."""
        return datetime.fromtimestamp(self.now, UTC).date()

    def __call__(self, reference: Reference) -> Outcome:
        """What the reference leads to."""
        if reference not in self._found:
            self._found[reference] = self._look(reference)
        return self._found[reference]

    def compute(self, reference: Reference) -> Computation:
        """A rule, a model or the finder of gaps, computed now, whatever was recorded."""
        match reference.kind:
            case Kind.RULE:
                return by_rule(reference, self._verdicts)
            case Kind.GAP:
                return by_gaps(reference, self._gaps)
            case _:
                from meterkast.assurance.case import models

                return by_model(reference, models.answer(reference.name, self.dossier))

    def subjects(self, reference: Reference) -> dict[str, str]:
        """Digests of what evidence for this reference is about, as they are now."""
        return {
            name: digest
            for claim in self._claims.get(reference, ())
            for name, digest in subjects_of(claim, self.dossier).items()
        }

    def _look(self, reference: Reference) -> Outcome:
        match reference.kind:
            case Kind.PROBE:
                return self._executed.probe(reference, None if self._history else self.subjects(reference))
            case Kind.SEALED:
                return self._executed.audit(reference)
            case Kind.FACT if reference.name.startswith(stated.SOURCES):
                return stated.source(reference, self.dossier)
            case Kind.FACT:
                return stated.fact(reference, self.dossier, self._facts, self.day)
            case Kind.ASSERTION:
                return stated.assertion(reference, self.dossier, self.day)
            case Kind.TEST:
                return stated.test(reference)
            case _ if reference.kind in COMPUTED:
                return self._recorded(reference) if self._history else self._computed(reference)
            case _:
                return Outcome(reference=reference, found=False, status=Status.OPEN, reason="not evidence")

    def _computed(self, reference: Reference) -> Outcome:
        entry = self._executed.last(reference)
        topics = self.subjects(reference) if entry else {}
        return compared(self.compute(reference), entry, topics, self.now)

    def _recorded(self, reference: Reference) -> Outcome:
        """What was signed of a computation by the day that is asked for."""
        entry = self._executed.last(reference)
        if entry is None:
            reason = "nothing was recorded by then"
            return Outcome(reference=reference, found=False, status=Status.OPEN, reason=reason)
        own, stale = entry.statement.own, self._executed.staleness(entry, None)
        return Outcome(
            reference=reference,
            found=True,
            status=Status.STALE if stale else Status(entry.statement.verdict),
            nl=str(own.get("nl", "")),
            en=str(own.get("en", "")),
            where="assurance/evidence.jsonl",
            at=entry.statement.finished,
            reason=stale,
        )

    @cached_property
    def _facts(self) -> Mapping[str, Fact[object]]:
        return self.dossier.all_facts()

    @cached_property
    def _gaps(self) -> Sequence[Gap]:
        from meterkast.assurance.dossier import gaps

        return gaps.find(self.dossier)

    @cached_property
    def _verdicts(self) -> Sequence[Verdict]:
        from meterkast.assurance import framework, rules, tender

        return [
            verdict
            for room in (rules, framework, tender)
            for verdict in room.evaluate(self.dossier, self.day)
        ]


def _by_reference(case: Argumentation) -> dict[Reference, tuple[Claim, ...]]:
    """The claims that lean on each reference."""
    found: dict[Reference, tuple[Claim, ...]] = {}
    for claim in case.claims.values():
        for reference in claim.references():
            found[reference] = (*found.get(reference, ()), claim)
    return found
