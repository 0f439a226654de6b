"""What somebody says, and what stands written: facts and statements of a dossier, tests of the product."""

import ast
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path

import meterkast
from meterkast.assurance.case.reference import Outcome, Reference
from meterkast.assurance.case.status import Status
from meterkast.assurance.dossier import Dossier
from meterkast.assurance.dossier.fact import Fact

SOURCES = "sources."
"""Facts of this name are documents: ``fact:sources.S3``."""

_ROOT = Path(meterkast.__file__).parents[2]


def fact(reference: Reference, dossier: Dossier, facts: Mapping[str, Fact[object]], at: date) -> Outcome:
    """A sourced fact. A document proves that somebody said so, and no more: ``asserted``.

    A fact whose value is unknown, or that was said after ``at``, leaves the claim open.
    """
    found = facts.get(reference.name)
    if found is None:
        return _missing(reference, "the dossier has no such fact")
    place = dossier.place(found.ref)
    said_on = found.date or dossier.source(found.ref.source).date
    if found.value is None:
        return Outcome(
            reference=reference,
            found=True,
            status=Status.OPEN,
            nl="niet vermeld",
            en="not stated",
            where=place,
        )
    if said_on is not None and said_on > at:
        return _missing(reference, f"said on {said_on}, after the day that is asked for")
    text = f"{found.value} ({found.ref}, {found.confidence})"
    return Outcome(reference=reference, found=True, status=Status.ASSERTED, nl=text, en=text, where=place)


def source(reference: Reference, dossier: Dossier) -> Outcome:
    """A document that the dossier names, pinned by its hash or said not to have been retrieved."""
    found = next((each for each in dossier.sources if f"{SOURCES}{each.id}" == reference.name), None)
    if found is None:
        return _missing(reference, "the dossier has no such source")
    pin = f"SHA-256 {found.sha256}" if found.sha256 else None
    return Outcome(
        reference=reference,
        found=True,
        status=Status.ASSERTED,
        nl=f"{found.title}: {pin or 'niet opgehaald'}",
        en=f"{found.title}: {pin or 'not retrieved'}",
        where=found.url,
    )


def assertion(reference: Reference, dossier: Dossier, at: date) -> Outcome:
    """A statement of an actor: ``asserted``, whoever it is."""
    statement = next((each for each in dossier.statements if each.id == reference.name), None)
    if statement is None:
        return _missing(reference, "the dossier has no such statement")
    said_on = dossier.source(statement.ref.source).date
    if said_on is not None and said_on > at:
        return _missing(reference, f"said on {said_on}, after the day that is asked for")
    return Outcome(
        reference=reference,
        found=True,
        status=Status.ASSERTED,
        nl=statement.text_nl,
        en=statement.text_en,
        where=dossier.place(statement.ref),
    )


def test(reference: Reference) -> Outcome:
    """A test of the product that exists under this name; whether it passes, ``./mk test`` says."""
    path, _, name = reference.name.partition("::")
    if name not in _tests(path):
        return _missing(reference, "there is no such test")
    return Outcome(
        reference=reference,
        found=True,
        status=Status.ASSERTED,
        nl="functie van het product, met deze test",
        en="feature of the product, with this test",
        where=reference.name,
    )


@cache
def _tests(path: str) -> frozenset[str]:
    file = _ROOT / path
    if not file.is_relative_to(_ROOT / "tests") or ".." in file.parts or not file.is_file():
        return frozenset()
    tree = ast.parse(file.read_text(encoding="utf-8"))
    functions = (each for each in tree.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(each.name for each in functions)


def _missing(reference: Reference, reason: str) -> Outcome:
    return Outcome(
        reference=reference, found=False, status=Status.OPEN, nl="ontbreekt", en="missing", reason=reason
    )
