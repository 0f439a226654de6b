"""``pki admit``, ``roll``, ``root-list``, ``retire`` and ``adopt``: what needs the root, or comes from it."""

from pathlib import Path
from typing import Annotated

import typer

from meterkast.console.cli.answer import Answer
from meterkast.console.cli.boundary import command
from meterkast.console.cli.options import PROFILE, SITE, Profile, Site
from meterkast.console.cli.pki.opening import authority_of, now, tenants_of
from meterkast.console.cli.pki.options import Tenant
from meterkast.console.exits import Exit

Joining = Annotated[str, typer.Argument(metavar="OPERATOR", help="Name of the operator that joins.")]
Newest = Annotated[int, typer.Option(min=1, help="How many roots count from now on, the newest first.")]


def add(group: typer.Typer) -> None:
    """Adds the commands."""
    command(group, "admit", examples=("meterkast pki admit enexis --site ./site",))(admit)
    rolls = ("meterkast pki roll --site ./site", "meterkast pki roll --operator enexis --site ./site")
    command(group, "roll", examples=rolls)(roll)
    command(group, "root-list", examples=("meterkast pki root-list --site ./site",))(root_list)
    command(group, "retire", examples=("meterkast pki retire --newest 1 --site ./site",))(retire)
    command(group, "adopt", examples=("meterkast pki adopt ./day --site ./site",))(adopt)


def admit(answer: Answer, operator: Joining, site: Site = SITE, profile: Profile = PROFILE) -> Exit:
    """Let another operator join: authorities, inventory and trust folder of its own, under the same root."""
    from meterkast.pki.founding import admit_tenant, root_of

    rules = authority_of(site, profile=profile).rules
    root = root_of(site / "pki", rules, profile)
    authority = admit_tenant(site / "pki", root, operator=operator, now=now(), profile=profile)
    answer.text(f"{operator} has authorities of its own; its trust folder is {authority.trust.path}.")
    answer.document({"operator": operator, "trust": str(authority.trust.path)})
    return Exit.DONE


def roll(answer: Answer, site: Site = SITE, operator: Tenant = None, profile: Profile = PROFILE) -> Exit:
    """Make the next root, and issuing authorities below it for every operator.

    With `--operator` that operator alone gets new issuing authorities, below the newest root that there is.
    What was before goes on counting, roots until they are retired. Keys are of the algorithms that the rules
    now want. Gateways fetch the new root by themselves. Killed in the middle, it goes on when given again.
    """
    from meterkast.pki.founding import renew_authorities, roll_root, root_of

    authority = authority_of(site, operator, profile)
    root = root_of(site / "pki", authority.rules, profile)
    if operator is None:
        renewed = roll_root(tenants_of(site, profile).all(), root, now())
    else:
        renewed = [renew_authorities(authority, root, now())]
    roots, names = len(authority.trust.anchors()), [each.operator for each in renewed]
    answer.text(f"{roots} roots count now; {', '.join(names)} issues below the newest.")
    answer.text("Renew the servers now, and retire the old root once all have followed.")
    answer.document({"roots": roots, "renewed": names})
    return Exit.DONE


def root_list(answer: Answer, site: Site = SITE, profile: Profile = PROFILE) -> Exit:
    """Sign the root's own lists anew, for every operator: once a year, with the root's folder here.

    No root is retired by it. Roots from ceremonies sign theirs on a root day.
    """
    from meterkast.pki.founding import publish_roots, root_of

    authority, pki = authority_of(site), site / "pki"
    publish_roots(pki, authority.trust, root_of(pki, authority.rules, profile), now=now())
    roots = {root.subject for root in authority.trust.anchors()}
    lists = [each for each in authority.trust.crls() if each.issuer in roots]
    told = [{"root": each.issuer.rfc4514_string(), "until": str(each.next_update_utc)} for each in lists]
    for row in told:
        answer.text(f"{row['root']}: signed anew, until {row['until']}")
    answer.document({"lists": told})
    return Exit.DONE


def retire(answer: Answer, newest: Newest, site: Site = SITE, profile: Profile = PROFILE) -> Exit:
    """Let old roots count no more, with any operator: what still hangs below them is refused from now on.

    A root in files is opened for that; roots from ceremonies stay where they are.
    """
    from meterkast.pki.ceremony.day_adoption import retire_roots
    from meterkast.pki.founding import is_from_ceremony, publish_roots, root_of

    authority, pki = authority_of(site), site / "pki"
    if is_from_ceremony(pki):
        retire_roots(pki, authority.trust, newest=newest, now=now())
    else:
        root = root_of(pki, authority.rules, profile)
        publish_roots(pki, authority.trust, root, now=now(), newest=newest)
    roots = len(authority.trust.anchors())
    answer.text(f"{roots} roots count now.")
    answer.document({"roots": roots})
    return Exit.DONE


def adopt(
    answer: Answer,
    day: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the root day.")],
    site: Site = SITE,
    profile: Profile = PROFILE,
) -> Exit:
    """Take over what a root day has made: authorities, operators, roots and the root's lists.

    Its transcript is verified first, and it must follow the last ceremony that was taken over.
    """
    from meterkast.pki.ceremony.day_adoption import adopt_day
    from meterkast.pki.ceremony.reading import read_outcome

    trust, outcome = authority_of(site, profile=profile).trust, read_outcome(day)
    adopt_day(outcome, site / "pki", trust, now=now(), profile=profile)
    names = [f"{each.operator}: {each.name}" for each in outcome.authorities]
    revoked = sorted({serial for root in outcome.roots for serial in outcome.revoked(root)})
    for name in names:
        answer.text(f"{name} issues from now on.")
    roots = len(trust.anchors())
    answer.text(f"{roots} roots count now; their lists hold {len(revoked)} revoked authorities.")
    answer.text(f"The lists that the root has signed last until {outcome.lists_end():%Y-%m-%d}.")
    answer.text("Renew the servers' certificates now.")
    answer.document(
        {
            "authorities": [{"operator": each.operator, "name": each.name} for each in outcome.authorities],
            "revoked": [f"{serial:x}" for serial in revoked],
            "roots": roots,
            "lists_until": outcome.lists_end().isoformat(timespec="seconds"),
        }
    )
    return Exit.DONE
