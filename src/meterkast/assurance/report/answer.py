"""Answers: for each question the sentences that its topics and places call for, sorted by how they stand."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from meterkast.assurance.report.disclosure import Audience
from meterkast.assurance.report.footnote import Footnote
from meterkast.assurance.report.mark import Mark
from meterkast.assurance.report.question import Question
from meterkast.assurance.report.row import Matter, Row
from meterkast.assurance.report.sentence import Sentence, Template
from meterkast.assurance.report.words import Words, listing

HERE = "here"
"""Topic of the templates that speak of every row at the places of a question."""

_WITH_THE_QUESTION = {"gap", "development", "verdict"}


class Section(StrEnum):
    """Where in an answer a sentence stands."""

    KNOWN = "known"
    PROVEN = "proven"
    SAID = "said"
    OPEN = "open"

    @property
    def words(self) -> Words:
        """Its heading."""
        return _HEADINGS[self]


_HEADINGS = {
    Section.KNOWN: Words("Wat vastligt of volgt", "What is recorded or follows"),
    Section.PROVEN: Words("Wat is bewezen of verzegeld", "What is proven or sealed"),
    Section.SAID: Words("Wat wordt gesteld, zonder bewijs", "What is asserted, without evidence"),
    Section.OPEN: Words("Wat open blijft of niet klopt", "What stays open or does not hold"),
}
_FIRM = {Mark.PROVEN, Mark.COMPUTED, Mark.RECORDED, Mark.SEALED}
_SECTION = {
    Mark.COMPUTED: Section.KNOWN,
    Mark.RECORDED: Section.KNOWN,
    Mark.PROVEN: Section.PROVEN,
    Mark.SEALED: Section.PROVEN,
    Mark.ATTENTION: Section.PROVEN,
    Mark.ASSERTED: Section.SAID,
    Mark.OPEN: Section.OPEN,
    Mark.STALE: Section.OPEN,
    Mark.REFUTED: Section.OPEN,
    Mark.GAP: Section.OPEN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One question with its answer.

    Attributes:
        opening: how the sentences stand, counted; it takes the place of a yes or no.
    """

    question: Question
    opening: Words
    sentences: tuple[Sentence, ...]

    def sections(self) -> Iterator[tuple[Section, tuple[Sentence, ...]]]:
        """The sentences under their headings; a heading without sentences is left out."""
        for section in Section:
            sentences = tuple(each for each in self.sentences if _SECTION[each.mark] is section)
            if sentences:
                yield section, sentences


def answer(question: Question, matter: Matter, templates: Sequence[Template], audience: Audience) -> Answer:
    """Answers one question. A topic that nothing speaks of is said to be unanswered, never left out."""
    place = asked_at(question)
    sentences: list[Sentence] = []
    for topic in question.topics:
        spoken = [
            sentence for template in templates for sentence in template.speak(topic, matter, place, audience)
        ]
        sentences += spoken or [_silence(place, topic)]
    sentences += _here(question, matter, templates, audience)
    unique = tuple({(each.words.nl, each.mark): each for each in sentences}.values()) or (
        _silence(place, ""),
    )
    return Answer(question=question, opening=_opening(unique), sentences=unique)


def asked_at(question: Question) -> Footnote:
    """The question itself as a footnote: all that one has where an answer is missing."""
    place = question.asked_at
    return Footnote(
        id=f"question:{question.id}",
        mark=Mark.OPEN,
        words=Words(
            f"vraag {question.number}: {question.words.nl}",
            f"question {question.number}: {question.words.en}",
        ),
        place=place,
        proof={
            "question": question.words.to_dict(),
            "asked_at": place,
            "looked_at": sorted(question.places),
            "topics": list(question.topics),
            "found": "nothing in the dossier, the rules or the case speaks to this",
        },
    )


def _here(
    question: Question, matter: Matter, templates: Sequence[Template], audience: Audience
) -> Iterator[Sentence]:
    for template in templates:
        if template.topic == HERE:
            for row in matter.rows(template.table, template.where):
                if _belongs(row, question):
                    yield template.about(row, audience)


def _belongs(row: Row, question: Question) -> bool:
    asked = {question.asked_at} if row.table in _WITH_THE_QUESTION else set()
    return not row.places.isdisjoint(question.places | asked)


def _silence(place: Footnote, topic: str) -> Sentence:
    about = f" ({topic})" if topic else ""
    return Sentence(
        words=Words(
            f"Op dit punt{about} geven dossier, regels en bewijs geen antwoord.",
            f"On this point{about} the dossier, the rules and the evidence give no answer.",
        ),
        mark=Mark.OPEN,
        notes=(place,),
    )


def _opening(sentences: Sequence[Sentence]) -> Words:
    """What stands in the place of a yes or a no: how many sentences have which ground."""
    counts = Counter(sentence.mark for sentence in sentences)
    parts = listing(
        [
            Words(f"{counts[mark]} {mark.words.nl}", f"{counts[mark]} {mark.words.en}")
            for mark in Mark
            if counts[mark]
        ]
    )
    if all(mark in _FIRM for mark in counts):
        return Words(
            f"Alles hieronder heeft een grond: {parts.nl}.", f"All of the below has its ground: {parts.en}."
        )
    return Words(
        f"Een kaal ja of nee past hier niet. De zinnen hieronder: {parts.nl}.",
        f"A bare yes or no does not fit here. The sentences below: {parts.en}.",
    )
