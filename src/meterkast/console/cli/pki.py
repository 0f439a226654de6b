"""``meterkast pki``: found a site's trust, serve enrolment, equip gateways, list and revoke certificates."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from meterkast.console.cli.answer import Answer
from meterkast.console.cli.boundary import command
from meterkast.console.cli.lifetime import log_to_stderr
from meterkast.console.cli.options import SITE, Host, Port, Site
from meterkast.console.exits import Exit
from meterkast.model.errors import DataError, LocalError

if TYPE_CHECKING:
    from meterkast.pki.authority import Authority
    from meterkast.pki.site import Site as TrustedSite

_OPERATOR = "stadsnet"

Operator = Annotated[str, typer.Option(metavar="NAME", help="Whose site it is.")]


def add(app: typer.Typer) -> None:
    """Adds the commands."""
    group = typer.Typer(help="Trust: offline root, issuing authorities, enrolment, revocation.")
    command(group, "create", examples=("meterkast pki create --site ./site --operator stadsnet",))(create)
    command(group, "serve", examples=("meterkast pki serve --site ./site --port 8443",))(serve)
    command(group, "equip", examples=("meterkast pki equip MKG0000000001 --site ./site",))(equip)
    command(group, "list", examples=("meterkast pki list MKG0000000001 --json",))(list_)
    command(group, "revoke", examples=("meterkast pki revoke 1F2E3D --site ./site",))(revoke)
    app.add_typer(group, name="pki", no_args_is_help=True)


def create(answer: Answer, site: Site = SITE, operator: Operator = _OPERATOR) -> Exit:
    """Found a site: root, issuing authorities, and the keys and certificates of its servers."""
    from meterkast.pki.site import Site as TrustedSite

    TrustedSite.create(site, operator=operator, now=_now())
    answer.text(f"{site} has a root, issuing authorities and certificates for its servers.")
    answer.text(f"Take {site / 'pki' / 'root'} off line now: nothing needs it until an authority is renewed.")
    answer.document({"site": str(site), "operator": operator})
    return Exit.DONE


def serve(
    answer: Answer, site: Site = SITE, host: Host = "127.0.0.1", port: Port = 0, list_port: Port = 0
) -> Exit:
    """Serve enrolment (EST over TLS) and the revocation lists (HTTP), until it is told to stop."""
    from meterkast.pki.service import PkiSettings
    from meterkast.pki.service import serve as serve_pki

    _require(site)
    log_to_stderr()
    answer.note(f"The PKI of {site} is served (Ctrl-C ends it)")
    serve_pki(
        PkiSettings(folder=site / "pki", trust=site / "trust", host=host, port=port, list_port=list_port)
    )
    return Exit.DONE


def equip(
    answer: Answer,
    title: Annotated[str, typer.Argument(metavar="TITLE", help="System title, such as MKG0000000001.")],
    site: Site = SITE,
    operator: Operator = _OPERATOR,
) -> Exit:
    """Give a new gateway its birth certificate, and expect it to enrol."""
    from meterkast.model.identity import SystemTitle

    gateway = SystemTitle.parse(title)
    _trusted(site, operator).equip(gateway, _now())
    folder = site / "gateways" / str(gateway)
    answer.text(f"{gateway} is expected; its keystore is {folder / 'keystore'}.")
    answer.document({"gateway": str(gateway), "folder": str(folder)})
    return Exit.DONE


def list_(
    answer: Answer,
    holder: Annotated[
        str | None, typer.Argument(metavar="HOLDER", help="System title, DNS name or operator.")
    ] = None,
    site: Site = SITE,
) -> Exit:
    """List the gateways on the inventory, or the certificates of one holder."""
    authority = _authority(site)
    if holder is None:
        devices = [{"gateway": title, "operator": operator} for title, operator in authority.devices()]
        answer.document({"gateways": devices})
        for device in devices:
            answer.text(f"{device['gateway']}  {device['operator']}")
        return Exit.DONE
    certificates = [
        {
            "serial": f"{issued.certificate.serial_number:X}",
            "purpose": issued.purpose,
            "issuer": issued.issuer,
            "until": issued.certificate.not_valid_after_utc.isoformat(),
            "revoked": None if issued.revoked_at is None else issued.revoked_at.isoformat(),
        }
        for issued in authority.issued(holder)
    ]
    answer.document({"holder": holder, "certificates": certificates})
    for each in certificates:
        state = f"revoked {each['revoked']}" if each["revoked"] else f"valid until {each['until']}"
        answer.text(f"{each['serial']}  {each['purpose']}  {state}")
    return Exit.DONE


def revoke(
    answer: Answer,
    serial: Annotated[str, typer.Argument(metavar="SERIAL", help="Hexadecimal number of the certificate.")],
    site: Site = SITE,
) -> Exit:
    """Revoke a certificate and publish the lists: the next connection sees it."""
    try:
        number = int(serial, 16)
    except ValueError:
        raise DataError(
            "serial-malformed", f"{serial!r} is not a hexadecimal number.", where="SERIAL"
        ) from None
    _authority(site).revoke(number, _now())
    answer.text(f"{serial} is revoked.")
    answer.document({"revoked": serial})
    return Exit.DONE


def _authority(site: Site) -> "Authority":
    from meterkast.outside.trust import TrustFolder
    from meterkast.pki.authority import Authority

    _require(site)
    return Authority(site / "pki", TrustFolder(site / "trust"))


def _trusted(site: Site, operator: str) -> "TrustedSite":
    from meterkast.pki.site import Site as TrustedSite

    _require(site)
    return TrustedSite(site, operator=operator)


def _require(site: Site) -> None:
    if not (site / "pki").is_dir():
        raise LocalError(
            "site-without-pki",
            "There is no PKI in this state folder.",
            where=str(site),
            hint="Found one with `meterkast pki create`, or give another --site.",
        )


def _now() -> datetime:
    return datetime.now(UTC)
