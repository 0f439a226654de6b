"""``meterkast tender``: what rules and law say of a purchase, who can be trusted, and what excluding does."""

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any

import typer

from meterkast.console.cli import exclusion, routes, trust
from meterkast.console.cli.answer import Answer
from meterkast.console.cli.boundary import command
from meterkast.console.cli.legal import (
    At,
    DossierFolder,
    Lang,
    close,
    ground,
    notice,
    opened,
    paragraph,
    today,
    told,
)
from meterkast.console.exits import Exit
from meterkast.console.language import Language
from meterkast.model.errors import LocalError

if TYPE_CHECKING:
    from datetime import date

    from meterkast.assurance.dossier import Dossier
    from meterkast.assurance.rules import Verdict


def add(app: typer.Typer) -> None:
    """Adds the commands."""
    group = typer.Typer(
        help="Buying and excluding by rules, law and policy. No legal advice.", no_args_is_help=True
    )
    command(
        group,
        "rules",
        examples=(
            "meterkast tender rules",
            "meterkast tender rules --at 2026-02-04 --outcome fail --outcome flag --lang nl",
            "meterkast tender rules --dossier mine/ --rule DUAL-HW --json",
        ),
    )(rules)
    routes.add(group)
    trust.add(group)
    exclusion.add(group)
    app.add_typer(group, name="tender")


def rules(
    answer: Answer,
    at: At = None,
    dossier: DossierFolder = None,
    outcome: Annotated[
        list[str] | None,
        typer.Option(
            metavar="OUTCOME",
            help="Only fail, open, pending, prepared, flag or pass; may be given again.",
        ),
    ] = None,
    rule: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Only this rule; may be given again.")
    ] = None,
    language: Lang = Language.EN,
) -> Exit:
    """What every dated rule says of the dossier on a day, with the fact that decides.

    Ends with 0 whatever the rules say: a rule that is not met is an answer, and no error.
    """
    from meterkast.assurance.rules import Outcome, rule_book

    book = rule_book()
    _known("outcome", outcome, tuple(Outcome))
    _known("rule", rule, tuple(each.id for each in book.rule))
    on = at or today()
    facts = opened(dossier)
    verdicts = [
        each
        for each in _evaluated(facts, on)
        if (not outcome or each.outcome in outcome) and (not rule or each.rule in rule)
    ]
    counts = Counter(each.outcome for each in verdicts)
    answer.document(
        {
            "dossier": facts.head.id,
            "at": on.isoformat(),
            "counts": {each.value: counts[each] for each in Outcome},
            "verdicts": [_flat(each) for each in verdicts],
            "no_legal_advice": notice(),
        }
    )
    for id, group in groupby(verdicts, key=lambda verdict: verdict.rule):
        named = book.get(id)
        answer.text(f"{id}  {told(language, named.title_nl, named.title_en)}")
        for verdict in group:
            _tell(answer, verdict, language)
    answer.text("")
    tally = [
        f"{counts[each]} {each.sign} {getattr(each, language.value)}" for each in Outcome if counts[each]
    ]
    number = told(language, f"{len(verdicts)} oordelen", f"{len(verdicts)} verdicts")
    answer.text(" · ".join([f"{facts.head.id}, {on}: {number}", *tally]))
    close(answer, language)
    return Exit.DONE


def _evaluated(facts: "Dossier", on: "date") -> "list[Verdict]":
    from meterkast.assurance import framework, rules, tender

    return [each for room in (rules, framework, tender) for each in room.evaluate(facts, on)]


def _known(option: str, given: list[str] | None, names: tuple[str, ...]) -> None:
    for name in given or ():
        if name not in names:
            raise LocalError(
                "option-unknown",
                f"--{option} does not know {name!r}.",
                where=f"--{option}",
                hint=f"Take one of {', '.join(names)}.",
            )


def _flat(verdict: "Verdict") -> dict[str, Any]:
    flat = verdict.to_dict()
    facts = flat["facts"]
    assert isinstance(facts, list)
    return {**flat, "deciding": facts[0] if facts else None}


def _tell(answer: Answer, verdict: "Verdict", language: Language) -> None:
    outcome = verdict.outcome
    answer.text(f"  {outcome.sign} {getattr(outcome, language.value):<16} {verdict.subject}")
    paragraph(answer, told(language, verdict.explanation_nl, verdict.explanation_en), 6)
    if verdict.facts:
        paragraph(answer, "↳ " + ground(verdict.facts[0], language), 6)
