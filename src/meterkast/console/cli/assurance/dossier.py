"""``meterkast assurance dossier`` and ``gaps``: what the texts hold, and where they fail each other."""

from dataclasses import fields

import typer

from meterkast.console.cli.answer import Answer
from meterkast.console.cli.assurance import options
from meterkast.console.cli.assurance.width import width
from meterkast.console.cli.boundary import command
from meterkast.console.exits import Exit
from meterkast.console.language import Language
from meterkast.model.finding import Severity

_EXAMPLES = ("meterkast assurance dossier", "meterkast assurance dossier --dossier mine/ --json")


def add(group: typer.Typer) -> None:
    """Adds the commands."""
    command(group, "dossier", examples=_EXAMPLES)(dossier_checked)
    command(group, "gaps", examples=("meterkast assurance gaps --lang nl",))(gaps)


def dossier_checked(answer: Answer, dossier: options.Dossier = None) -> Exit:
    """What the dossier holds, and what is wrong with it: file and field of every finding.

    Ends with 1 where a finding is an error.
    """
    from meterkast.assurance import dossier as dossiers

    facts = dossiers.load(dossier)
    findings = dossiers.validate(facts)
    counts = {each.name: len(getattr(facts, each.name)) for each in fields(facts) if each.name != "head"}
    answer.document(
        {"dossier": facts.head.id, "counts": counts, "findings": [each.to_dict() for each in findings]}
    )
    answer.text(f"{facts.head.id}  {facts.head.title_en}")
    answer.text(" · ".join(f"{count} {name}" for name, count in counts.items() if count))
    for finding in findings:
        answer.text(
            f"{'✗' if finding.severity is Severity.ERROR else '!'} {finding.message} [{finding.code}]"
        )
    wrong = any(each.severity is Severity.ERROR for each in findings)
    return Exit.FAILED if wrong else Exit.DONE


def gaps(answer: Answer, language: options.Lang = Language.EN, dossier: options.Dossier = None) -> Exit:
    """Where the texts contradict each other or leave something out, found by computation."""
    from meterkast.assurance import dossier as dossiers
    from meterkast.assurance.case.outline import wrapped
    from meterkast.assurance.dossier import gaps as finder

    found = finder.find(dossiers.load(dossier))
    answer.document(
        {
            "gaps": [
                {
                    "id": each.id,
                    "kind": each.kind.value,
                    "subject": each.subject,
                    "text": {"nl": each.text_nl, "en": each.text_en},
                    "places": [str(place) for place in each.places],
                }
                for each in found
            ]
        }
    )
    for each in found:
        places = ", ".join(str(place) for place in each.places)
        answer.text(f"{each.id:<4} {each.kind.value}  ({places})")
        text = each.text_nl if language is Language.NL else each.text_en
        for line in wrapped(text, 5, width=width()):
            answer.text(line)
    return Exit.DONE
