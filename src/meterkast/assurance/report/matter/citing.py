"""Footnotes to the dossier: a fact or a place, with the document behind it pinned by its hash."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from meterkast.assurance.dossier.dossier import Dossier
from meterkast.assurance.dossier.fact import Fact, Ref
from meterkast.assurance.report.disclosure import Guarded
from meterkast.assurance.report.footnote import Footnote
from meterkast.assurance.report.mark import Mark
from meterkast.assurance.report.words import UNKNOWN, Words


class Citing:
    """Makes the footnotes of one dossier; the same fact always gets the same footnote."""

    def __init__(self, dossier: Dossier) -> None:
        self.dossier = dossier
        self._paths = {id(fact): path for path, fact in dossier.all_facts().items()}

    def fact(self, fact: Fact[Any], *, value: Words | Guarded | None = None) -> Footnote:
        """A fact. What it says is shown as its quote; a guarded ``value`` keeps quote and value back."""
        path = self._paths.get(id(fact), str(fact.ref))
        quote = _spaces(fact.quote)
        told: dict[str, Any] = {"value": _plain(fact.value), "quote": quote or None}
        words = Words.same(f"“{quote}”") if quote else _said(path, fact)
        if isinstance(value, Guarded):
            told = {"value": value, "quote": Guarded(Words.same(quote), value.disclosure) if quote else None}
            words = Words.same(path)
        return Footnote(
            id=f"fact:{path}",
            mark=Mark.OPEN if fact.value is None else Mark.RECORDED,
            words=words,
            place=str(fact.ref),
            day=fact.date or self._source_date(fact.ref),
            confidence=fact.confidence.value,
            proof={
                "fact": path,
                **told,
                "confidence": fact.confidence.value,
                "source": self.source(fact.ref),
            },
        )

    def place(
        self, kind: str, name: str, ref: Ref, words: Words, mark: Mark, more: Mapping[str, Any]
    ) -> Footnote:
        """Something else that stands at a place of a source."""
        return Footnote(
            id=f"{kind}:{name}",
            mark=mark,
            words=words,
            place=str(ref),
            day=self._source_date(ref),
            confidence=self.dossier.source(ref.source).confidence.value,
            proof={**more, "source": self.source(ref)},
        )

    def source(self, ref: Ref) -> dict[str, Any]:
        """Where to look: document, line, address, and the hash that pins it."""
        source = self.dossier.source(ref.source)
        return {
            "place": str(ref),
            "title": source.title,
            "url": source.url or None,
            "sha256": source.sha256,
            "date": source.date.isoformat() if source.date else None,
            "retrieved": source.retrieved.isoformat() if source.retrieved else None,
            "confidence": source.confidence.value,
        }

    def name(self, party: str) -> Words:
        """What to call a party; what is no party's id is a name already."""
        for each in self.dossier.parties:
            if each.id == party:
                return Words(each.name("nl"), each.name("en"))
        return Words.same(party)

    def component(self, id: str) -> Words:
        """The name of a component."""
        component = self.dossier.component(id)
        return Words(component.name_nl, component.name_en)

    def _source_date(self, ref: Ref) -> date | None:
        return self.dossier.source(ref.source).date


def lower(words: Words) -> Words:
    """As it stands within a sentence; what holds several capitals is a name and keeps them."""
    return Words(_lowered(words.nl), _lowered(words.en))


def _lowered(text: str) -> str:
    capitals = sum(letter.isupper() for letter in text)
    return text[:1].lower() + text[1:] if capitals == 1 else text


def _said(path: str, fact: Fact[Any]) -> Words:
    """A fact that no quote goes with: its name, and the value if there is one."""
    if fact.value is None:
        return Words(f"{path}: {UNKNOWN.nl}", f"{path}: {UNKNOWN.en}")
    return Words.same(f"{path}: {_plain(fact.value)}")


def _spaces(text: str) -> str:
    return " ".join(text.split())


def _plain(value: object) -> object:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return [_plain(item) for item in value] if isinstance(value, tuple | list) else str(value)
