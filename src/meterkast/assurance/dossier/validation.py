"""What does not fit together in a dossier: findings that name file and field, all of them.

An error makes what is computed from the dossier unfit for a verdict. A warning is something that a reader
must know: the sources themselves leave it so.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from itertools import combinations
from typing import Any

from meterkast.assurance.dossier import ownership, parts
from meterkast.assurance.dossier.component import Component, Part
from meterkast.assurance.dossier.contract import Contract
from meterkast.assurance.dossier.countries import COUNTRIES
from meterkast.assurance.dossier.dossier import Dossier
from meterkast.assurance.dossier.fact import Fact, Ref, quote_too_long
from meterkast.assurance.dossier.loading import FILES
from meterkast.assurance.dossier.party import Ownership
from meterkast.assurance.dossier.procedure import Procedure, Requirement
from meterkast.assurance.dossier.record import Analysis, Audit, Citation, Decision, Question, Statement
from meterkast.model.errors import DataError
from meterkast.model.finding import Finding, Severity

_PLACES = {member: (file, name) for file, kinds in FILES.items() for name, (member, _) in kinds.items()}
_TOLERANCE = 1e-9


def validate(dossier: Dossier) -> list[Finding]:
    """All findings about a dossier, in the order of its files."""
    return [finding for check in _CHECKS for finding in check(dossier)]


def _finding(code: str, place: str, text: str, severity: Severity = Severity.ERROR) -> Finding:
    return Finding(code=f"dossier-{code}", severity=severity, message=f"{place}: {text}")


def _records(dossier: Dossier) -> Iterator[tuple[str, Any]]:
    """Every record with its place: ``parties.toml: party kaifa``."""
    for member, (file, name) in _PLACES.items():
        for index, record in enumerate(getattr(dossier, member), start=1):
            yield f"{file}: {name} {getattr(record, 'id', index)}", record
    for id, fact in dossier.facts.items():
        yield f"facts.toml: {id}", fact


def _duplicates(dossier: Dossier) -> Iterator[Finding]:
    counted = Counter(place for place, _ in _records(dossier))
    for place, times in counted.items():
        if times > 1:
            yield _finding("id-twice", f"{place}.id", f"this id is given {times} times")


def _leaves(place: str, value: object) -> Iterator[tuple[str, Any]]:
    """Every value in a record with the place of its field, records inside included."""
    if isinstance(value, (tuple, list)):
        for index, item in enumerate(value):
            yield from _leaves(f"{place}[{index}]", item)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _leaves(f"{place}.{name}", item)
    else:
        yield place, value
        if is_dataclass(value):
            for field in fields(value):
                yield from _leaves(f"{place}.{field.name.replace('_', '-')}", getattr(value, field.name))


def _sources(dossier: Dossier) -> Iterator[Finding]:
    known = {source.id for source in dossier.sources}
    for place, record in _records(dossier):
        for field, value in _leaves(place, record):
            if isinstance(value, Ref) and value.source not in known:
                yield _finding("source-missing", field, f"there is no source {value.source!r}")
            elif field.endswith(".quote") and quote_too_long(value):
                yield _finding("quote-too-long", field, "a quote holds 20 words at most")


def _named(dossier: Dossier) -> Iterator[tuple[str, str, str]]:
    """Place, kind and id of everything that a record names in another."""
    for place, record in _records(dossier):
        for field, kind in _POINTERS.get(type(record), {}).items():
            for id in _follow(record, field.split(".")):
                yield f"{place}.{field.replace('_', '-')}", kind, id


def _follow(value: object, steps: list[str]) -> Iterator[str]:
    """The ids at the end of a way through fields and tuples."""
    if isinstance(value, tuple):
        for item in value:
            yield from _follow(item, steps)
    elif value is not None and steps:
        yield from _follow(getattr(value, steps[0]), steps[1:])
    elif isinstance(value, str):
        yield value


_POINTERS: dict[type, dict[str, str]] = {
    Ownership: {"owner": "party", "owned": "party"},
    Component: {"vendors": "party"},
    Part: {"component": "component", "vendor": "party", "party": "party", "contains": "part"},
    Contract: {
        "component": "component",
        "procedure": "procedure",
        "operators": "party",
        "awards.party": "party",
        "take_over.by": "party",
        "take_over.instead_of": "party",
    },
    Procedure: {"component": "component"},
    Requirement: {"components": "component"},
    Question: {"about": "subject"},
    Statement: {"actor": "party", "about": "subject", "rests_on": "component", "article": "article"},
    Audit: {"component": "component"},
    Analysis: {"by": "party", "about": "subject", "inputs": "analysis"},
    Decision: {"deciders": "party", "about": "subject"},
    Citation: {"document": "source"},
}


def _dangling(dossier: Dossier) -> Iterator[Finding]:
    known: dict[str, set[str]] = {
        name: {getattr(record, "id", "") for record in getattr(dossier, member)}
        for member, (_, name) in _PLACES.items()
    }
    known["subject"] = set().union(
        *(known[kind] for kind in ("component", "party", "contract", "procedure", "audit"))
    )
    for place, kind, id in _named(dossier):
        if id not in known[kind]:
            yield _finding("reference-dangling", place, f"there is no {kind} {id!r}")
    for signatory in dossier.head.signatories:
        if signatory not in known["party"]:
            yield _finding(
                "reference-dangling", "dossier.toml.signatories", f"there is no party {signatory!r}"
            )


def _countries(dossier: Dossier) -> Iterator[Finding]:
    for party in dossier.parties:
        for field in ("seat", "origin"):
            fact: Fact[str | None] | None = getattr(party, field)
            if fact and fact.value is not None and fact.value not in COUNTRIES:
                yield _finding(
                    "country-unknown",
                    f"parties.toml: party {party.id}.{field}",
                    f"{fact.value!r} is no country",
                )
    for part in dossier.parts:
        for aspect in parts.Aspect:
            country = aspect.of(part)
            if country is not None and country not in COUNTRIES:
                yield _finding(
                    "country-unknown", f"parts.toml: part {part.id}.{aspect}", f"{country!r} is no country"
                )


def _shares(dossier: Dossier) -> Iterator[Finding]:
    for tie in dossier.ownerships:
        if isinstance(tie.share.value, float) and not 0 <= tie.share.value <= 1:
            yield _finding(
                "share-out-of-range", f"parties.toml: ownership {tie.id}.share", "a share lies from 0 to 1"
            )
        elif isinstance(tie.share.value, str) and tie.share.value != "majority":
            yield _finding(
                "share-unreadable", f"parties.toml: ownership {tie.id}.share", "a number, or 'majority'"
            )
    held: dict[str, float] = defaultdict(float)
    for tie in ownership.direct(dossier, ownership.Reading.MILDEST):
        held[tie.owned] += tie.least
    for owned, whole in held.items():
        if whole > 1 + _TOLERANCE:
            yield _finding(
                "shares-over-whole", f"parties.toml: ownership of {owned}.share", f"owners hold {whole:.0%}"
            )
    for contract in dossier.contracts:
        whole = sum(contract.shares.values())
        if abs(whole - 1) > _TOLERANCE:
            code = "shares-over-whole" if whole > 1 else "shares-under-whole"
            yield _finding(
                code, f"contracts.toml: contract {contract.id}.awards", f"shares come to {whole:.0%}"
            )


def _ownership_loops(dossier: Dossier) -> Iterator[Finding]:
    for group in ownership.loops(dossier):
        yield _finding(
            "ownership-loop",
            "parties.toml: ownership.owned",
            f"{', '.join(group)} own one another",
            Severity.WARNING,
        )
    for reading in ownership.Reading:
        try:
            ownership.integrated(dossier, reading)
        except DataError as error:
            yield _finding("ownership-closed", f"{error.where}.share", f"{error.message} ({reading} reading)")


def _one_day(dossier: Dossier) -> Iterator[Finding]:
    """Two statements about one tie on one day: no date tells which came later."""
    for one, other in combinations(dossier.ownerships, 2):
        if (one.owner, one.owned, one.share.date) == (other.owner, other.owned, other.share.date):
            yield _finding(
                "statements-one-day",
                f"parties.toml: ownership {other.id}.share.date",
                f"{one.id} speaks of the same tie on the same day, {one.share.date}; the worst drives",
                Severity.WARNING,
            )


def _circular(dossier: Dossier) -> Iterator[Finding]:
    try:
        parts.positions(dossier)
    except DataError as error:
        yield _finding("parts-circular", str(error.where), error.message)


_CHECKS: tuple[Callable[[Dossier], Iterator[Finding]], ...] = (
    _duplicates,
    _sources,
    _dangling,
    _countries,
    _shares,
    _ownership_loops,
    _one_day,
    _circular,
)
