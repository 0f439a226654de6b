"""What a PKI asks of the next root day: requests of new authorities, and certificates to be revoked."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from meterkast.model.deployment import Profile
from meterkast.model.errors import LocalError
from meterkast.model.operator import require_operator_name
from meterkast.outside.keystore import Keystore, open_keystore
from meterkast.pki.authority import ISSUING, issuing_folder
from meterkast.pki.ceremony.requests import make_requests, want
from meterkast.pki.ceremony.wanted import Applicant, Wanted
from meterkast.pki.founding import short_name
from meterkast.pki.log.files import write_whole
from meterkast.pki.register import Register
from meterkast.pki.ruling import RULES_FILE, rules_of
from meterkast.protocols.x509.generation import generations, nth, number_of


def wish(
    pki: Path,
    folder: Path,
    *,
    now: datetime,
    operator: str | None = None,
    labels: Sequence[str] = ISSUING,
    revoke: Sequence[str] = (),
    lists_until: date | None = None,
    next_root: bool = False,
    profile: Profile = Profile.DEVELOPMENT,
) -> Wanted:
    """Writes down what is wanted, beside what was wanted already; gives all of it.

    The keys of new authorities are made where ``keystore.toml`` of the operator says; those that were made
    for a wish before are taken again. Rules of the PKI's own go along.

    Args:
        pki: folder of the PKI.
        folder: where wishes stand; made where it is not there.
        now: real time.
        operator: whose authorities; None for the founder's. One that the PKI does not know is to be admitted.
        labels: which authorities are to have their next generation.
        revoke: names of this operator's authorities to be revoked.
        lists_until: until when there must be lists of the root.
        next_root: whether there is to be a root after the present one.
        profile: where keys may be; in production not in plain files.

    Raises:
        LocalError: ``pki-missing``, ``pki-tenant-taken`` where another operator has the same short name,
            ``pki-authority-unknown``; and as the keystore.
        DataError: ``operator-name-malformed``, ``ceremony-wanted-malformed``.
        TrustError: as ``open_keystore`` in production.
        DataError: ``operator-name-malformed``.
    """
    operator, tenant = _tenant(pki, operator)
    rules, keystore = rules_of(pki), open_keystore(issuing_folder(pki, tenant), profile)
    certified = keystore.certified()
    names = [_next(certified, label) for label in labels]
    withdrawn = {each: _certificate(keystore, each) for each in revoke}
    make_requests(names, keystore, folder, rules=rules, now=now, tenant=tenant)
    if (pki / RULES_FILE).is_file():
        write_whole(folder / RULES_FILE, (pki / RULES_FILE).read_bytes())
    files = []
    for each, certificate in withdrawn.items():
        files.append(f"{Applicant(operator=operator, tenant=tenant, name=each).stem}.pem")
        (folder / files[-1]).write_bytes(certificate.public_bytes(Encoding.PEM))
    return want(
        folder,
        Wanted(
            certify=tuple(Applicant(operator=operator, tenant=tenant, name=each) for each in names),
            revoke=tuple(files),
            lists_until=lists_until,
            next_root=next_root,
        ),
    )


def is_founded(pki: Path) -> bool:
    """Whether the folder has a PKI already, so that what is wanted is for a root day."""
    return (pki / "register.sqlite").is_file() and bool(Register(pki / "register.sqlite").tenants())


def _tenant(pki: Path, operator: str | None) -> tuple[str, str]:
    tenants = Register(pki / "register.sqlite").tenants()
    if operator is None:
        return next(iter(tenants.items()))
    tenant = tenants.get(operator, short_name(require_operator_name(operator)))
    if operator not in tenants and (not tenant or tenant in tenants.values()):
        raise LocalError("pki-tenant-taken", "The PKI has this operator already.", where=operator)
    return operator, tenant


def _next(certified: set[str], label: str) -> str:
    earlier = generations(certified, label)
    return nth(label, number_of(earlier[-1]) + 1 if earlier else 1)


def _certificate(keystore: Keystore, name: str) -> x509.Certificate:
    if name not in keystore.certified():
        known = ", ".join(sorted(keystore.certified()))
        message = "There is no such authority."
        raise LocalError("pki-authority-unknown", message, where=name, hint=f"There are {known}.")
    return keystore.certificate(name)[0]
