"""Data files of the rules: TOML, with dataclasses as their schema."""

from functools import cache
from importlib.resources import files
from typing import Any, TypeVar

from meterkast.assurance.dossier.reading import parse_toml, read_record

R = TypeVar("R")


@cache
def _table(name: str) -> dict[str, Any]:
    file = files("meterkast.assurance") / "data" / "rules" / f"{name}.toml"
    return parse_toml(file.read_text(encoding="utf-8"), file.name)


def sheet(cls: type[R], name: str, table: dict[str, Any] | None = None) -> R:
    """A packaged data file as one record; ``table`` is read in its stead where somebody brings their own.

    Raises:
        DataError: as ``dossier.reading.read_record`` does, with file and field.
    """
    return read_record(cls, _table(name) if table is None else table, f"{name}.toml")
