"""``pki create``: root, issuing authorities, and the keys of the site's own servers."""

from pathlib import Path
from typing import Annotated

import typer

from meterkast.console.cli.answer import Answer
from meterkast.console.cli.boundary import command
from meterkast.console.cli.options import SITE, Site
from meterkast.console.cli.pki.opening import OPERATOR, Operator, now
from meterkast.console.exits import Exit


def add(group: typer.Typer) -> None:
    """Adds the commands."""
    examples = (
        "meterkast pki create --site ./site --operator stadsnet",
        "meterkast pki create --site ./site --ceremony ./ceremony",
    )
    command(group, "create", examples=examples)(create)


def create(
    answer: Answer,
    site: Site = SITE,
    operator: Operator = OPERATOR,
    log: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The transparency log's name for ever: a URL without its scheme."),
    ] = None,
    ceremony: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A ceremony whose root and authorities are taken over.")
    ] = None,
) -> Exit:
    """Found a site: root, issuing authorities, transparency log, and the certificates of its servers.

    With a ceremony the root stays in its token; the authorities' keys are where ``pki request`` made them.
    """
    from cryptography.hazmat.primitives import hashes

    from meterkast.pki.ceremony.reading import read_outcome
    from meterkast.pki.site import LOG_ORIGIN
    from meterkast.pki.site import Site as TrustedSite

    outcome = None if ceremony is None else read_outcome(ceremony)
    made = TrustedSite.create(
        site, operator=operator, now=now(), log_origin=log or LOG_ORIGIN, ceremony=outcome
    )
    (root,) = made.trust.anchors()
    fingerprint = root.fingerprint(hashes.SHA256()).hex()
    answer.text(f"{site} has a root, issuing authorities, a log and certificates for its servers.")
    answer.text(f"SHA-256 of its root: {fingerprint}")
    if outcome is None:
        folder = site / "pki" / "root"
        answer.text(f"Take {folder} off line now: nothing needs it until an authority is renewed.")
    else:
        answer.text(
            "Ask those who were at the ceremony whether it is theirs: the transcript proves itself alone."
        )
        answer.text(f"The lists that the root has signed last until {outcome.lists_end():%Y-%m-%d}.")
    answer.document({"site": str(site), "operator": operator, "root_sha256": fingerprint})
    return Exit.DONE
