"""The fact sheet: scope, numbers, value, term, options and entities, each line with its source and day."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from meterkast.assurance.report.disclosure import Audience
from meterkast.assurance.report.footnote import Footnote
from meterkast.assurance.report.mark import Mark
from meterkast.assurance.report.row import Matter
from meterkast.assurance.report.sentence import Sentence, Template
from meterkast.assurance.report.words import Words


class Heading(StrEnum):
    """What was asked for, in the order of the question."""

    SCOPE = "scope"
    NUMBERS = "numbers"
    VALUE = "value"
    TERM = "term"
    OPTIONS = "options"
    ENTITIES = "entities"

    @property
    def words(self) -> Words:
        """The heading in both languages."""
        return _WORDS[self]


_WORDS = {
    Heading.SCOPE: Words("Scope", "Scope"),
    Heading.NUMBERS: Words("Aantallen", "Numbers"),
    Heading.VALUE: Words("Contractwaarde", "Contract value"),
    Heading.TERM: Words("Looptijd", "Term"),
    Heading.OPTIONS: Words("Opties", "Options"),
    Heading.ENTITIES: Words("Betrokken entiteiten", "Entities involved"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One heading with its lines; where nothing is known, its only line says so."""

    heading: Heading
    lines: tuple[Sentence, ...]


def fact_sheet(
    matter: Matter, templates: Sequence[Template], place: Footnote, audience: Audience
) -> tuple[Entry, ...]:
    """All six headings. ``place`` is the footnote of a heading that the dossier leaves empty."""
    entries = []
    for heading in Heading:
        topic = f"sheet.{heading.value}"
        lines = [
            sentence for template in templates for sentence in template.speak(topic, matter, place, audience)
        ]
        entries.append(Entry(heading=heading, lines=tuple(lines) or (_empty(place),)))
    return tuple(entries)


def _empty(place: Footnote) -> Sentence:
    return Sentence(
        words=Words("Niet vermeld in dit dossier.", "Not stated in this dossier."),
        mark=Mark.OPEN,
        notes=(place,),
    )
