"""A pack: the evidence of a site with a signed summary, in one file that anybody can verify offline."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import rfc8785

from meterkast.assurance.case.judgement import Judgement
from meterkast.assurance.case.keyring import Keyring
from meterkast.assurance.case.record import GENESIS, Entry, Record, open_entry
from meterkast.assurance.case.reference import Kind
from meterkast.assurance.case.signing import opened
from meterkast.assurance.case.status import Status
from meterkast.model.errors import DataError, MeterkastError, TrustError
from meterkast.model.finding import Finding, Severity

FORMAT = "meterkast-evidence-pack/1"
SUMMARY_TYPE = "application/vnd.meterkast.summary+json"
_MAX_OCTETS = 64 << 20
_EXECUTED = (Kind.PROBE, Kind.SEALED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """What a pack says once it is opened; trust it as far as ``verify`` finds nothing."""

    dossier: str
    made: float
    claims: Sequence[Mapping[str, Any]]
    entries: Sequence[Entry]
    signer: str


def make(record: Record, judged: Mapping[str, Judgement], *, dossier: str, now: float) -> dict[str, Any]:
    """The pack of a record, with how every claim stands by it; raises as ``Record.entries`` does."""
    entries = record.entries()
    fingerprint = record.fingerprint()
    summary: dict[str, Any] = {
        "dossier": dossier,
        "made": now,
        "count": len(entries),
        "last": entries[-1].digest if entries else GENESIS,
        "claims": [_summarised(each) for each in judged.values()],
    }
    return {
        "format": FORMAT,
        "signer": fingerprint,
        "keys": record.keyring().to_pems(),
        "entries": [each.document for each in entries],
        "summary": record.sign(rfc8785.dumps(summary), SUMMARY_TYPE),
    }


def read(path: Path) -> dict[str, Any]:
    """The document of a pack, unverified.

    Raises:
        DataError: ``pack-unreadable``.
    """
    try:
        if path.stat().st_size > _MAX_OCTETS:
            raise DataError("pack-unreadable", "A pack is at most 64 MiB.", where=str(path))
        document = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise DataError("pack-unreadable", "The pack cannot be read as JSON.", where=str(path)) from error
    if not isinstance(document, dict):
        raise DataError("pack-unreadable", "A pack is one JSON object.", where=str(path))
    return document


def verify(document: Mapping[str, Any], *, trusted: Collection[str] = (), now: float) -> list[Finding]:
    """Everything that is wrong with a pack, without a network.

    Args:
        document: as ``read`` gives it.
        trusted: fingerprints of keys that the reader has from elsewhere. Without any, a pack can show no more
            than that it agrees with itself, and the list says so.
        now: Unix seconds; evidence that is no longer valid is reported.

    Returns:
        Findings; ``line`` is the number of the entry. Nothing of severity error means that it verifies.
    """
    try:
        keys, summary = _opened(document)
        findings = _trust(keys, trusted)
        entries, found = _entries(document["entries"], keys, now)
        findings += found
        findings += _complete(document["entries"], entries, summary)
        findings += _supported(summary, entries)
    except (DataError, TrustError) as error:
        return [_finding(error.code, error.message)]
    except (KeyError, TypeError, ValueError, AttributeError):
        # signed by its own key, so whatever a forger liked to write
        return [_finding("pack-malformed", "The summary of the pack is not readable.")]
    return findings


def open_pack(document: Mapping[str, Any]) -> Pack:
    """A pack for reading; what cannot be opened is left out, as ``verify`` tells.

    Raises:
        DataError, TrustError: where not even its summary can be trusted.
    """
    keys, summary = _opened(document)
    entries, _ = _entries(document["entries"], keys, summary["made"])
    return Pack(
        dossier=summary["dossier"],
        made=summary["made"],
        claims=summary["claims"],
        entries=entries,
        signer=str(keys.evidence.keyid),
    )


def _summarised(judgement: Judgement) -> dict[str, Any]:
    return {
        "id": judgement.claim.id,
        "status": judgement.status.value,
        "nl": judgement.claim.nl,
        "en": judgement.claim.en,
        "source": judgement.claim.source,
        "by": [
            {"reference": str(each.reference), "status": each.status.value} for each in judgement.outcomes
        ],
        "claims": [each.name for each in judgement.claim.references() if each.kind is Kind.CLAIM],
    }


def _opened(document: Mapping[str, Any]) -> tuple[Keyring, dict[str, Any]]:
    try:
        if document["format"] != FORMAT or not isinstance(document["entries"], list):
            raise ValueError(FORMAT)
        keys = Keyring.from_pems(dict(document["keys"]))
        payload, _ = opened(document["summary"], SUMMARY_TYPE, [keys.evidence])
        summary = json.loads(payload)
        if not {"dossier", "made", "count", "last", "claims"} <= summary.keys():
            raise ValueError("summary")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError("pack-malformed", f"This is not a pack of the format {FORMAT}.") from error
    return keys, summary


def _trust(keys: Keyring, trusted: Collection[str]) -> list[Finding]:
    signer = str(keys.evidence.keyid)
    if signer in trusted:
        return []
    if trusted:
        return [_finding("pack-signer-unknown", f"The pack is signed by {signer}, whom you do not trust.")]
    text = f"The pack agrees with itself. Compare its signer's fingerprint with its maker: {signer}"
    return [_finding("pack-signer-unpinned", text, severity=Severity.WARNING)]


def _entries(documents: Sequence[Any], keys: Keyring, now: float) -> tuple[list[Entry], list[Finding]]:
    """Opens what opens; after a broken link it goes on from there, so that every fault is told."""
    entries, findings, last = list[Entry](), list[Finding](), GENESIS
    for number, document in enumerate(documents, start=1):
        try:
            entry = open_entry(document, keys, number, last)
        except MeterkastError as error:
            findings.append(_finding(error.code, error.message, line=number))
            break
        last = entry.digest
        entries.append(entry)
    latest = {each.statement.reference: each for each in entries}
    findings += [
        _finding(
            "evidence-expired",
            f"The evidence for {each.statement.reference} is no longer valid.",
            line=each.number,
            severity=Severity.WARNING,
        )
        for each in latest.values()
        if now > each.statement.valid_until
    ]
    return entries, findings


def _complete(
    documents: Sequence[Any], entries: Sequence[Entry], summary: Mapping[str, Any]
) -> list[Finding]:
    if len(documents) < summary["count"]:
        missing = summary["count"] - len(documents)
        return [_finding("pack-truncated", f"{missing} of {summary['count']} entries are missing.")]
    if not documents:
        text = "The pack holds no evidence: nothing was executed yet."
        return [_finding("pack-empty", text, severity=Severity.WARNING)]
    last = entries[-1].digest if entries else GENESIS
    if len(entries) == len(documents) and (len(documents), last) != (summary["count"], summary["last"]):
        return [_finding("pack-entries-foreign", "The entries are not those that the summary was made of.")]
    return []


def _supported(summary: Mapping[str, Any], entries: Sequence[Entry]) -> list[Finding]:
    """What the summary calls proven or sealed must follow from the entries themselves."""
    last = {str(each.statement.reference): each for each in entries}
    findings = []
    for claim in summary["claims"]:
        for by in claim["by"]:
            kind = by["reference"].partition(":")[0]
            entry = last.get(by["reference"])
            good = by["status"] in (Status.PROVEN, Status.SEALED) and kind in [
                each.value for each in _EXECUTED
            ]
            if good and (entry is None or entry.statement.verdict not in ("proven", "PASSED")):
                text = f"{claim['id']} counts {by['reference']} as {by['status']}, and no entry says so."
                findings.append(_finding("pack-claim-unsupported", text))
    return findings


def _finding(
    code: str, message: str, *, line: int | None = None, severity: Severity = Severity.ERROR
) -> Finding:
    return Finding(code=code, severity=severity, message=message, line=line)
