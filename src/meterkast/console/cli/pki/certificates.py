"""``pki list`` and ``pki revoke``: what was issued."""

from typing import Annotated

import typer

from meterkast.console.cli.answer import Answer
from meterkast.console.cli.boundary import command
from meterkast.console.cli.options import SITE, Site
from meterkast.console.cli.pki.opening import authority_of, now
from meterkast.console.exits import Exit
from meterkast.model.errors import DataError


def add(group: typer.Typer) -> None:
    """Adds the commands."""
    command(group, "list", examples=("meterkast pki list MKG0000000001 --json",))(list_)
    command(group, "revoke", examples=("meterkast pki revoke 1F2E3D --site ./site",))(revoke)


def list_(
    answer: Answer,
    holder: Annotated[
        str | None, typer.Argument(metavar="HOLDER", help="System title, DNS name or operator.")
    ] = None,
    site: Site = SITE,
) -> Exit:
    """List the gateways on the inventory, or the certificates of one holder."""
    authority = authority_of(site)
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
    authority_of(site).revoke(number, now())
    answer.text(f"{serial} is revoked.")
    answer.document({"revoked": serial})
    return Exit.DONE
