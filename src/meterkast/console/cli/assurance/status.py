"""``meterkast assurance status``: how the case stands, from its goal down."""

from datetime import datetime
from typing import Annotated

import typer

from meterkast.console.cli.answer import Answer
from meterkast.console.cli.assurance import claims, options
from meterkast.console.cli.assurance.width import width
from meterkast.console.cli.boundary import command
from meterkast.console.cli.options import SITE, Site
from meterkast.console.exits import Exit
from meterkast.console.language import Language
from meterkast.model.calendar import AMSTERDAM
from meterkast.model.errors import DataError

_EXAMPLES = (
    "meterkast assurance status",
    "meterkast assurance status nobody-reads-along --lang nl",
    "meterkast assurance status --at 2026-02-04",
)


def add(group: typer.Typer) -> None:
    """Adds the command."""
    command(group, "status", examples=_EXAMPLES)(status)


def status(
    answer: Answer,
    claim: Annotated[str | None, typer.Argument(metavar="CLAIM", help="One claim and its evidence.")] = None,
    language: options.Lang = Language.EN,
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="TIME", help="As it was known then (ISO 8601; local without offset)."),
    ] = None,
    dossier: options.Dossier = None,
    site: Site = SITE,
) -> Exit:
    """How the case stands: its goal, the claims below it, and what keeps each from standing better.

    Ends with 1 where a claim that a probe proves is not proven. Notes for software; no legal advice.
    """
    from meterkast.assurance.case import Standing, outline
    from meterkast.assurance.case.claim import load_claims

    standing = Standing.at(site, dossier=dossier, known_at=None if at is None else _instant(at))
    if claim is not None and claim not in standing.case.claims:
        hint = f"Choose from {', '.join(standing.case.claims)}."
        raise DataError("claim-unknown", f"There is no claim {claim!r}.", hint=hint)
    asked = [standing.state(each.id) for each in load_claims() if claim in (None, each.id)]
    answer.document(
        {
            "goal": standing.case.goal,
            "status": standing.judged[standing.case.goal].status.value,
            "claims": claims.documents(asked),
            "case": [each.to_dict() for each in standing.judged.values() if claim in (None, each.claim.id)],
        }
    )
    lines = (
        outline.one(standing, claim, language=language.value, width=width())
        if claim
        else outline.whole(standing, language=language.value, width=width())
    )
    for line in lines:
        answer.text(line)
    return claims.ended(asked)


def _instant(text: str) -> float:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise DataError(
            "time-malformed", f"{text!r} is not a time.", where="--at", hint="Write it as 2026-03-02T14:00."
        ) from None
    return (at if at.tzinfo else at.replace(tzinfo=AMSTERDAM)).timestamp()
