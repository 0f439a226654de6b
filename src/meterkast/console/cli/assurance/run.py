"""``meterkast assurance run``: every claim proven against a running chain."""

import asyncio
from typing import Annotated

import typer

from meterkast.console.cli.answer import Answer
from meterkast.console.cli.assurance import claims
from meterkast.console.cli.boundary import command
from meterkast.console.cli.options import SITE, Site
from meterkast.console.exits import Exit

_EXAMPLES = (
    "meterkast assurance run",
    "meterkast assurance run --only module-has-no-switch --json",
)


def add(group: typer.Typer) -> None:
    """Adds the command."""
    command(group, "run", examples=_EXAMPLES)(run)


def run(
    answer: Answer,
    only: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Prove this claim only; may be given again.")
    ] = None,
    computed: Annotated[
        bool, typer.Option("--computed", help="Only compute rules, models and gaps anew; no chain.")
    ] = False,
    site: Site = SITE,
) -> Exit:
    """Prove the claims against a running chain: every probe, and every mutant that it must catch.

    Ends with 1 where a claim is not proven.
    """
    from meterkast.assurance import case

    if computed:
        count = case.refresh(site)
        answer.text(f"{count} computations signed.")
        answer.document({"signed": count})
        return Exit.DONE
    chosen = tuple(only or ())
    found = asyncio.run(case.run(site, only=chosen, on_progress=answer.note))
    asked = [each for each in found if not chosen or each.id in chosen]
    answer.document({"claims": claims.documents(asked)})
    for each in asked:
        for line in claims.lines(each):
            answer.text(line)
    return claims.ended(asked)
