"""``pki equip``: gateways on the inventory."""

from typing import Annotated

import typer

from meterkast.console.cli.answer import Answer
from meterkast.console.cli.boundary import command
from meterkast.console.cli.options import SITE, Site
from meterkast.console.cli.pki.opening import OPERATOR, Operator, authority_of, now, site_of
from meterkast.console.exits import Exit

Title = Annotated[str, typer.Argument(metavar="TITLE", help="System title, such as MKG0000000001.")]


def add(group: typer.Typer) -> None:
    """Adds the commands."""
    command(group, "equip", examples=("meterkast pki equip MKG0000000001 --site ./site",))(equip)
    command(group, "release", examples=("meterkast pki release MKG0000000001 --site ./site",))(release)


def equip(answer: Answer, title: Title, site: Site = SITE, operator: Operator = OPERATOR) -> Exit:
    """Give a new gateway its birth certificate, and expect it to enrol."""
    from meterkast.model.identity import SystemTitle

    gateway = SystemTitle.parse(title)
    site_of(site, operator).equip(gateway, now())
    folder = site / "gateways" / str(gateway)
    answer.text(f"{gateway} is expected; its keystore is {folder / 'keystore'}.")
    answer.document({"gateway": str(gateway), "folder": str(folder)})
    return Exit.DONE


def release(answer: Answer, title: Title, site: Site = SITE) -> Exit:
    """Let a gateway that lost its keys enrol once more; what it had is revoked."""
    from meterkast.model.identity import SystemTitle

    gateway = SystemTitle.parse(title)
    authority_of(site).release(gateway, now())
    answer.text(f"{gateway} may enrol once more; its earlier certificates are revoked.")
    answer.document({"gateway": str(gateway), "released": True})
    return Exit.DONE
