"""``pki request``: what a site brings to a ceremony, and to the root days after it."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from meterkast.console.cli.answer import Answer
from meterkast.console.cli.boundary import command
from meterkast.console.cli.options import PROFILE, SITE, Profile, Site
from meterkast.console.cli.pki.opening import now
from meterkast.console.exits import Exit
from meterkast.model import deployment
from meterkast.model.errors import LocalError


def add(group: typer.Typer) -> None:
    """Adds the command."""
    examples = (
        "meterkast pki request ./ceremony/requests --site ./site",
        "meterkast pki request ./requests --operator enexis --site ./site",
        "meterkast pki request ./requests --revoke device --authority device --site ./site",
    )
    command(group, "request", examples=examples)(request)


def request(
    answer: Answer,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the requests are written.")],
    site: Site = SITE,
    operator: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Another operator; one that is new asks to be admitted."),
    ] = None,
    authority: Annotated[
        list[str] | None,
        typer.Option(metavar="LABEL", help="A new authority, such as device; may be repeated."),
    ] = None,
    revoke: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="An authority to be revoked, such as device-g2.")
    ] = None,
    lists_until: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Until when there must be lists of the root."),
    ] = None,
    next_root: Annotated[
        bool,
        typer.Option("--next-root", help="A root that follows the present one, and authorities below it."),
    ] = False,
    profile: Profile = PROFILE,
) -> Exit:
    """Make the keys of a site's issuing authorities, and the requests that they bring to a ceremony.

    Before there is a PKI, these are for the ceremony that makes its root. Afterwards each call adds to what
    is wanted of the next root day: new authorities (all four, where nothing else is said), an operator, a
    revocation.

    The keys are made where ``pki/issuing/keystore.toml`` of the site says, and stay there.
    """
    from meterkast.pki.authority import ISSUING
    from meterkast.pki.ceremony.wishes import is_founded, wish

    pki = site / "pki"
    _require_labels(authority or [])
    if not is_founded(pki):
        if operator or authority or revoke or lists_until or next_root:
            message = "There is no PKI in this state folder, so that there is no root day to ask for."
            raise LocalError(
                "site-without-pki", message, where=str(site), hint="Give the folder and --site alone."
            )
        return _first(answer, folder, pki, profile)
    everything = next_root or not (revoke or lists_until)
    wanted = wish(
        pki,
        folder,
        now=now(),
        operator=operator,
        labels=authority or (ISSUING if everything else ()),
        revoke=revoke or (),
        lists_until=lists_until.replace(tzinfo=UTC).date() if lists_until else None,
        next_root=next_root,
        profile=profile,
    )
    for each in wanted.files():
        answer.text(str(folder / each))
    answer.text(f"All that is wanted stands in {folder / 'wanted.toml'}.")
    answer.document(_document(folder, wanted.files()))
    return Exit.DONE


def _first(answer: Answer, folder: Path, pki: Path, profile: deployment.Profile) -> Exit:
    from meterkast.outside.keystore import open_keystore
    from meterkast.pki.authority import ISSUING, issuing_folder
    from meterkast.pki.ceremony.requests import make_requests
    from meterkast.pki.ruling import rules_of

    keystore, rules = open_keystore(issuing_folder(pki, ""), profile), rules_of(pki)
    paths = make_requests(ISSUING, keystore, folder, rules=rules, now=now())
    answer.document(_document(folder, [path.name for path in paths]))
    for path in paths:
        answer.text(str(path))
    return Exit.DONE


def _document(folder: Path, files: Iterable[str]) -> dict[str, Any]:
    return {"requests": [str(folder / each) for each in files]}


def _require_labels(labels: list[str]) -> None:
    from meterkast.pki.authority import ISSUING

    for label in labels:
        if label not in ISSUING:
            hint = f"Give one of {', '.join(ISSUING)}."
            raise LocalError(
                "pki-authority-unknown", "There is no such kind of authority.", where=label, hint=hint
            )
