"""``pki publish``: revocation lists by hand, also while the keys that sign them cannot be reached."""

from typing import Annotated

import typer

from meterkast.console.cli.answer import Answer
from meterkast.console.cli.boundary import command
from meterkast.console.cli.options import PROFILE, SITE, Profile, Site
from meterkast.console.cli.pki.opening import now, require_pki, tenants_of
from meterkast.console.exits import Exit

Ahead = Annotated[
    bool, typer.Option("--ahead", help="Take those that were signed ahead and have begun; needs no key.")
]


def add(group: typer.Typer) -> None:
    """Adds the command."""
    examples = ("meterkast pki publish --site ./site", "meterkast pki publish --ahead --site ./site")
    command(group, "publish", examples=examples)(publish)


def publish(answer: Answer, ahead: Ahead = False, site: Site = SITE, profile: Profile = PROFILE) -> Exit:
    """Publish the revocation lists of every operator now; a running `pki serve` does so each hour.

    Where a token is gone, or `pki serve` cannot start without it, lists that were signed ahead keep the fleet
    going for some weeks. The root's lists are signed where the root is.
    """
    from meterkast.outside.trust import TrustFolder
    from meterkast.pki.tenants import publish_ahead

    require_pki(site)
    if ahead:
        replaced = publish_ahead(site / "pki", TrustFolder(site / "trust"), now())
        for operator, count in replaced.items():
            answer.text(f"{operator}: {count} lists that were signed ahead are out.")
        answer.document({"ahead": replaced})
        return Exit.DONE
    authorities = tenants_of(site, profile).all()
    for authority in authorities:
        authority.publish(now())
        answer.text(f"{authority.operator}: fresh lists are out.")
    answer.document({"published": [authority.operator for authority in authorities]})
    return Exit.DONE
