"""``pki admit`` and ``pki roll``: what needs the root, which is off line otherwise."""

from typing import Annotated

import typer

from meterkast.console.cli.answer import Answer
from meterkast.console.cli.boundary import command
from meterkast.console.cli.options import SITE, Site
from meterkast.console.cli.pki.opening import authority_of, now
from meterkast.console.exits import Exit

Tenant = Annotated[str, typer.Argument(metavar="OPERATOR", help="Name of the operator that joins.")]
Newest = Annotated[int, typer.Option(min=1, help="How many roots count from now on, the newest first.")]


def add(group: typer.Typer) -> None:
    """Adds the commands."""
    command(group, "admit", examples=("meterkast pki admit enexis --site ./site",))(admit)
    command(group, "roll", examples=("meterkast pki roll --site ./site",))(roll)
    command(group, "retire", examples=("meterkast pki retire --newest 1 --site ./site",))(retire)


def admit(answer: Answer, operator: Tenant, site: Site = SITE) -> Exit:
    """Let another operator join: authorities, inventory and trust folder of its own, under the same root."""
    from meterkast.pki.founding import admit_tenant
    from meterkast.pki.root import Root

    rules = authority_of(site).rules
    pki = site / "pki"
    authority = admit_tenant(pki, Root(pki / "root", rules), operator=operator, now=now())
    answer.text(f"{operator} has authorities of its own; its trust folder is {authority.trust.path}.")
    answer.document({"operator": operator, "trust": str(authority.trust.path)})
    return Exit.DONE


def roll(answer: Answer, site: Site = SITE) -> Exit:
    """Make the next root and issuing authorities below it; the ones before go on counting until retired.

    Keys are of the algorithms that the rules now want. Gateways fetch the new root by themselves.
    """
    from meterkast.pki.founding import renew_authorities
    from meterkast.pki.root import Root

    authority = authority_of(site)
    root = Root(site / "pki" / "root", authority.rules)
    root.roll(operator=authority.operator, now=now())
    renew_authorities(authority, root, now())
    roots = len(authority.trust.anchors())
    answer.text(
        f"{roots} roots count now. Renew the servers, then retire the old root once all have followed."
    )
    answer.document({"roots": roots})
    return Exit.DONE


def retire(answer: Answer, newest: Newest = 1, site: Site = SITE) -> Exit:
    """Let old roots count no more: what still hangs below them is refused from now on."""
    from meterkast.pki.root import Root

    authority = authority_of(site)
    Root(site / "pki" / "root", authority.rules).publish(authority.trust, now=now(), newest=newest)
    roots = len(authority.trust.anchors())
    answer.text(f"{roots} roots count now.")
    answer.document({"roots": roots})
    return Exit.DONE
