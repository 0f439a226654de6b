"""Scenario files: the packaged ones by name, others by path, each built on another with ``extends``."""

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from meterkast.assurance.continuity.scenario import Scenario
from meterkast.assurance.continuity.scenario.fields import Fields
from meterkast.assurance.continuity.scenario.reading import scenario_in
from meterkast.model.errors import DataError
from meterkast.model.finding import Finding

_MOST_OCTETS = 1024 * 1024


def names() -> tuple[str, ...]:
    """The packaged scenarios."""
    folder = files("meterkast.assurance.continuity").joinpath("scenarios")
    return tuple(sorted(each.name[:-5] for each in folder.iterdir() if each.name.endswith(".toml")))


def text(name: str) -> str:
    """A packaged scenario as it is written.

    Raises:
        DataError: ``continuity-scenario-unknown``.
    """
    if name not in names():
        raise DataError(
            "continuity-scenario-unknown",
            f"There is no scenario {name!r}.",
            hint=f"Take one of {', '.join(names())}, or the path of a .toml file.",
        )
    folder = files("meterkast.assurance.continuity").joinpath("scenarios")
    return folder.joinpath(f"{name}.toml").read_text(encoding="utf-8")


def load(name: str | Path) -> Scenario:
    """A packaged scenario by name, or a file by path.

    Raises:
        DataError: with file and field: ``continuity-scenario-unknown``, ``continuity-file-malformed``,
            ``continuity-source-missing``, ``continuity-shares-wrong``, ``continuity-value-wrong`` …
    """
    fields = _fields(name)
    scenario = scenario_in(fields)
    fields.raise_if_faulty()
    assert scenario is not None
    return scenario


def validate(name: str | Path) -> list[Finding]:
    """Everything that is wrong with a scenario file, each with file and field.

    Raises:
        DataError: where the file cannot be read at all.
    """
    fields = _fields(name)
    scenario_in(fields)
    return fields.findings


def _fields(name: str | Path) -> Fields:
    path = Path(name)
    if path.suffix != ".toml":
        octets, file = text(str(name)).encode(), f"{name}.toml"
    else:
        file = str(path)
        try:
            octets = path.read_bytes()
        except OSError as error:
            raise DataError(
                "file-unreadable", f"The file cannot be read: {error.strerror}.", where=file
            ) from error
    table = _table(octets, file)
    extended = table.get("extends")
    if extended is None:
        return Fields(table, file)
    ground = tomllib.loads(text(str(extended)))
    if "extends" in ground:
        raise DataError("continuity-file-malformed", "A scenario is built on one other at most.", where=file)
    return Fields(_merged(ground, table), file)


def _table(octets: bytes, file: str) -> dict[str, Any]:
    try:
        if len(octets) > _MOST_OCTETS:
            raise ValueError("it is larger than any scenario")
        return tomllib.loads(octets.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise DataError(
            "continuity-file-malformed",
            f"The scenario is not TOML: {error}.",
            where=file,
            hint="Start from a packaged one: meterkast continuity run --scenario assumed --print",
        ) from error


def _merged(ground: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """``over`` on top of ``ground``: tables by key, rows by id, inputs as a whole."""
    merged = dict(ground)
    for key, value in over.items():
        below = merged.get(key)
        if isinstance(value, dict) and isinstance(below, dict) and "source" not in {*value, *below}:
            merged[key] = _merged(below, value)
        elif isinstance(value, list) and isinstance(below, list) and _have_ids(value) and _have_ids(below):
            rows = {row["id"]: row for row in below}
            for row in value:
                rows[row["id"]] = _merged(rows.get(row["id"], {}), row)
            merged[key] = list(rows.values())
        else:
            merged[key] = value
    return merged


def _have_ids(rows: list[Any]) -> bool:
    return all(isinstance(row, dict) and isinstance(row.get("id"), str) for row in rows)
