"""Reading what a ceremony has made, as far as its transcript vouches for it."""

import re
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from meterkast.model.errors import DataError, TrustError
from meterkast.model.finding import Severity
from meterkast.pki.ceremony.outcome import CeremonyOutcome
from meterkast.pki.ceremony.quorum import parse_quorum
from meterkast.pki.ceremony.record import BEFORE, Record
from meterkast.pki.ceremony.script import parse_script
from meterkast.pki.ceremony.stage import OUT, QUORUM, TRANSCRIPT
from meterkast.pki.ceremony.transcript import read_records
from meterkast.pki.ceremony.verification import holders_keys, verify
from meterkast.pki.ceremony.wanted import WANTED, Applicant, parse_wanted
from meterkast.pki.root import LABEL, LINKS
from meterkast.protocols.x509.generation import generations
from meterkast.protocols.x509.revocation import signs_lists

_LIST = re.compile(r"(?P<root>root(?:-g[0-9]{1,4})?)\.[0-9]{1,2}\.crl\.pem")


def read_outcome(folder: Path) -> CeremonyOutcome:
    """Verifies a transcript, and reads what it says was made.

    Args:
        folder: of the ceremony, with ``transcript.jsonl`` and ``out/``.

    Raises:
        DataError: ``transcript-unreadable``, ``transcript-malformed`` or ``ceremony-outcome-malformed``.
        TrustError: ``ceremony-unproven`` where anything is wrong with the transcript, or with what was made.
    """
    transcript, out = folder / TRANSCRIPT, folder / OUT
    for finding in verify(transcript, outputs=out):
        if finding.severity is Severity.ERROR:
            hint = f"`meterkast pki ceremony verify {transcript}` says all of it."
            where = f"{transcript}, line {finding.line}: {finding.code}"
            raise TrustError("ceremony-unproven", "The ceremony does not hold.", where=where, hint=hint)
    records = read_records(transcript)
    try:
        outcome = _outcome(folder, records, sha256(transcript.read_bytes()).hexdigest())
    except (OSError, ValueError, KeyError) as cause:
        message = "The ceremony has not made what a PKI needs."
        raise DataError("ceremony-outcome-malformed", message, where=str(out)) from cause
    if {name: key.hex() for name, key in outcome.quorum.holders.items()} != holders_keys(records):
        raise _unproven()
    _require_below(outcome)
    return outcome


def _outcome(folder: Path, records: list[Record], digest: str) -> CeremonyOutcome:
    out, opened = folder / OUT, records[0]
    made = {name for record in records for name in record.outputs}
    names = generations({name.removesuffix(".pem") for name in made if name.endswith(".pem")}, LABEL)
    operator = str(opened.details["operator"])
    return CeremonyOutcome(
        folder=folder,
        digest=digest,
        before=opened.inputs.get(BEFORE),
        ended=datetime.fromisoformat(records[-1].at),
        operator=operator,
        holders=tuple(str(each) for each in opened.details["holders"]),
        quorum=parse_quorum((out / QUORUM).read_bytes()),
        roots={name: _root(out, name, made) for name in names},
        authorities={
            each: _certificate(out / f"{each.stem}.pem") for each in _applicants(out, records, made)
        },
        lists={name: _lists(out, name, made) for name in names},
    )


def _applicants(out: Path, records: list[Record], made: set[str]) -> tuple[Applicant, ...]:
    """Those that the script names, of the operator itself, and those that were wanted."""
    opened = records[0].details
    script, operator = parse_script(str(opened["script"])), str(opened["operator"])
    own = tuple(Applicant(operator=operator, tenant="", name=each) for each in script.authorities)
    return (*own, *(parse_wanted((out / WANTED).read_bytes()).certify if WANTED in made else ()))


def _root(out: Path, name: str, made: set[str]) -> list[x509.Certificate]:
    links = out / f"{name}.{LINKS}"
    others = x509.load_pem_x509_certificates(links.read_bytes()) if links.name in made else []
    return [_certificate(out / f"{name}.pem"), *others]


def _lists(out: Path, root: str, made: set[str]) -> list[x509.CertificateRevocationList]:
    names = [name for name in made if (match := _LIST.fullmatch(name)) and match["root"] == root]
    found = (x509.load_pem_x509_crl((out / name).read_bytes()) for name in names)
    return sorted(found, key=lambda each: each.last_update_utc)


def _require_below(outcome: CeremonyOutcome) -> None:
    """The transcript says that this was checked; whoever takes the result over checks it again."""
    roots = [chain[0] for chain in outcome.roots.values()]
    try:
        for root in roots:
            root.verify_directly_issued_by(root)
        for each in outcome.authorities.values():
            each.verify_directly_issued_by(outcome.root)
    except (ValueError, TypeError, InvalidSignature, IndexError) as cause:
        raise _unproven() from cause
    for name, (root, *_) in outcome.roots.items():
        key = root.public_key()
        if not signs_lists(key) or not all(each.is_signature_valid(key) for each in outcome.lists[name]):
            raise _unproven()
    if not roots or not outcome.lists[list(outcome.roots)[-1]]:
        raise _unproven()


def _certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def _unproven() -> TrustError:
    return TrustError("ceremony-unproven", "What the ceremony has made does not hang below its root.")
