"""What signed evidence leads to: probes, sealed audits, and evaluations that were recorded."""

from collections.abc import Iterable, Mapping

from meterkast.assurance.case.record import Entry
from meterkast.assurance.case.reference import Kind, Outcome, Reference
from meterkast.assurance.case.statement import Predicate
from meterkast.assurance.case.status import Status
from meterkast.assurance.case.subject import changed

_AUDITED = {"PASSED": Status.SEALED, "FAILED": Status.REFUTED}


class Executed:
    """The last entry of each reference, and what it is worth today.

    Args:
        entries: of the record, oldest first.
        now: Unix seconds; what is valid no longer is stale.
    """

    def __init__(self, entries: Iterable[Entry], now: float) -> None:
        self._last = {str(entry.statement.reference): entry for entry in entries}
        self._now = now

    def last(self, reference: Reference) -> Entry | None:
        """The last entry about a reference."""
        return self._last.get(str(reference))

    def probe(self, reference: Reference, subjects: Mapping[str, str] | None) -> Outcome:
        """What the last run of a probe is worth.

        Args:
            reference: the probe.
            subjects: digests of what it is about, as they are now; None where nobody asks for changes,
                because history is looked at.
        """
        entry = self.last(reference)
        if entry is None:
            return Outcome(
                reference=reference,
                found=False,
                status=Status.OPEN,
                nl="nog niet uitgevoerd",
                en="not run yet",
                where=_where(reference),
                reason="run: meterkast assurance run",
            )
        statement = entry.statement
        detail = str(statement.own.get("detail", ""))
        status = Status(statement.verdict)
        reason = self.staleness(entry, subjects) if status is Status.PROVEN else ""
        return Outcome(
            reference=reference,
            found=True,
            status=Status.STALE if reason else status,
            nl=detail,
            en=detail,
            where=_where(reference),
            at=statement.finished,
            reason=reason,
        )

    def audit(self, reference: Reference) -> Outcome:
        """A signed verdict on a sealed report: verdict, signer, scope and date, and nothing else.

        Where the next audit is due it asks for attention; once it is no longer valid it is stale.
        """
        entry = self.last(reference)
        if entry is None or entry.statement.predicate is not Predicate.AUDIT:
            return Outcome(
                reference=reference,
                found=False,
                status=Status.OPEN,
                nl="geen ondertekend oordeel",
                en="no signed verdict",
                reason="no sealed audit with this id was admitted",
            )
        own = entry.statement.own
        status = _AUDITED[str(entry.statement.body["verificationResult"])]
        reason = ""
        if status is Status.SEALED and self._now > entry.statement.valid_until:
            status, reason = Status.STALE, "no longer valid"
        elif status is Status.SEALED and self._now > float(own["nextDue"]):
            status, reason = Status.ATTENTION, "the next audit is overdue"
        said = f"{own['scope']}; {own['party']}"
        return Outcome(
            reference=reference,
            found=True,
            status=status,
            nl=said,
            en=said,
            where=_where(reference),
            at=entry.statement.finished,
            reason=reason,
        )

    def staleness(self, entry: Entry, subjects: Mapping[str, str] | None) -> str:
        """Why an entry no longer counts; empty where it does."""
        if self._now > entry.statement.valid_until:
            return "expired"
        if subjects is None:
            return ""
        different = changed(entry.statement.subjects, subjects)
        return f"changed since: {', '.join(different)}" if different else ""


def _where(reference: Reference) -> str:
    if reference.kind is Kind.PROBE:
        return f"src/meterkast/assurance/probes/{reference.name}.py; assurance/evidence.jsonl"
    return "assurance/evidence.jsonl"
