"""Questions to be answered: those of the dossier, or any set given as a file."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from meterkast.assurance.dossier.dossier import Dossier
from meterkast.assurance.report.deadline import due_on
from meterkast.assurance.report.sentence import Template, read_templates
from meterkast.assurance.report.words import Words
from meterkast.model.errors import DataError

_MAX_OCTETS = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question.

    Attributes:
        number: how people call it; the id where it has no number.
        asked_at: where it was asked; empty where nobody wrote it down.
        places: lines of the sources that bear on the answer.
        topics: what it asks for; each topic has its sentences.
        due: the day on which the answer is due; None where no term runs.
    """

    id: str
    number: str
    words: Words
    asked_at: str = ""
    places: frozenset[str] = frozenset()
    topics: tuple[str, ...] = ()
    due: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionSet:
    """Questions that are answered and signed together.

    Attributes:
        signatories: who must sign before the answers count as given; ids or names of parties.
        templates: sentences that the set brings along, beside the packaged ones.
    """

    id: str
    title: Words
    signatories: tuple[str, ...]
    questions: tuple[Question, ...]
    templates: tuple[Template, ...] = ()


def of_dossier(dossier: Dossier) -> QuestionSet:
    """The questions that the dossier itself holds."""
    head = dossier.head
    return QuestionSet(
        id=head.id,
        title=Words(head.title_nl, head.title_en),
        signatories=head.signatories,
        questions=tuple(
            Question(
                id=each.id,
                number=str(each.number),
                words=Words(each.text_nl, each.text_en),
                asked_at=str(each.asked_at),
                places=frozenset(str(place) for place in each.answered_at),
                topics=each.asks,
                due=each.due,
            )
            for each in dossier.questions
        ),
    )


def read_questions(path: Path) -> QuestionSet:
    """A question set from a TOML file of somebody's own.

    It holds ``id``, ``title_nl``, ``title_en``, ``signatories``, perhaps ``filed`` with ``term_days``, a
    ``[[question]]`` for each with ``id``, ``nl``, ``en``, ``topics`` and ``places``, and perhaps
    ``[[sentence]]`` tables as ``sentences.toml`` has them.

    Raises:
        DataError: ``questions-unreadable``, ``questions-malformed`` or ``questions-twice``.
    """
    try:
        octets = path.read_bytes()
        if len(octets) > _MAX_OCTETS:
            raise DataError(
                "questions-malformed",
                "A question set of more than 1 MiB is no question set.",
                where=path.name,
            )
        text = octets.decode()
        return _parsed(tomllib.loads(text), text, path.name)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DataError(
            "questions-unreadable", f"The question set cannot be read: {error}.", where=path.name
        ) from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError(
            "questions-malformed", f"A field is missing or of another kind: {error}.", where=path.name
        ) from error


def _parsed(document: Mapping[str, Any], text: str, name: str) -> QuestionSet:
    due = (
        due_on(document["filed"], timedelta(days=int(document["term_days"]))) if "filed" in document else None
    )
    questions = tuple(_question(row, due) for row in document["question"])
    _check(questions, name)
    return QuestionSet(
        id=str(document["id"]),
        title=Words(document["title_nl"], document["title_en"]),
        signatories=_texts(document.get("signatories", [])),
        questions=questions,
        templates=read_templates(text, name),
    )


def _question(row: Mapping[str, Any], due: date | None) -> Question:
    words = Words(row["nl"], row["en"])
    if not words.nl.strip() or not words.en.strip():
        raise ValueError(f"question {row['id']} has no text")
    return Question(
        id=str(row["id"]),
        number=str(row.get("number", row["id"])),
        words=words,
        asked_at=str(row.get("asked_at", "")),
        places=frozenset(_texts(row.get("places", []))),
        topics=_texts(row.get("topics", [])),
        due=row.get("due", due),
    )


def _texts(values: Sequence[str]) -> tuple[str, ...]:
    if isinstance(values, str) or not all(isinstance(value, str) for value in values):
        raise TypeError("a list of texts is asked")
    return tuple(values)


def _check(questions: Sequence[Question], name: str) -> None:
    seen: set[str] = set()
    for question in questions:
        if question.id in seen:
            raise DataError("questions-twice", f"Two questions have the id {question.id!r}.", where=name)
        seen.add(question.id)
