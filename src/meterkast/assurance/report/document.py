"""The report as one value: answers, fact sheet, deadline, and the footnotes with their numbers."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from meterkast import __version__
from meterkast.assurance.dossier.fact import Source
from meterkast.assurance.report.answer import Answer
from meterkast.assurance.report.deadline import Deadline
from meterkast.assurance.report.disclosure import Audience
from meterkast.assurance.report.factsheet import Entry
from meterkast.assurance.report.footnote import Footnote
from meterkast.assurance.report.mark import Mark
from meterkast.assurance.report.sentence import Sentence
from meterkast.assurance.report.words import Words

NO_ADVICE = Words(
    "Dit is geen juridisch advies. Wat iemand stelt, staat er als bewering en niet als feit.",
    "This is no legal advice. What somebody asserts stands here as an assertion and not as a fact.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything that a pack, a page or a document says.

    Attributes:
        at: the day for which rules are evaluated.
        made_at: when it was made, Unix seconds.
        signatories: names of those who must sign, in the order of the question set.
        notes: every footnote that is used, in order of first use.
        sources: the documents that the places name, with address and hash.
    """

    id: str
    title: Words
    at: date
    made_at: float
    audience: Audience
    signatories: tuple[str, ...]
    answers: tuple[Answer, ...]
    sheet: tuple[Entry, ...]
    deadline: Deadline | None
    notes: tuple[Footnote, ...]
    sources: tuple[Source, ...]

    def note(self, id: str) -> Footnote | None:
        """The footnote of that id."""
        return next((each for each in self.notes if each.id == id), None)

    def marks(self) -> tuple[Mark, ...]:
        """Those that occur, for the legend."""
        used = {sentence.mark for sentence in sentences(self.answers, self.sheet)}
        return tuple(mark for mark in Mark if mark in used)

    def to_dict(self) -> dict[str, Any]:
        """The whole report as JSON-able values."""
        numbers = {note.id: place for place, note in enumerate(self.notes, start=1)}
        return {
            "id": self.id,
            "title": self.title.to_dict(),
            "at": self.at.isoformat(),
            "made_at": datetime.fromtimestamp(self.made_at, UTC).isoformat(timespec="seconds"),
            "audience": self.audience.value,
            "tool": f"meterkast {__version__}",
            "no_legal_advice": NO_ADVICE.to_dict(),
            "signatories": list(self.signatories),
            "deadline": self.deadline.to_dict() if self.deadline else None,
            "legend": [
                {
                    "mark": mark.value,
                    "sign": mark.sign,
                    "word": mark.words.to_dict(),
                    "meaning": mark.meaning.to_dict(),
                }
                for mark in self.marks()
            ],
            "fact_sheet": [
                {
                    "heading": entry.heading.value,
                    "title": entry.heading.words.to_dict(),
                    "lines": [_sentence(line, numbers) for line in entry.lines],
                }
                for entry in self.sheet
            ],
            "answers": [
                {
                    "id": each.question.id,
                    "number": each.question.number,
                    "question": each.question.words.to_dict(),
                    "asked_at": each.question.asked_at or None,
                    "due": each.question.due.isoformat() if each.question.due else None,
                    "opening": each.opening.to_dict(),
                    "sections": [
                        {
                            "section": section.value,
                            "title": section.words.to_dict(),
                            "sentences": [_sentence(sentence, numbers) for sentence in spoken],
                        }
                        for section, spoken in each.sections()
                    ],
                }
                for each in self.answers
            ],
            "notes": [
                {
                    "number": numbers[note.id],
                    "id": note.id,
                    "mark": note.mark.value,
                    "sign": note.mark.sign,
                    "text": note.words.to_dict(),
                    "place": note.place,
                    "date": note.day.isoformat() if note.day else None,
                    "confidence": note.confidence or None,
                    "proof": f"evidence/{note.file}",
                }
                for note in self.notes
            ],
            "sources": [
                {
                    "id": source.id,
                    "title": source.title,
                    "url": source.url or None,
                    "date": source.date.isoformat() if source.date else None,
                    "sha256": source.sha256,
                    "confidence": source.confidence.value,
                }
                for source in self.sources
            ],
        }


def sentences(answers: tuple[Answer, ...], sheet: tuple[Entry, ...]) -> Iterator[Sentence]:
    """Every sentence of the report, in reading order."""
    for entry in sheet:
        yield from entry.lines
    for answer in answers:
        for _, spoken in answer.sections():
            yield from spoken


def numbered(answers: tuple[Answer, ...], sheet: tuple[Entry, ...]) -> tuple[Footnote, ...]:
    """The footnotes in order of first use, each once."""
    return tuple({note.id: note for each in sentences(answers, sheet) for note in each.notes}.values())


def _sentence(sentence: Sentence, numbers: dict[str, int]) -> dict[str, Any]:
    return {
        "text": sentence.words.to_dict(),
        "mark": sentence.mark.value,
        "sign": sentence.mark.sign,
        "notes": [numbers[note.id] for note in sentence.notes],
        "date": next((note.day.isoformat() for note in sentence.notes if note.day), None),
    }
