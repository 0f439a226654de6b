"""From a folder of reviewed text files to a dossier.

A folder holds ``dossier.toml`` and any of the files in ``FILES``; each file holds lists of records of the
kinds named there, and ``facts.toml`` single facts by name. Bills of material in CycloneDX lie beside them as
``*.cdx.json``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import date
from difflib import get_close_matches
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeVar, cast

from meterkast.assurance.dossier.bom import read_document
from meterkast.assurance.dossier.component import Component, Part
from meterkast.assurance.dossier.contract import Contract
from meterkast.assurance.dossier.dossier import Dossier, Head
from meterkast.assurance.dossier.fact import Fact, Source
from meterkast.assurance.dossier.party import Ownership, Party
from meterkast.assurance.dossier.procedure import Procedure, Requirement
from meterkast.assurance.dossier.reading import parse_toml, read_fact, read_record
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

PACKAGED = "nl-2026Z00004"

# File, the tables that may stand in it, and the field of the dossier that each fills.
FILES: dict[str, dict[str, tuple[str, type]]] = {
    "sources.toml": {"source": ("sources", Source), "citation": ("citations", Citation)},
    "parties.toml": {"party": ("parties", Party), "ownership": ("ownerships", Ownership)},
    "components.toml": {"component": ("components", Component)},
    "parts.toml": {"part": ("parts", Part)},
    "contracts.toml": {"contract": ("contracts", Contract)},
    "procedures.toml": {
        "procedure": ("procedures", Procedure),
        "requirement": ("requirements", Requirement),
    },
    "questions.toml": {"question": ("questions", Question)},
    "statements.toml": {"statement": ("statements", Statement)},
    "records.toml": {
        "audit": ("audits", Audit),
        "analysis": ("analyses", Analysis),
        "decision": ("decisions", Decision),
    },
    "law.toml": {"article": ("articles", Article), "development": ("developments", Development)},
}
_HEAD, _FACTS, _BILLS = "dossier.toml", "facts.toml", ".cdx.json"

T = TypeVar("T")


def load(folder: Path | None = None) -> Dossier:
    """The dossier in a folder, or the packaged one about case 2026Z00004.

    What the files say is taken as they say it; whether it fits together is for ``validate``.

    Raises:
        DataError: a file is missing, unreadable or misspelt, or a field of it is not what it should be.
    """
    place: Traversable = files("meterkast.assurance") / "data" / PACKAGED if folder is None else folder
    tables = {file.name: parse_toml(_text(file), file.name) for file in _listed(place, ".toml")}
    _spelling(tables)
    if _HEAD not in tables:
        raise DataError("dossier-file-missing", "A dossier begins with this file.", where=str(place / _HEAD))
    bills = [part for file in _listed(place, _BILLS) for part in read_document(_text(file), file.name)]
    records = {name: rows for file in FILES for name, rows in _records(file, tables.get(file, {})).items()}
    dossier = Dossier(
        head=read_record(Head, tables[_HEAD], _HEAD),
        facts={id: read_fact(fact, f"{_FACTS}: {id}") for id, fact in tables.get(_FACTS, {}).items()},
        **{**records, "parts": (*records["parts"], *bills)},
    )
    makers = replace(dossier, parts=tuple(_with_known_maker(part, dossier) for part in dossier.parts))
    return _dated(makers, {source.id: source.date for source in dossier.sources})


def _with_known_maker(part: Part, dossier: Dossier) -> Part:
    """A foreign bill of material names its makers; a name that the dossier knows becomes its party."""
    if part.party is None or any(party.id == part.party for party in dossier.parties):
        return part
    party = dossier.resolve(part.party)
    return part if party is None else replace(part, party=party.id)


def _listed(place: Traversable, ending: str) -> list[Traversable]:
    try:
        found = [file for file in place.iterdir() if file.name.endswith(ending) and file.is_file()]
    except OSError as error:
        raise DataError("dossier-file-missing", "There is no such folder.", where=str(place)) from error
    return sorted(found, key=lambda file: file.name)


def _text(file: Traversable) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            "dossier-file-unreadable", "The file is no readable UTF-8.", where=file.name
        ) from error


def _spelling(names: Iterable[str]) -> None:
    """Files of others may lie here; one whose name nearly is a name of ours is taken for a slip."""
    known = (_HEAD, _FACTS, *FILES)
    for name in names:
        near = get_close_matches(name, known, n=1, cutoff=0.8)
        if near and name not in known:
            raise DataError(
                "dossier-file-unknown", "A dossier has no such file.", where=name, hint=f"Is it {near[0]}?"
            )


def _records(file: str, tables: Mapping[str, Any]) -> dict[str, tuple[Any, ...]]:
    """Every list of records that the file may hold, empty where it holds none."""
    kinds = FILES[file]
    for name, rows in tables.items():
        if name not in kinds or not isinstance(rows, list):
            raise DataError(
                "dossier-field-unknown",
                f"{name!r} is no list of this file.",
                where=file,
                hint=f"Lists: {', '.join(f'[[{kind}]]' for kind in kinds)}.",
            )
    return {
        member: tuple(
            read_record(cls, row, f"{file}: {name} {_label(row, index)}")
            for index, row in enumerate(tables.get(name, []), start=1)
        )
        for name, (member, cls) in kinds.items()
    }


def _label(row: object, index: int) -> str:
    id = row.get("id") if isinstance(row, Mapping) else None
    return id if isinstance(id, str) else str(index)


def _dated(value: T, days: Mapping[str, date | None]) -> T:
    """The same, in which every fact without a day has that of its source."""
    if isinstance(value, Fact):
        return cast(T, value if value.date else replace(value, date=days.get(value.ref.source)))
    if isinstance(value, Part):
        return value
    if is_dataclass(value) and not isinstance(value, type):
        members = {field.name: _dated(getattr(value, field.name), days) for field in fields(value)}
        return cast(T, type(value)(**members))
    if isinstance(value, tuple):
        return cast(T, tuple(_dated(item, days) for item in value))
    if isinstance(value, dict):
        return cast(T, {key: _dated(item, days) for key, item in value.items()})
    return value
