"""``meterkast assurance mission``: how far every sentence of the two texts is answered."""

from typing import Annotated

import typer

from meterkast.console.cli.answer import Answer
from meterkast.console.cli.assurance import options
from meterkast.console.cli.assurance.width import width
from meterkast.console.cli.boundary import command
from meterkast.console.cli.options import SITE, Site
from meterkast.console.exits import Exit
from meterkast.console.language import Language
from meterkast.model.errors import DataError

_EXAMPLES = ("meterkast assurance mission", "meterkast assurance mission --state open --json")


def add(group: typer.Typer) -> None:
    """Adds the command."""
    command(group, "mission", examples=_EXAMPLES)(mission)


def mission(
    answer: Answer,
    row: Annotated[str | None, typer.Argument(metavar="ROW", help="One row, such as M010.")] = None,
    state: Annotated[str | None, typer.Option(metavar="STATE", help="Only rows of this state.")] = None,
    language: options.Lang = Language.EN,
    dossier: options.Dossier = None,
    site: Site = SITE,
) -> Exit:
    """How far every sentence of the two texts is answered.

    A state is proven, computed, recorded, asserted, sealed or open, computed from what the row rests on.
    How we know is one thing, what comes out another: a rule that is not met was computed as well.
    Research notes for software; no legal advice.
    """
    from meterkast.assurance.case import Standing, outline
    from meterkast.assurance.case import mission as missions

    if state is not None and state not in tuple(missions.State):
        hint = f"Choose from {', '.join(missions.State)}."
        raise DataError("state-unknown", f"There is no state {state!r}.", where="--state", hint=hint)
    standing = Standing.at(site, dossier=dossier)
    stated = missions.states(missions.at(dossier), standing.resolve)
    shown = [each for each in stated if row in (None, each.row.id) and state in (None, each.state.value)]
    answer.document([each.to_dict() for each in shown])
    for each in shown:
        for line in outline.row(each, language=language.value, width=width(), full=row is not None):
            answer.text(line)
    answer.text("")
    answer.text(outline.tally(stated, language=language.value))
    return Exit.DONE
