"""``meterkast tender routes``: legal routes on a day, the one for a purchase, and what each can carry."""

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from meterkast.console.cli.answer import Answer
from meterkast.console.cli.boundary import command
from meterkast.console.cli.legal import At, Lang, close, notice, paragraph, today, told
from meterkast.console.exits import Exit
from meterkast.console.language import Language

if TYPE_CHECKING:
    from meterkast.assurance.rules.routes import Route


def add(group: typer.Typer) -> None:
    """Adds the command to the group of the tender."""
    command(
        group,
        "routes",
        examples=(
            "meterkast tender routes --at 2026-02-04",
            "meterkast tender routes --no-essential-interest --classified",
        ),
    )(routes)


def routes(
    answer: Answer,
    at: At = None,
    essential_interest: Annotated[
        bool | None,
        typer.Option(
            "--essential-interest/--no-essential-interest",
            help="An essential interest of national security is at stake.",
        ),
    ] = None,
    lesser_means_fail: Annotated[
        bool | None,
        typer.Option(
            "--lesser-means-fail/--no-lesser-means-fail",
            help="Less intrusive means are listed and rejected with reasons.",
        ),
    ] = None,
    necessary: Annotated[
        bool | None, typer.Option("--necessary/--no-necessary", help="Necessity is stated.")
    ] = None,
    proportionate: Annotated[
        bool | None, typer.Option("--proportionate/--no-proportionate", help="Proportionality is stated.")
    ] = None,
    classified: Annotated[
        bool | None, typer.Option("--classified/--no-classified", help="Classified information is involved.")
    ] = None,
    language: Lang = Language.EN,
) -> Exit:
    """Which legal routes there are on a day, which one a purchase goes by, and what each can carry.

    A question that is not answered stays open: then every route that is still possible is named.
    """
    from meterkast.assurance.rules import choice, matrix
    from meterkast.assurance.rules import routes as law

    on = at or today()
    answers = {
        "essential-interest": essential_interest,
        "lesser-means-fail": lesser_means_fail,
        "necessary": necessary,
        "proportionate": proportionate,
        "classified": classified,
    }
    table = choice()
    fitting, missing = table.fitting(answers), table.missing(answers)
    possible = list(dict.fromkeys(row.route for row in fitting))
    cells = matrix(on)
    answer.document(
        {
            "at": on.isoformat(),
            "routes": [_route(each, on) for each in law().route],
            "questions": [
                {"id": each.id, "text": {"nl": each.text_nl, "en": each.text_en}, "answer": answers[each.id]}
                for each in table.question
            ],
            "possible": possible,
            "decided": None if missing else possible[0],
            "because": [{"nl": row.because_nl, "en": row.because_en} for row in fitting],
            "missing": [each.id for each in missing],
            "confidence": table.confidence.value,
            "matrix": [
                {
                    "measure": cell.measure,
                    "route": cell.route,
                    "grade": cell.grade.value,
                    "status": None if cell.status is None else cell.status.value,
                    "usable_today": cell.usable_today,
                }
                for cell in cells
            ],
            "no_legal_advice": notice(),
        }
    )
    for each in law().route:
        _tell_route(answer, each, on, language)
    answer.text("")
    if missing:
        answer.text("? " + told(language, "nog mogelijk: ", "still possible: ") + ", ".join(possible))
        for question in missing:
            paragraph(
                answer, f"{told(language, question.text_nl, question.text_en)}  --[no-]{question.id}", 4
            )
    else:
        answer.text("✓ " + told(language, "de weg is ", "the route is ") + possible[0])
        for row in fitting:
            paragraph(answer, told(language, row.because_nl, row.because_en), 4)
    answer.text("")
    for line in _matrix(on, language):
        answer.text(line)
    close(answer, language)
    return Exit.DONE


def _route(route: "Route", on: date) -> dict[str, Any]:
    from meterkast.assurance.rules.timeline import version_at

    version = version_at(route.version, on)
    return {
        "id": route.id,
        "law": {"nl": route.law_nl, "en": route.law_en},
        "who": {"nl": route.who_nl, "en": route.who_en},
        "power": {"nl": route.power_nl, "en": route.power_en},
        "source": route.source,
        "confidence": route.confidence.value,
        "status": None if version is None else version.status.value,
        "since": None if version is None else version.valid_from.isoformat(),
        "until": None if version is None or version.valid_to is None else version.valid_to.isoformat(),
        "status_confidence": None if version is None else version.confidence.value,
    }


def _tell_route(answer: Answer, route: "Route", on: date, language: Language) -> None:
    from meterkast.assurance.dossier import Confidence
    from meterkast.assurance.rules.timeline import version_at

    version = version_at(route.version, on)
    if version is None:
        standing, sign = told(language, f"geen tekst bekend op {on}", f"no text known on {on}"), "?"
    else:
        sign = "✓" if version.status.binding else "✎"
        since = told(language, "sinds", "since")
        standing = f"{getattr(version.status, language.value)}, {since} {version.valid_from}"
    unread = version is None or Confidence.UNCONFIRMED in (route.confidence, version.confidence)
    read = (
        told(language, "onbevestigd", "unconfirmed")
        if unread
        else told(language, "tekst gelezen", "text verified")
    )
    answer.text(f"{sign} {route.id:<15} {standing}  [{read}]")
    law, power = (
        told(language, route.law_nl, route.law_en),
        told(language, route.power_nl, route.power_en),
    )
    paragraph(answer, f"{law}: {power}", 4)


_SHORT = {
    "allowed": ("toegestaan", "allowed"),
    "conditional": ("voorwaarden", "conditional"),
    "no": ("nee", "no"),
    "na": ("n.v.t.", "n/a"),
}
_CELL = 15


def _matrix(on: date, language: Language) -> Iterator[str]:
    from meterkast.assurance.rules import matrix
    from meterkast.assurance.rules.measures import measures

    table = measures()
    cells = {(cell.measure, cell.route): cell for cell in matrix(on)}
    yield f"{told(language, 'maatregel', 'measure'):<28}" + "".join(
        f"{each:<{_CELL}}" for each in table.routes
    )
    for measure in table.measure:
        row = ""
        for route in table.routes:
            cell = cells[measure.id, route]
            word = told(language, *_SHORT[cell.grade.value])
            row += f"{word + (' ✎' if cell.grade.usable and not cell.usable_today else ''):<{_CELL}}"
        yield f"{measure.id:<28}{row}".rstrip()
    yield told(
        language,
        "✎ de tekst bindt nog niet op die dag; eigen lezing, een jurist moet bevestigen.",
        "✎ the text does not bind on that day; own reading, a lawyer must confirm.",
    )
