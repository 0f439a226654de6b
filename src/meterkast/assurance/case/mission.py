"""The mission: every sentence of the dossier's two texts, and how far the product has come with it.

A row says which references answer it. Its state is computed from what they lead to, and never written down:

========  ==========================================================================================
proven    a probe showed it on the running chain, fresh, with every mutant caught
computed  a rule, a model, the finder of gaps or the case itself works it out, whatever the answer is
recorded  a sourced fact stands in the dossier, or a test of the product covers it
sealed    there is a signed verdict on evidence that stays closed
asserted  somebody says so; nothing that was executed or recorded here shows it
open      there is nothing behind it, or what is behind it failed, changed or expired
========  ==========================================================================================

A row with several references is as good as the weakest of them. One whose probes were never run on this site
is ``asserted``: the sentence was said, and that is all. A probe that failed or went stale makes it ``open``.
"""

import csv
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from io import StringIO
from pathlib import Path

from meterkast.assurance.case.claim import DOSSIER
from meterkast.assurance.case.reference import Kind, Outcome, Reference
from meterkast.assurance.case.status import Status
from meterkast.model.errors import DataError


class State(StrEnum):
    """From worst to best."""

    OPEN = "open"
    ASSERTED = "asserted"
    SEALED = "sealed"
    RECORDED = "recorded"
    COMPUTED = "computed"
    PROVEN = "proven"

    @property
    def sign(self) -> str:
        """One character, so that colour is never alone."""
        return _LABELS[self][0]

    @property
    def nl(self) -> str:
        """The word in Dutch."""
        return _LABELS[self][1]


_LABELS = {
    State.PROVEN: ("✓", "bewezen"),
    State.COMPUTED: ("=", "berekend"),
    State.RECORDED: ("■", "vastgelegd"),
    State.SEALED: ("⚿", "verzegeld"),
    State.ASSERTED: ("❞", "beweerd"),
    State.OPEN: ("?", "open"),
}
_ORDER = tuple(State)
_TABLE, _REFERENCES = "mission.csv", "mission.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One sentence of the texts.

    Attributes:
        id: ``M001`` and on.
        source: document and line.
        quote: the words, in Dutch.
        feature: what of the product answers it.
        test: how that is tested.
        by: what its state is computed from.
    """

    id: str
    source: str
    quote: str
    feature: str
    test: str
    by: tuple[Reference, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowState:
    """How a row stands; ``where`` is where a reader finds it, ``why`` is what keeps it from being better."""

    row: Row
    state: State
    where: str
    why: str
    outcomes: tuple[Outcome, ...]

    def to_dict(self) -> dict[str, str]:
        """The row as the command line contract prints it: ``id``, ``state``, ``where``, and ``why``."""
        return {"id": self.row.id, "state": self.state.value, "where": self.where, "why": self.why}


@cache
def load(dossier: str = DOSSIER) -> tuple[Row, ...]:
    """All rows of a packaged dossier, in their order.

    Raises:
        DataError: ``mission-malformed`` where a row has no references or a reference no row.
    """
    folder = files("meterkast.assurance").joinpath("data", "case", dossier)
    return read(
        folder.joinpath(_TABLE).read_text(encoding="utf-8"),
        folder.joinpath(_REFERENCES).read_text(encoding="utf-8"),
    )


def at(folder: Path | None) -> tuple[Row, ...]:
    """The rows of another dossier: ``case/mission.csv`` and ``case/mission.toml`` in its folder.

    Raises:
        DataError: ``mission-unreadable``, and as ``load``.
    """
    if folder is None:
        return load()
    try:
        return read(
            (folder / "case" / _TABLE).read_text(encoding="utf-8"),
            (folder / "case" / _REFERENCES).read_text(encoding="utf-8"),
        )
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            "mission-unreadable",
            "The mission of this dossier cannot be read.",
            where=str(folder / "case"),
            hint=f"It has two files: {_TABLE} and {_REFERENCES}.",
        ) from error


def read(table: str, references: str) -> tuple[Row, ...]:
    """The rows from the text of ``mission.csv`` and of ``mission.toml``; raises as ``load``."""
    try:
        by = tomllib.loads(references)["row"]
        listed = list(csv.DictReader(StringIO(table, newline=""), strict=True))
        rows = tuple(_row(each, by.get(each["id"], ())) for each in listed)
    except (tomllib.TOMLDecodeError, csv.Error, KeyError, TypeError, AttributeError) as error:
        raise DataError("mission-malformed", "The mission cannot be read.", where=_TABLE) from error
    ids = [row.id for row in rows]
    if faulty := [each for each in ids if ids.count(each) > 1] or sorted(by.keys() - set(ids)):
        raise DataError("mission-malformed", f"{faulty[0]} is not one row.", where=_REFERENCES)
    return rows


def states(rows: Sequence[Row], resolve: Callable[[Reference], Outcome]) -> list[RowState]:
    """How every row stands by what its references lead to."""
    return [_state(row, resolve) for row in rows]


def tally(stated: Sequence[RowState]) -> dict[State, int]:
    """How many rows there are of each state, best first."""
    return {state: sum(each.state is state for each in stated) for state in reversed(_ORDER)}


def _row(fields: Mapping[str, str], by: Sequence[str]) -> Row:
    where = f"{_REFERENCES}: {fields['id']}"
    return Row(
        id=fields["id"],
        source=fields["source"],
        quote=fields["quote_nl"],
        feature=fields["feature"],
        test=fields["test"],
        by=tuple(Reference.parse(each, where=where) for each in by),
    )


def _state(row: Row, resolve: Callable[[Reference], Outcome]) -> RowState:
    outcomes = tuple(resolve(reference) for reference in row.by)
    found = [_of(each) for each in outcomes]
    state = min(found, key=_ORDER.index, default=State.OPEN)
    weakest = [each for each, one in zip(outcomes, found, strict=True) if one is state]
    return RowState(
        row=row,
        state=state,
        where="; ".join(dict.fromkeys(each.where or str(each.reference) for each in outcomes)),
        why="; ".join(f"{each.reference}: {each.reason}" for each in weakest if each.reason),
        outcomes=outcomes,
    )


def _of(outcome: Outcome) -> State:
    """What one reference gives at best.

    How we know is one thing, and what comes out another: a rule that says "fails" was computed as well as one
    that says "passes", and both are an answer.
    """
    kind = outcome.reference.kind
    if kind is Kind.PROBE:
        return _probed(outcome)
    if not outcome.found or (outcome.status is Status.STALE and kind is not Kind.CLAIM):
        return State.OPEN
    match kind:
        case Kind.RULE | Kind.MODEL | Kind.GAP | Kind.CLAIM:
            return State.COMPUTED
        case Kind.FACT | Kind.TEST:
            return State.RECORDED if outcome.status is not Status.OPEN else State.OPEN
        case Kind.SEALED:
            return State.SEALED if outcome.status in (Status.SEALED, Status.ATTENTION) else State.OPEN
        case Kind.ASSERTION:
            return State.ASSERTED
        case _:
            return State.OPEN


def _probed(outcome: Outcome) -> State:
    if not outcome.found:
        return State.ASSERTED
    return State.PROVEN if outcome.status is Status.PROVEN else State.OPEN
