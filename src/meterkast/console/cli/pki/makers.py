"""``pki maker``: whose birth certificates count, and the lists that makers send."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from meterkast.console.cli.answer import Answer
from meterkast.console.cli.boundary import command
from meterkast.console.cli.options import PROFILE, SITE, Profile, Site
from meterkast.console.cli.pki.log import read_certificate
from meterkast.console.cli.pki.opening import now, require_pki
from meterkast.console.exits import Exit
from meterkast.model import deployment
from meterkast.model.errors import DataError, LocalError

if TYPE_CHECKING:
    from cryptography import x509

    from meterkast.pki.birth import Manufacturer
    from meterkast.pki.makers import KnownMaker, Makers

_File = typer.Argument(metavar="ROOT", help="Certificate of the maker's root.", exists=True, dir_okay=False)
_List = typer.Option("--list", metavar="FILE", help="Its revocation list.", exists=True, dir_okay=False)


def add(group: typer.Typer) -> None:
    """Adds the commands."""
    maker = typer.Typer(help="Makers of gateways: whose birth certificates count, and which do not any more.")
    command(maker, "add", examples=("meterkast pki maker add evl.pem --list evl.crl --site ./site",))(
        add_maker
    )
    command(maker, "list", examples=("meterkast pki maker list --site ./site",))(list_makers)
    command(maker, "remove", examples=("meterkast pki maker remove MKG --site ./site",))(remove)
    revocations = (
        "meterkast pki maker revoke MKG0000000001 --site ./site",
        "meterkast pki maker revoke MKG0000000001 --birth birth.crt.pem --site ./site",
    )
    command(maker, "revoke", examples=revocations)(revoke)
    publications = ("meterkast pki maker publish --site ./site", "meterkast pki maker publish evl.crl")
    command(maker, "publish", examples=publications)(publish)
    group.add_typer(maker, name="maker", no_args_is_help=True)


def add_maker(
    answer: Answer,
    root: Annotated[Path, _File],
    revocations: Annotated[Path, _List],
    site: Site = SITE,
) -> Exit:
    """Let the birth certificates of a maker count, for gateways of its own FLAG code alone.

    The code is the organisation in the root's name. Compare the fingerprint with what the maker says of it,
    by another way than the file came.
    """
    known = _makers(site).add(read_certificate(root), _read_list(revocations), now())
    answer.text(f"Birth certificates of {known.code} count. SHA-256 of its root: {_fingerprint(known)}")
    answer.document(_document(known))
    return Exit.DONE


def list_makers(answer: Answer, site: Site = SITE) -> Exit:
    """List the makers; ends with 1 where one has no list for today, and none of its births counts."""
    found, at = _makers(site).all(), now()
    answer.document({"makers": [_document(each) for each in found]})
    for each in found:
        answer.text(f"{each.code}  {_told(each)}  root {_fingerprint(each)}")
    return Exit.DONE if all(each.is_current(at) for each in found) else Exit.FAILED


def remove(
    answer: Answer,
    code: Annotated[str, typer.Argument(metavar="CODE", help="FLAG code of the maker.")],
    site: Site = SITE,
) -> Exit:
    """Let a maker's birth certificates count no more; what its gateways hold already goes on counting."""
    count = _makers(site).remove(code)
    answer.text(f"{code} is no maker here any more.")
    answer.document({"maker": code, "roots": count})
    return Exit.DONE


def revoke(
    answer: Answer,
    title: Annotated[str, typer.Argument(metavar="TITLE", help="System title of the gateway.")],
    birth: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Its birth certificate; else the one in its keystore in the state folder.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    site: Site = SITE,
    profile: Profile = PROFILE,
) -> Exit:
    """Revoke a birth certificate: the gateway never enrols by it again. What it has enrolled for stays.

    That is for a maker whose key is in the state folder. Others revoke by themselves, and send their lists.
    """
    from meterkast.model.identity import SystemTitle
    from meterkast.protocols.x509 import system_title

    gateway = SystemTitle.parse(title)
    require_pki(site)
    path = birth or site / "gateways" / str(gateway) / "keystore" / "birth.crt.pem"
    if not path.is_file():
        message, hint = "The birth certificate is not here.", "Give it with --birth FILE."
        raise LocalError("pki-birth-unknown", message, where=str(path), hint=hint)
    certificate = read_certificate(path)
    if system_title(certificate) != gateway:
        raise DataError("pki-birth-foreign", "It is the certificate of another device.", where=str(path))
    manufacturer = _own(site, gateway.manufacturer, profile)
    manufacturer.require_child(certificate)
    at, known_to = now(), _makers(site).folder
    revoked = len(manufacturer.publish(known_to, revoked=[(certificate.serial_number, at)], now=at))
    answer.text(
        f"{gateway} enrols no more by this birth certificate; {revoked} of {manufacturer.code} are revoked."
    )
    answer.document({"gateway": str(gateway), "serial": f"{certificate.serial_number:X}", "revoked": revoked})
    return Exit.DONE


def publish(
    answer: Answer,
    revocations: Annotated[
        Path | None,
        typer.Argument(metavar="[LIST]", help="A list that a maker has sent.", exists=True, dir_okay=False),
    ] = None,
    site: Site = SITE,
    profile: Profile = PROFILE,
) -> Exit:
    """Take over a list that a maker has sent; without one, sign those of the makers whose keys are here.

    A running `pki serve` signs these once a day. A list that is not younger than the one here is refused.
    """
    makers = _makers(site)
    if revocations is not None:
        taken = [makers.take(_read_list(revocations), now())]
    else:
        own = _own_makers(site, profile)
        if not own:
            message, hint = "No maker has its key here.", "Give the list that a maker has sent."
            raise LocalError("pki-maker-elsewhere", message, where=str(site), hint=hint)
        codes = {each.code for each in own}
        for each in own:
            each.publish(makers.folder, now=now())
        taken = [each for each in makers.all() if each.code in codes]
    for known in taken:
        answer.text(f"{known.code}  {_told(known)}")
    answer.document({"makers": [_document(known) for known in taken]})
    return Exit.DONE


def _makers(site: Path) -> "Makers":
    from meterkast.outside.trust import TrustFolder
    from meterkast.pki.makers import MANUFACTURERS, Makers
    from meterkast.pki.ruling import rules_of

    require_pki(site)
    return Makers(TrustFolder(site / "pki" / MANUFACTURERS), rules_of(site / "pki"))


def _own_makers(site: Path, profile: deployment.Profile) -> "list[Manufacturer]":
    from meterkast.outside.trust import TrustFolder
    from meterkast.pki.birth import BIRTH, own_makers

    return own_makers(site / "pki" / BIRTH, profile=profile, trust=TrustFolder(site / "trust"))


def _own(site: Path, code: str, profile: deployment.Profile) -> "Manufacturer":
    for each in _own_makers(site, profile):
        if each.code == code:
            return each
    message = f"The key of the maker {code} is not here: it revokes by itself, and sends its list."
    hint = "`meterkast pki maker publish LIST` takes that over."
    raise LocalError("pki-maker-elsewhere", message, where=code, hint=hint)


def _read_list(path: Path) -> "x509.CertificateRevocationList":
    """A revocation list in PEM or DER.

    Raises:
        DataError: ``revocation-list-malformed``.
    """
    from cryptography import x509

    octets = path.read_bytes()
    load = x509.load_pem_x509_crl if octets.startswith(b"-----") else x509.load_der_x509_crl
    try:
        found = load(octets)
        list(found.extensions)
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType) as cause:
        message = "The file holds no revocation list."
        raise DataError("revocation-list-malformed", message, where=str(path)) from cause
    return found


def _told(known: "KnownMaker") -> str:
    found = known.revocation_list
    return "no list" if found is None else f"{len(found)} revoked, list until {found.next_update_utc}"


def _fingerprint(known: "KnownMaker") -> str:
    from cryptography.hazmat.primitives import hashes

    return known.root.fingerprint(hashes.SHA256()).hex()


def _document(known: "KnownMaker") -> dict[str, object]:
    found = known.revocation_list
    end = None if found is None else found.next_update_utc
    return {
        "maker": known.code,
        "root": known.root.subject.rfc4514_string(),
        "sha256": _fingerprint(known),
        "revoked": 0 if found is None else len(found),
        "list_until": None if end is None else end.isoformat(timespec="seconds"),
    }
