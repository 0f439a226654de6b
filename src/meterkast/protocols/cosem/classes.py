"""Interface classes as data: which attributes and methods an object has, and what they are called."""

import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """One attribute.

    Attributes:
        number: from 1; 1 is the logical name.
        name: in the standard's words, such as ``scaler_unit``.
        type: type of its data, ``choice`` where the class leaves it open.
        readable: whether a management client may usually read it.
        writable: whether it may usually write it.
        selectors: kinds of selective access.
    """

    number: int
    name: str
    type: str
    readable: bool
    writable: bool
    selectors: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceClass:
    """One class at one version.

    Attributes:
        name: such as ``profile-generic``.
        class_id: number of the class.
        version: the highest version described; lower ones lack the last attributes.
        attributes: in order.
        methods: names in order; None for a number that is reserved.
        offered: whether a server of ours may hold objects of it.
    """

    name: str
    class_id: int
    version: int
    attributes: tuple[Attribute, ...]
    methods: tuple[str | None, ...] = field(default=())
    offered: bool = True

    def attribute(self, number: int) -> Attribute | None:
        """The attribute of this number; None where there is none, as for a manufacturer's own."""
        return self.attributes[number - 1] if 1 <= number <= len(self.attributes) else None


def find(class_id: int) -> InterfaceClass | None:
    """The class of this number; None where it is not described here."""
    return _classes().get(class_id)


def all_classes() -> tuple[InterfaceClass, ...]:
    """Every class that is described, by number."""
    return tuple(_classes()[number] for number in sorted(_classes()))


@cache
def _classes() -> dict[int, InterfaceClass]:
    text = resources.files(__package__).joinpath("classes.toml").read_text("utf-8")
    return {entry["id"]: _class(name, entry) for name, entry in tomllib.loads(text).items()}


def _class(name: str, entry: dict[str, Any]) -> InterfaceClass:
    selectors = entry.get("selectors", {})
    return InterfaceClass(
        name=name,
        class_id=entry["id"],
        version=entry["version"],
        attributes=tuple(
            _attribute(number, line, selectors) for number, line in enumerate(entry["attributes"], 1)
        ),
        methods=tuple(None if method == "reserved" else method for method in entry["methods"]),
        offered=entry.get("known_to") != "client",
    )


def _attribute(number: int, line: str, selectors: dict[str, list[int]]) -> Attribute:
    name, kind, access = line.split()
    return Attribute(
        number=number,
        name=name,
        type=kind,
        readable="r" in access,
        writable="w" in access,
        selectors=tuple(selectors.get(name, ())),
    )
