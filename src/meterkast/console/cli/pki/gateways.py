"""``pki equip``: gateways on the inventory."""

from typing import Annotated

import typer

from meterkast.console.cli.answer import Answer
from meterkast.console.cli.boundary import command
from meterkast.console.cli.options import PROFILE, SITE, Profile, Site
from meterkast.console.cli.pki.opening import authority_of, now, site_of
from meterkast.console.cli.pki.options import Tenant
from meterkast.console.exits import Exit

Title = Annotated[str, typer.Argument(metavar="TITLE", help="System title, such as MKG0000000001.")]


def add(group: typer.Typer) -> None:
    """Adds the commands."""
    command(group, "equip", examples=("meterkast pki equip MKG0000000001 --site ./site",))(equip)
    command(group, "expect", examples=("meterkast pki expect EVL0000000001 --site ./site",))(expect)
    command(group, "release", examples=("meterkast pki release MKG0000000001 --site ./site",))(release)
    command(group, "decommission", examples=("meterkast pki decommission MKG0000000001 --site ./site",))(
        decommission
    )


def equip(
    answer: Answer, title: Title, site: Site = SITE, operator: Tenant = None, profile: Profile = PROFILE
) -> Exit:
    """Give a new gateway its birth certificate, and expect it to enrol.

    That is for trying out: the maker of the site gives birth to gateways of its own FLAG code alone.
    """
    from meterkast.model.identity import SystemTitle

    gateway = SystemTitle.parse(title)
    site_of(site, operator, profile).equip(gateway, now())
    folder = site / "gateways" / str(gateway)
    answer.text(f"{gateway} is expected; its keystore is {folder / 'keystore'}.")
    answer.document({"gateway": str(gateway), "folder": str(folder)})
    return Exit.DONE


def expect(
    answer: Answer,
    titles: Annotated[list[str], typer.Argument(metavar="TITLE…", help="System titles of new gateways.")],
    site: Site = SITE,
    operator: Tenant = None,
    profile: Profile = PROFILE,
) -> Exit:
    """Expect gateways to enrol that their maker has given birth certificates, once for each purpose.

    Their makers must be known (`pki maker add`). A gateway that is on the inventory already stays as it is.
    """
    from meterkast.model.identity import SystemTitle
    from meterkast.outside.trust import TrustFolder
    from meterkast.pki.makers import MANUFACTURERS, Makers, unknown_maker

    gateways = [SystemTitle.parse(title) for title in titles]
    authority = authority_of(site, operator, profile)
    makers = Makers(TrustFolder(site / "pki" / MANUFACTURERS), authority.rules)
    for code in {gateway.manufacturer for gateway in gateways}:
        if not makers.knows(code):
            raise unknown_maker(code)
    expected = authority.expect_all(gateways, by_name=True)
    for gateway in gateways:
        is_expected = gateway in expected
        answer.text(f"{gateway} {'is expected' if is_expected else 'has enrolled, or is not yours'}.")
    answer.document({"expected": sorted(map(str, expected))})
    return Exit.DONE


def release(
    answer: Answer, title: Title, site: Site = SITE, operator: Tenant = None, profile: Profile = PROFILE
) -> Exit:
    """Let a gateway in service that lost its keys enrol once more; what it had is revoked.

    It comes by its birth certificate. Whoever has stolen the gateway has that too: decommission it instead.
    """
    from meterkast.model.identity import SystemTitle

    gateway = SystemTitle.parse(title)
    authority_of(site, operator, profile).release(gateway, now())
    answer.text(f"{gateway} may enrol once more; its earlier certificates are revoked.")
    answer.document({"gateway": str(gateway), "released": True})
    return Exit.DONE


def decommission(
    answer: Answer, title: Title, site: Site = SITE, operator: Tenant = None, profile: Profile = PROFILE
) -> Exit:
    """Put a gateway out of service: stolen, broken or taken down.

    All its certificates are revoked, and the PKI does not let it in again, not by its birth certificate
    either, until `pki expect` or `pki release` names it.
    """
    from meterkast.model.identity import SystemTitle

    gateway = SystemTitle.parse(title)
    count = authority_of(site, operator, profile).decommission(gateway, now())
    answer.text(f"{gateway} is out of service: none of its {count} certificates counts, and it cannot enrol.")
    answer.document({"gateway": str(gateway), "decommissioned": True, "certificates": count})
    return Exit.DONE
