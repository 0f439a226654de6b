"""One companion standard: which objects, and for those with a buffer how often and how many."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from meterkast.model.errors import DataError
from meterkast.model.obis import Obis

_CHANNELS = range(1, 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileObject:
    """One object that a meter of this standard has.

    Attributes:
        logical_name: its name.
        class_id: its class.
        capture_period: seconds between rows; 0 where rows follow events; None where it has no buffer.
        entries: rows its buffer holds; None where it has none, or the number is not fixed.
        columns: what a row holds, in order, where the standard fixes it.
    """

    logical_name: Obis
    class_id: int
    capture_period: int | None = None
    entries: int | None = None
    columns: tuple[Obis, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Companion:
    """One companion standard.

    Attributes:
        name: such as ``smr-5.2``.
        objects: by logical name and class.
        source: where the facts were read.
    """

    name: str
    objects: tuple[ProfileObject, ...]
    source: str

    def find(self, logical_name: Obis) -> ProfileObject | None:
        """The object of this name."""
        return next((each for each in self.objects if each.logical_name == logical_name), None)


def names() -> tuple[str, ...]:
    """The standards that are described, oldest first."""
    return tuple(_document())


@cache
def load(name: str) -> Companion:
    """One standard with all that it takes over.

    Raises:
        DataError: ``companion-unknown``.
    """
    document = _document()
    if name not in document:
        raise DataError(
            "companion-unknown",
            f"{name!r} is no companion standard.",
            hint=f"There are {', '.join(document)}.",
        )
    entry = document[name]
    objects = (
        {each.logical_name: each for each in load(entry["takes_over"]).objects}
        if "takes_over" in entry
        else {}
    )
    for line in entry["objects"]:
        objects.update({each.logical_name: each for each in _objects(line)})
    return Companion(name=name, objects=tuple(objects.values()), source=entry["source"])


@cache
def _document() -> dict[str, dict[str, Any]]:
    text = resources.files(__package__).joinpath("companions.toml").read_text("utf-8")
    return tomllib.loads(text)


def _objects(entry: dict[str, Any]) -> list[ProfileObject]:
    """One object, or one for each M-Bus channel where group B is written ``n``."""
    channels = [str(channel) for channel in _CHANNELS] if "-n:" in entry["name"] else ["n"]
    return [
        ProfileObject(
            logical_name=_obis(entry["name"], channel),
            class_id=entry["class"],
            capture_period=entry.get("period"),
            entries=entry.get("entries"),
            columns=tuple(_obis(column, channel) for column in entry.get("columns", ())),
        )
        for channel in channels
    ]


def _obis(text: str, channel: str) -> Obis:
    return Obis.parse(text.replace("-n:", f"-{channel}:"))
