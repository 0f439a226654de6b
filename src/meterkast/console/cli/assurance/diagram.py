"""``meterkast assurance diagram``: the case drawn."""

from typing import Annotated

import typer

from meterkast.console.cli import output
from meterkast.console.cli.answer import Answer
from meterkast.console.cli.assurance import options
from meterkast.console.cli.boundary import command
from meterkast.console.cli.options import SITE, Site
from meterkast.console.exits import Exit
from meterkast.console.language import Language
from meterkast.model.errors import DataError

_EXAMPLES = (
    "meterkast assurance diagram -o case.svg",
    "meterkast assurance diagram vendors-weighed",
)


def add(group: typer.Typer) -> None:
    """Adds the command."""
    command(group, "diagram", examples=_EXAMPLES)(diagram)


def diagram(
    answer: Answer,
    claim: Annotated[str | None, typer.Argument(metavar="CLAIM", help="Begin at this claim.")] = None,
    file: options.Output = None,
    language: options.Lang = Language.EN,
    dossier: options.Dossier = None,
    site: Site = SITE,
) -> Exit:
    """Draw the case as SVG: claims, evidence and defeaters, each with the sign and the word of its status."""
    from meterkast.assurance.case import Standing
    from meterkast.assurance.case.diagram import draw

    standing = Standing.at(site, dossier=dossier)
    if claim is not None and claim not in standing.case.claims:
        raise DataError(
            "claim-unknown", f"There is no claim {claim!r}.", hint=", ".join(standing.case.claims)
        )
    return output.deliver(answer, draw(standing, language=language.value, claim=claim), file)
