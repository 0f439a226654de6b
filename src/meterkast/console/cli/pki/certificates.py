"""``pki list`` and ``pki revoke``: what was issued."""

import re
from typing import TYPE_CHECKING, Annotated

import typer

from meterkast.console.cli.answer import Answer
from meterkast.console.cli.boundary import command
from meterkast.console.cli.options import PROFILE, SITE, Profile, Site
from meterkast.console.cli.pki.opening import authority_of, now
from meterkast.console.cli.pki.options import Tenant
from meterkast.console.exits import Exit
from meterkast.model.errors import DataError, LocalError

if TYPE_CHECKING:
    from meterkast.pki.authority import Authority

_SERIAL = re.compile(r"(?:0x)?[0-9a-f]+(?::[0-9a-f]+)*", re.IGNORECASE)


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
    operator: Tenant = None,
) -> Exit:
    """List the gateways on the inventory, or the certificates of one holder."""
    authority = authority_of(site, operator)
    if holder is None:
        devices = [{"gateway": title, "operator": operator} for title, operator in authority.devices()]
        answer.document({"gateways": devices})
        for device in devices:
            answer.text(f"{device['gateway']}  {device['operator']}")
        return Exit.DONE
    return _list_certificates(answer, authority, holder)


def _list_certificates(answer: Answer, authority: "Authority", holder: str) -> Exit:
    issued, is_retired = authority.issued(holder), authority.is_decommissioned(holder)
    if not issued and not is_retired and not authority.knows(holder):
        message, hint = "The PKI knows nobody of this name.", "`meterkast pki list` tells the gateways."
        raise LocalError("pki-holder-unknown", message, where=holder, hint=hint)
    certificates = [
        {
            "serial": f"{each.certificate.serial_number:X}",
            "purpose": each.purpose,
            "issuer": each.issuer,
            "until": each.certificate.not_valid_after_utc.isoformat(),
            "revoked": None if each.revoked_at is None else each.revoked_at.isoformat(),
        }
        for each in issued
    ]
    answer.document({"holder": holder, "certificates": certificates, "decommissioned": is_retired})
    for each in certificates:
        state = f"revoked {each['revoked']}" if each["revoked"] else f"valid until {each['until']}"
        answer.text(f"{each['serial']}  {each['purpose']}  {state}")
    if is_retired:
        answer.text(f"{holder} is out of service.")
    elif not certificates:
        answer.text(f"{holder} has no certificate yet.")
    return Exit.DONE


def revoke(
    answer: Answer,
    serial: Annotated[str, typer.Argument(metavar="SERIAL", help="Hexadecimal number of the certificate.")],
    site: Site = SITE,
    operator: Tenant = None,
    profile: Profile = PROFILE,
) -> Exit:
    """Revoke a certificate and publish the lists: the next connection sees it."""
    number = _number(serial)
    authority_of(site, operator, profile).revoke(number, now())
    answer.text(f"{number:X} is revoked.")
    answer.document({"revoked": f"{number:X}"})
    return Exit.DONE


def _number(serial: str) -> int:
    """A serial number as `pki list` or openssl prints it: ``1F2E3D``, ``0x1f2e3d`` or ``1F:2E:3D``."""
    if not _SERIAL.fullmatch(serial):
        message = f"{serial!r} is not a hexadecimal number."
        hint = "Give it as `meterkast pki list` or `openssl x509 -serial` prints it."
        raise DataError("serial-malformed", message, where="SERIAL", hint=hint)
    return int(serial.replace(":", ""), 16)
