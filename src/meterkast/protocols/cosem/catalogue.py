"""What OBIS codes are called in English and Dutch, and their usual units; the names stand in a data file."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal, TypeAlias

from meterkast.model.obis import Obis
from meterkast.model.unit import Unit

Language: TypeAlias = Literal["en", "nl"]

_ANY_CHANNEL = 0xFF  # stands for group B of objects that exist once per channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One kind of object: its names, with ``{channel}`` where it exists once per channel, and its unit."""

    en: str
    nl: str
    unit: Unit | None


def name(obis: Obis, language: Language = "en") -> str | None:
    """What the object is called; None where the catalogue does not know it."""
    entry = _find(obis)
    if entry is None:
        return None
    return (entry.nl if language == "nl" else entry.en).format(channel=obis.b)


def unit(obis: Obis) -> Unit | None:
    """The unit in which the object's value is usual; None where it is unknown, or depends on the meter."""
    entry = _find(obis)
    return None if entry is None else entry.unit


def _find(obis: Obis) -> Entry | None:
    entries = _entries()
    any_channel = Obis(obis.a, _ANY_CHANNEL, obis.c, obis.d, obis.e, obis.f)
    return entries.get(obis) or (entries.get(any_channel) if obis.b else None)


@cache
def _entries() -> dict[Obis, Entry]:
    text = resources.files(__package__).joinpath("catalogue.toml").read_text("utf-8")
    return {
        Obis.parse(code.replace("-n:", f"-{_ANY_CHANNEL}:")): Entry(
            en=entry["en"], nl=entry["nl"], unit=Unit[entry["unit"]] if "unit" in entry else None
        )
        for code, entry in tomllib.loads(text).items()
    }
