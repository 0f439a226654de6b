"""``meterkast assurance``: run the case against a chain, and say how its claims stand."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from meterkast.console.cli.answer import Answer
from meterkast.console.cli.boundary import command
from meterkast.console.cli.options import SITE, Site
from meterkast.console.exits import Exit

if TYPE_CHECKING:
    from meterkast.street.state import ClaimState

_SIGNS = {"proven": "✓", "refuted": "✗"}

_EXAMPLES = (
    "meterkast assurance run",
    "meterkast assurance run --only module-has-no-switch --json",
)


def add(app: typer.Typer) -> None:
    """Adds the commands."""
    group = typer.Typer(
        help="The assurance case: public promises about the meter, executed.", no_args_is_help=True
    )
    command(group, "run", examples=_EXAMPLES)(run)
    command(group, "status")(status)
    app.add_typer(group, name="assurance")


def run(
    answer: Answer,
    only: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Prove this claim only; may be given again.")
    ] = None,
    site: Site = SITE,
) -> Exit:
    """Prove the claims against a running chain: every probe, and every mutant that it must catch.

    Ends with 1 where a claim is not proven.
    """
    from meterkast.assurance import case

    chosen = tuple(only or ())
    claims = asyncio.run(case.run(site, only=chosen, on_progress=answer.note))
    return _tell(answer, [claim for claim in claims if not chosen or claim.id in chosen])


def status(answer: Answer, site: Site = SITE) -> Exit:
    """How the claims stood when they were last proven. Ends with 1 where one is not proven."""
    from meterkast.assurance import case

    return _tell(answer, case.status(site))


def _tell(answer: Answer, claims: "Sequence[ClaimState]") -> Exit:
    from dataclasses import asdict

    from meterkast.model.calendar import iso_local

    answer.document({"claims": [asdict(claim) for claim in claims]})
    for claim in claims:
        proven = "never" if claim.proven_at is None else iso_local(int(claim.proven_at))
        answer.text(f"{_SIGNS.get(claim.status, '?')} {claim.status:<9} {claim.id}  ({proven})")
        answer.text(f"    {claim.text_en}")
        if claim.detail:
            answer.text(f"    {claim.detail}")
    return Exit.DONE if all(claim.status == "proven" for claim in claims) else Exit.FAILED
