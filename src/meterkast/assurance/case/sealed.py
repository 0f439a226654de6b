"""Audits whose report stays closed: what everybody may see of them, signed by the auditor.

The statement holds the verdict, the scope, the party, the frequency, the date and a commitment to the report.
The commitment is a SHA-256 over a random blind and the report, so that nobody can guess a report and check
the guess; whoever may see the report gets the blind with it.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from meterkast.assurance.case.reference import Kind, Reference
from meterkast.assurance.case.signing import KeystoreSigner, signed
from meterkast.assurance.case.statement import PAYLOAD_TYPE, Disclosure, Predicate, Statement
from meterkast.model.calendar import utc
from meterkast.model.errors import LocalError
from meterkast.outside.entropy import Entropy

_BLIND = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """The four fields that are public even where the report is not, and how long the verdict is good.

    Attributes:
        id: stable name; ``sealed:ID`` refers to it.
        scope: what was looked at.
        frequency: how often.
        party: the independent party.
        findings: how many there were.
        passed: the verdict.
        done_at: Unix seconds.
        next_due: the same; later the claim asks for attention.
        valid_until: the same; later it is stale.
    """

    id: str
    scope: str
    frequency: str
    party: str
    findings: int
    passed: bool
    done_at: float
    next_due: float
    valid_until: float

    def __post_init__(self) -> None:
        for name in ("id", "scope", "frequency", "party"):
            if not getattr(self, name).strip():
                raise LocalError(
                    "audit-field-missing", "An audit names scope, frequency, party and findings.", where=name
                )


def seal(
    audit: Audit, report: bytes, signer: KeystoreSigner, entropy: Entropy
) -> tuple[dict[str, Any], bytes]:
    """The signed public part, and the blind that stays with the report."""
    blind = entropy(_BLIND)
    verdict = "PASSED" if audit.passed else "FAILED"
    statement = Statement(
        reference=Reference(Kind.SEALED, audit.id),
        predicate=Predicate.AUDIT,
        verdict=verdict,
        subjects={f"report of {audit.id}": commitment(blind, report)},
        started=audit.done_at,
        finished=audit.done_at,
        valid_until=audit.valid_until,
        disclosure=Disclosure.SEALED,
        body={
            "verifier": {"id": f"urn:meterkast:auditor:{signer.public_key.keyid}"},
            "timeVerified": utc(int(audit.done_at)).isoformat(),
            "resourceUri": f"urn:meterkast:sealed:{audit.id}",
            "policy": {"uri": f"urn:meterkast:audit-scope:{audit.id}"},
            "verificationResult": verdict,
            "verifiedLevels": [],
        },
        own={
            "scope": audit.scope,
            "frequency": audit.frequency,
            "party": audit.party,
            "findings": audit.findings,
            "nextDue": audit.next_due,
        },
    )
    return signed(statement.encode(), PAYLOAD_TYPE, signer), blind


def commitment(blind: bytes, report: bytes) -> str:
    """What is public of a report: SHA-256 over the blind and the report."""
    return hashlib.sha256(blind + report).hexdigest()


def is_report(statement: Statement, report: bytes, blind: bytes) -> bool:
    """Whether a report that was opened is the one that was judged."""
    subjects: Mapping[str, str] = statement.subjects
    return commitment(blind, report) in subjects.values()
