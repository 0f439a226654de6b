"""Claims, the arguments that support them and the defeaters that attack them, as reviewed text files say."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from meterkast.assurance.case.reference import Kind, Reference
from meterkast.model.errors import DataError

DOSSIER = "nl-2026Z00004"
"""The dossier that ships with the product."""

_WORDS_IN_QUOTE = 20


class Needs(StrEnum):
    """How much of what stands below an argument it needs."""

    ALL = "all-of"
    ANY = "any-of"


class Effect(StrEnum):
    """What a defeater does to its claim where it holds."""

    REBUTS = "rebuts"
    """The claim is false: refuted."""
    UNDERCUTS = "undercuts"
    """The evidence does not carry the claim: open at best."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """Why what stands below supports the claim."""

    needs: Needs
    by: tuple[Reference, ...]
    nl: str = ""
    en: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Defeater:
    """What would make the claim false or its evidence idle.

    ``by`` is looked up: found and not refuted, it holds; not to be found, it stays open and weighs as well.
    """

    by: Reference
    effect: Effect
    nl: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One sentence, in both languages, with the place where it was said.

    Attributes:
        id: stable name, used on the command line and in evidence.
        nl: the sentence in Dutch.
        en: the sentence in English.
        source: document and line.
        quote: at most 20 words as they were said, in Dutch.
        owner: who answers for it.
        criticality: low, medium or high.
        probe: module of ``assurance.probes`` that proves it; empty where other evidence does.
        subjects: folders of the package whose code the evidence is about; a change makes it stale.
        rests_on: topics of the dossier that it rests on (``parts:C1``, ``rules``); the same.
        arguments: all of them must hold.
        defeaters: none of them may hold.
    """

    id: str
    nl: str
    en: str
    source: str
    quote: str = ""
    owner: str = ""
    criticality: str = "medium"
    probe: str = ""
    subjects: tuple[str, ...] = ()
    rests_on: tuple[str, ...] = ()
    arguments: tuple[Argument, ...] = ()
    defeaters: tuple[Defeater, ...] = ()

    def references(self) -> Iterator[Reference]:
        """Everything that its status is computed from."""
        for argument in self.arguments:
            yield from argument.by
        for defeater in self.defeaters:
            yield defeater.by


@dataclass(frozen=True, slots=True, kw_only=True)
class Argumentation:
    """All claims of a case, and the one on top."""

    goal: str
    claims: Mapping[str, Claim]

    def __post_init__(self) -> None:
        _check(self.goal, self.claims)

    def below(self, claim: str) -> tuple[str, ...]:
        """The claims that directly support this one, in order, each once."""
        found = (each.name for each in self.claims[claim].references() if each.kind is Kind.CLAIM)
        return tuple(dict.fromkeys(found))


@cache
def load_claims() -> tuple[Claim, ...]:
    """The claims that a probe proves on the running chain, in the order in which they are shown."""
    return tuple(_claims(_packaged("claims.toml"), "claims.toml"))


@cache
def load_case(dossier: str = DOSSIER) -> Argumentation:
    """The whole case of a packaged dossier: its goal, its claims, and those that probes prove.

    Raises:
        DataError: ``case-malformed``, ``claim-twice``, ``claim-unknown`` or ``claims-circular``.
    """
    name = f"data/case/{dossier}/case.toml"
    return read_case(_packaged(name), name)


def read_case(text: str, name: str) -> Argumentation:
    """A case from the text of its file, joined with the claims that probes prove; raises as ``load_case``."""
    claims: dict[str, Claim] = {}
    own = list(_claims(text, name))
    for claim in (*own, *load_claims()):
        if claim.id in claims:
            raise DataError(
                "claim-twice", f"Two claims have the id {claim.id!r}.", where=f"{name}: {claim.id}"
            )
        claims[claim.id] = claim
    if not own:
        raise DataError("case-malformed", "A case has at least one claim of its own.", where=name)
    return Argumentation(goal=own[0].id, claims=claims)


def _packaged(name: str) -> str:
    return files("meterkast.assurance").joinpath(name).read_text(encoding="utf-8")


def _claims(text: str, name: str) -> Iterator[Claim]:
    try:
        rows = tomllib.loads(text)["claim"]
        if not all(isinstance(each, dict) for each in rows):
            raise TypeError("claim")
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise DataError("case-malformed", "The file does not hold claims.", where=name) from error
    for row in rows:
        yield _claim(row, f"{name}: {row.get('id', '?')}")


def _claim(row: Mapping[str, Any], where: str) -> Claim:
    fields = dict(row)
    try:
        arguments = tuple(_argument(each, where) for each in fields.pop("argument", ()))
        defeaters = tuple(_defeater(each, where) for each in fields.pop("defeater", ()))
        if probe := fields.get("probe"):
            arguments = (Argument(needs=Needs.ALL, by=(Reference(Kind.PROBE, probe),)), *arguments)
        for listed in ("subjects", "rests_on"):
            fields[listed] = tuple(fields.get(listed, ()))
        claim = Claim(**fields, arguments=arguments, defeaters=defeaters)
    except (TypeError, KeyError, ValueError) as error:
        raise DataError(
            "case-malformed", "A claim is not complete or has a foreign field.", where=where
        ) from error
    if len(claim.quote.split()) > _WORDS_IN_QUOTE:
        raise DataError("case-malformed", "A quote has more than 20 words.", where=f"{where}.quote")
    return claim


def _argument(row: Mapping[str, Any], where: str) -> Argument:
    by = tuple(Reference.parse(each, where=where) for each in row["by"])
    return Argument(
        needs=Needs(row.get("needs", Needs.ALL)), by=by, nl=row.get("nl", ""), en=row.get("en", "")
    )


def _defeater(row: Mapping[str, Any], where: str) -> Defeater:
    by = Reference.parse(row["by"], where=where)
    if by.kind is Kind.CLAIM:
        raise DataError("case-malformed", "A defeater rests on evidence, not on a claim.", where=where)
    return Defeater(by=by, effect=Effect(row["effect"]), nl=row["nl"], en=row["en"])


def _check(goal: str, claims: Mapping[str, Claim]) -> None:
    """No claim may lean on one that is missing, or in the end on itself."""
    done: set[str] = set()
    path: list[str] = []

    def visit(name: str, wanted_by: str) -> None:
        if name not in claims:
            raise DataError("claim-unknown", f"There is no claim {name!r}.", where=wanted_by)
        if name in path:
            circle = " > ".join([*path[path.index(name) :], name])
            raise DataError("claims-circular", "A claim leans on itself.", where=circle)
        if name in done:
            return
        path.append(name)
        for reference in claims[name].references():
            if reference.kind is Kind.CLAIM:
                visit(reference.name, name)
        path.pop()
        done.add(name)

    for name in (goal, *claims):
        visit(name, "goal")
