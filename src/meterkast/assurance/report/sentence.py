"""Sentence templates: words as data, one template for each way in which a matter can stand."""

import string
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from meterkast.assurance.report.disclosure import Audience, Guarded
from meterkast.assurance.report.footnote import Footnote
from meterkast.assurance.report.mark import Mark
from meterkast.assurance.report.row import Matter, Row
from meterkast.assurance.report.words import Language, Words
from meterkast.model.errors import DataError

_BARE = {"ja", "nee", "yes", "no"}
_WORSE = {"asserted": Mark.ASSERTED, "open": Mark.OPEN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One sentence of an answer: never without a footnote, never a bare yes or no."""

    words: Words
    mark: Mark
    notes: tuple[Footnote, ...]

    def __post_init__(self) -> None:
        for text in (self.words.nl, self.words.en):
            if text.strip().rstrip(".!").lower() in _BARE:
                raise DataError("answer-bare", "An answer is never a bare yes or no.", where=text)
        if not self.notes:
            raise DataError("sentence-unfounded", "A sentence rests on nothing.", where=self.words.en)


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """How rows of one table become sentences.

    Attributes:
        topic: what it is an answer to; ``part:*`` is any topic that starts with ``part:``.
        table: whose rows it puts into words.
        where: which rows; the value ``@`` stands for what follows the colon of the topic.
        absent: speaks when there is no such row, instead of for each.
        notes: names of the footnotes that the sentence rests on; all of the row's where it is empty.
        mark: ``asserted`` or ``open`` where the sentence stands worse than its row; never better.
        words: the sentence, with the names of the row's fields in braces.
        file: where it stands, for complaints.
    """

    topic: str
    table: str
    where: Mapping[str, tuple[str, ...]]
    absent: bool
    notes: tuple[str, ...]
    mark: Mark | None
    words: Words
    file: str

    def speak(self, topic: str, matter: Matter, place: Footnote, audience: Audience) -> Iterator[Sentence]:
        """Its sentences on a topic; none where the topic is another's.

        Args:
            topic: what is asked for.
            matter: what is known.
            place: the footnote of what is not there.
            audience: who reads it.
        """
        if not self._fits(topic):
            return
        asked = topic.partition(":")[2]
        where = {
            tag: tuple(asked if each == "@" else each for each in wanted)
            for tag, wanted in self.where.items()
        }
        rows = matter.rows(self.table, where)
        if self.absent:
            if not rows:
                words = Words.each(lambda language: self.words[language].replace("{asked}", asked))
                yield Sentence(words=words, mark=Mark.OPEN, notes=(place,))
            return
        for row in rows:
            yield self.about(row, audience)

    def about(self, row: Row, audience: Audience) -> Sentence:
        """The sentence about one row.

        Raises:
            DataError: ``template-field-unknown``.
        """
        words = Words.each(lambda language: self._fill(row, audience, language))
        return Sentence(words=words, mark=self.mark or row.mark, notes=row.grounds(self.notes))

    def _fits(self, topic: str) -> bool:
        if self.topic.endswith(":*"):
            return topic.startswith(self.topic[:-1])
        return topic == self.topic

    def _fill(self, row: Row, audience: Audience, language: Language) -> str:
        fields = {name: _told(value, audience)[language] for name, value in row.fields.items()}
        try:
            text = self.words[language].format_map(fields)
        except KeyError as error:
            raise DataError(
                "template-field-unknown",
                f"A row of {self.table} has no field {error.args[0]!r}.",
                where=f"{self.file}: {self.topic}",
                hint=f"Choose from {', '.join(fields)}.",
            ) from error
        return text[:1].upper() + text[1:]


@cache
def load_templates() -> tuple[Template, ...]:
    """The packaged templates, in the order in which they speak."""
    name = "sentences.toml"
    return read_templates(files("meterkast.assurance.report").joinpath(name).read_text("utf-8"), name)


def read_templates(text: str, name: str) -> tuple[Template, ...]:
    """Templates from the text of a data file.

    Raises:
        DataError: ``template-malformed``.
    """
    try:
        rows = tomllib.loads(text).get("sentence", [])
        return tuple(_template(row, name) for row in rows)
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError("template-malformed", "The file does not hold sentences.", where=name) from error


def _template(row: Mapping[str, Any], name: str) -> Template:
    for name_of in ("topic", "table", "nl", "en"):
        if not isinstance(row[name_of], str):
            raise TypeError(name_of)
    words = Words(row["nl"], row["en"])
    for text in (words.nl, words.en):
        _check_fields(text)
    where = {
        tag: (value,) if isinstance(value, str) else tuple(value)
        for tag, value in row.get("where", {}).items()
    }
    return Template(
        topic=row["topic"],
        table=row["table"],
        where=where,
        absent=bool(row.get("absent", False)),
        notes=tuple(row.get("notes", ())),
        mark=_WORSE[row["mark"]] if "mark" in row else None,
        words=words,
        file=name,
    )


def _check_fields(text: str) -> None:
    """Nothing but plain names may stand in braces: a template never reaches into a value."""
    for _, field, form, conversion in string.Formatter().parse(text):
        if field is not None and (not field.isidentifier() or form or conversion):
            raise ValueError(field)


def _told(value: Words | Guarded, audience: Audience) -> Words:
    return value.reveal(audience) if isinstance(value, Guarded) else value
