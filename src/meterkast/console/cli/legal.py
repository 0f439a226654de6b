"""How commands about rules and law speak: one dossier, two languages, and what they never are at the end."""

import shutil
import time
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from meterkast.console.cli.answer import Answer
from meterkast.console.cli.options import day
from meterkast.console.language import Language
from meterkast.model.calendar import AMSTERDAM
from meterkast.model.errors import DataError

if TYPE_CHECKING:
    from meterkast.assurance.dossier import Dossier
    from meterkast.assurance.rules import Ground

Lang = Annotated[Language, typer.Option("--lang", help="Language of the sentences.")]
DossierFolder = Annotated[
    Path | None, typer.Option("--dossier", metavar="DIR", help="Another dossier than the packaged one.")
]
At = Annotated[
    date | None, typer.Option("--at", parser=day, metavar="DAY", help="On this day; today without it.")
]


def today() -> date:
    """The local day."""
    return datetime.fromtimestamp(time.time(), AMSTERDAM).date()


def opened(folder: Path | None) -> "Dossier":
    """A dossier that fits together; rules over one that does not would say something of nothing.

    Raises:
        DataError: what is wrong first, with file and field.
    """
    from meterkast.assurance import dossier as dossiers
    from meterkast.model.finding import Severity

    found = dossiers.load(folder)
    errors = [each for each in dossiers.validate(found) if each.severity is Severity.ERROR]
    if errors:
        raise DataError(
            errors[0].code,
            errors[0].message,
            where=None if folder is None else str(folder),
            hint=f"{len(errors)} in all; `meterkast assurance dossier` lists every finding.",
        )
    return found


def told(language: Language, nl: str, en: str) -> str:
    """The sentence in the language that was asked for."""
    return nl if language is Language.NL else en


def paragraph(answer: Answer, text: str, indent: int = 0) -> None:
    """Prints text within the width of the terminal."""
    from meterkast.assurance.case.outline import wrapped

    width = max(60, min(110, shutil.get_terminal_size((100, 24)).columns))
    for line in wrapped(text, indent, width=width):
        answer.text(line)


def ground(fact: "Ground", language: Language) -> str:
    """A fact as one line: what, value, place, and whether the place was read."""
    unread = told(language, "onbevestigd", "unconfirmed") if fact.confidence == "unconfirmed" else ""
    place = ", ".join(part for part in (fact.ref, unread) if part)
    return f"{fact.what} = {fact.value}" + (f" ({place})" if place else "")


def notice() -> dict[str, str]:
    """What machines are told at the end of every answer about law."""
    from meterkast.assurance.rules import NO_LEGAL_ADVICE_EN, NO_LEGAL_ADVICE_NL

    return {"nl": NO_LEGAL_ADVICE_NL, "en": NO_LEGAL_ADVICE_EN}


def close(answer: Answer, language: Language) -> None:
    """The last line for people."""
    answer.text("")
    answer.text(notice()[language.value])
