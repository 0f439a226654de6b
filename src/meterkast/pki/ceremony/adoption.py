"""From a ceremony to a PKI at work: its root, its authorities and the lists signed ahead are taken over."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from meterkast.model.errors import DataError, LocalError, TrustError
from meterkast.model.finding import Severity
from meterkast.outside.keystore import Keystore, open_keystore
from meterkast.outside.trust import ANCHORS, CHAIN, TrustFolder
from meterkast.pki.authority import ISSUING, Authority, issuing_folder
from meterkast.pki.ceremony.stage import OUT, TRANSCRIPT
from meterkast.pki.ceremony.transcript import read_records
from meterkast.pki.ceremony.verification import verify
from meterkast.pki.register import Register
from meterkast.pki.root import LABEL
from meterkast.protocols.x509.revocation import signs_lists


@dataclass(frozen=True, slots=True, kw_only=True)
class CeremonyOutcome:
    """What a ceremony has made, as its transcript vouches for it.

    Attributes:
        operator: whose PKI it is.
        root: the root.
        authorities: certificates of the issuing authorities, by label.
        lists: revocation lists of the root, the first to begin first.
    """

    operator: str
    root: x509.Certificate
    authorities: dict[str, x509.Certificate]
    lists: list[x509.CertificateRevocationList]

    def lists_end(self) -> datetime:
        """When the last list ends, and nobody believes anything below the root any more."""
        return max(each.next_update_utc or each.last_update_utc for each in self.lists)


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
    made = {name for record in records for name in record.outputs}
    try:
        outcome = CeremonyOutcome(
            operator=str(records[0].details["operator"]),
            root=_certificate(out / f"{LABEL}.pem"),
            authorities={label: _certificate(out / f"{label}.pem") for label in ISSUING},
            lists=sorted(
                (_list(out / name) for name in made if name.endswith(".crl.pem")),
                key=lambda each: each.last_update_utc,
            ),
        )
    except (OSError, ValueError, KeyError) as cause:
        message = "The ceremony has not made what a PKI needs."
        raise DataError("ceremony-outcome-malformed", message, where=str(out)) from cause
    _require_below(outcome)
    return outcome


def adopt(
    outcome: CeremonyOutcome,
    folder: Path,
    trust: TrustFolder,
    *,
    operator: str,
    now: datetime,
    keystore: Keystore | None = None,
) -> Authority:
    """A PKI whose root is elsewhere: its authorities go to work, and its lists come out when they begin.

    Args:
        outcome: of the ceremony.
        folder: of the PKI to be.
        trust: what everybody may have is published here.
        operator: whose PKI it is; the ceremony must say the same.
        now: real time.
        keystore: with the authorities' keys; None for the one in its place.

    Raises:
        LocalError: ``ceremony-operator-other``, ``pki-founded-already``, ``ceremony-lists-ended`` where the
            root has no list for today, or ``keystore-label-unknown`` where an authority's key is not there.
        TrustError: ``ceremony-key-foreign`` where an authority has another key than the one certified.
    """
    if outcome.operator != operator:
        hint = f"Give --operator {outcome.operator}, or another ceremony."
        message = "The ceremony was held for another operator."
        raise LocalError("ceremony-operator-other", message, where=outcome.operator, hint=hint)
    if not any(_counts(each, now) for each in outcome.lists):
        raise LocalError("ceremony-lists-ended", "The root has signed no list for today.")
    keys = keystore or open_keystore(issuing_folder(folder, ""))
    for label, certificate in outcome.authorities.items():
        if keys.signer(label).public_key() != certificate.public_key():
            message = "The ceremony has certified another key than the authority has."
            raise TrustError("ceremony-key-foreign", message, where=label)
    folder.mkdir(parents=True, exist_ok=True)
    register = Register(folder / "register.sqlite")
    if register.tenants():
        raise LocalError("pki-founded-already", "There is a PKI here already.", where=str(folder))
    for label, certificate in outcome.authorities.items():
        keys.put_certificate(label, [certificate])
    trust.publish(ANCHORS, [outcome.root])
    trust.publish(CHAIN, list(outcome.authorities.values()))
    register.add_tenant(operator, "")
    with register.records(operator) as records:
        records.revocations.put_ahead(LABEL, [(each.last_update_utc, each) for each in outcome.lists])
    authority = Authority(folder, trust, operator=operator, keystore=keys)
    authority.publish(now)
    return authority


def _require_below(outcome: CeremonyOutcome) -> None:
    """The transcript says that this was checked; whoever takes the result over checks it again."""
    key = outcome.root.public_key()
    lists = signs_lists(key) and all(each.is_signature_valid(key) for each in outcome.lists)
    try:
        for each in (outcome.root, *outcome.authorities.values()):
            each.verify_directly_issued_by(outcome.root)
    except (ValueError, TypeError, InvalidSignature) as cause:
        raise _unproven() from cause
    if not lists:
        raise _unproven()


def _counts(revocation_list: x509.CertificateRevocationList, now: datetime) -> bool:
    end = revocation_list.next_update_utc
    return revocation_list.last_update_utc <= now and (end is None or now < end)


def _certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def _list(path: Path) -> x509.CertificateRevocationList:
    return x509.load_pem_x509_crl(path.read_bytes())


def _unproven() -> TrustError:
    return TrustError("ceremony-unproven", "What the ceremony has made does not hang below its root.")
