"""The dossier as a whole, and how to find one's way in it."""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, TypeVar

from meterkast.assurance.dossier.component import Component, Part
from meterkast.assurance.dossier.contract import Contract
from meterkast.assurance.dossier.fact import Fact, Ref, Source
from meterkast.assurance.dossier.party import Ownership, Party
from meterkast.assurance.dossier.procedure import Procedure, Requirement
from meterkast.assurance.dossier.record import (
    Analysis,
    Article,
    Audit,
    Citation,
    Decision,
    Development,
    Question,
    Statement,
)
from meterkast.model.errors import DataError

R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What the dossier is: its stable id, the languages of its title, its questions' day."""

    id: str
    title_nl: str
    title_en: str
    signatories: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """Everything that two public texts say, as data; the order is that of the files.

    Attributes:
        head: what it is about.
        facts: facts that belong to no other record, by name.
    """

    head: Head
    sources: tuple[Source, ...] = ()
    parties: tuple[Party, ...] = ()
    ownerships: tuple[Ownership, ...] = ()
    components: tuple[Component, ...] = ()
    parts: tuple[Part, ...] = ()
    contracts: tuple[Contract, ...] = ()
    procedures: tuple[Procedure, ...] = ()
    requirements: tuple[Requirement, ...] = ()
    questions: tuple[Question, ...] = ()
    statements: tuple[Statement, ...] = ()
    audits: tuple[Audit, ...] = ()
    analyses: tuple[Analysis, ...] = ()
    decisions: tuple[Decision, ...] = ()
    citations: tuple[Citation, ...] = ()
    articles: tuple[Article, ...] = ()
    developments: tuple[Development, ...] = ()
    facts: dict[str, Fact[Any]] = field(default_factory=dict)

    def source(self, id: str) -> Source:
        """The source of that id. This and its neighbours raise DataError ``dossier-unknown-id``."""
        return _one(self.sources, "source", id)

    def party(self, id: str) -> Party:
        """The party of that id."""
        return _one(self.parties, "party", id)

    def component(self, id: str) -> Component:
        """The component of that id."""
        return _one(self.components, "component", id)

    def contract(self, id: str) -> Contract:
        """The contract of that id."""
        return _one(self.contracts, "contract", id)

    def procedure(self, id: str) -> Procedure:
        """The procedure of that id."""
        return _one(self.procedures, "procedure", id)

    def question(self, id: str) -> Question:
        """The question of that id: ``Q1``."""
        return _one(self.questions, "question", id)

    def statement(self, id: str) -> Statement:
        """The statement of that id."""
        return _one(self.statements, "statement", id)

    def resolve(self, name: str) -> Party | None:
        """The party that goes by this name, whether legal name or alias, whatever the case and the spaces."""
        sought = _plain(name)
        for party in self.parties:
            names = (party.legal_name or "", *party.aliases)
            if sought in {_plain(known) for known in names if known}:
                return party
        return None

    def asked(self, topic: str) -> tuple[Ref, ...]:
        """Where somebody asked for a topic."""
        return tuple(question.asked_at for question in self.questions if topic in question.asks)

    def all_facts(self) -> dict[str, Fact[Any]]:
        """Every fact by its path: ``contracts.module.units``, ``components.C1.properties.actuator``.

        Facts of ``facts.toml`` go by their bare name.
        """
        nested = {
            path: fact
            for member in fields(self)
            for path, fact in _facts(member.name, getattr(self, member.name))
        }
        return {path.removeprefix("facts."): fact for path, fact in nested.items()}

    def place(self, ref: Ref) -> str:
        """A place as people read it: the title of the source and the line."""
        title = self.source(ref.source).title
        return title if ref.line is None else f"{title}, {ref.source}:{ref.line}"


def _one(records: tuple[R, ...], kind: str, id: str) -> R:
    for record in records:
        if getattr(record, "id", None) == id:
            return record
    raise DataError("dossier-unknown-id", f"The dossier has no {kind} {id!r}.", where=kind)


def _plain(name: str) -> str:
    return " ".join(name.replace("\xa0", " ").casefold().split())


def _facts(path: str, value: object) -> Iterator[tuple[str, Fact[Any]]]:
    if isinstance(value, Fact):
        yield path, value
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _facts(f"{path}.{getattr(item, 'id', None) or getattr(item, 'party', index)}", item)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _facts(f"{path}.{name}", item)
    elif is_dataclass(value):
        for member in fields(value):
            yield from _facts(f"{path}.{member.name}", getattr(value, member.name))
