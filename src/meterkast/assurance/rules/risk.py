"""Risk profile of a component, computed from its properties, whoever makes it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache

from meterkast.assurance.dossier.component import Component, Properties
from meterkast.assurance.dossier.dossier import Dossier
from meterkast.assurance.dossier.fact import Confidence, Fact
from meterkast.assurance.rules.sheet import sheet
from meterkast.assurance.rules.verdict import Ground, Outcome, Verdict

PROPERTIES = ("actuator", "communication", "keys", "updates", "reach")


class RiskClass(StrEnum):
    """How much a component can do harm, lowest first."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def level(self) -> int:
        """0, 1 or 2."""
        return list(RiskClass).index(self)

    @property
    def nl(self) -> str:
        """The word in Dutch."""
        return {"low": "laag", "medium": "midden", "high": "hoog"}[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """How a class follows from properties, and what fits a class."""

    version: str
    criterion: RiskClass
    confidence: Confidence
    classes: dict[str, dict[str, RiskClass]]
    names_nl: dict[str, str]
    names_en: dict[str, str]
    strategies: dict[str, tuple[str, ...]]
    families: dict[str, str]

    def class_of(self, name: str, value: object) -> RiskClass:
        """The class that one value of one property brings."""
        return self.classes[name][str(value).lower()]


@cache
def method() -> Method:
    """The packaged method."""
    return sheet(Method, "risk")


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The risk profile of one component.

    Attributes:
        least: the class by what is known.
        most: the class it could be if every unknown property were the worst.
        by: the properties that bring ``least``.
        unknown: the properties that nobody told.
    """

    component: str
    least: RiskClass
    most: RiskClass
    by: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def settled(self) -> bool:
        """Whether the unknown properties could not change the class."""
        return self.least is self.most


def profile(component: Component) -> Profile:
    """The profile of a component, by the packaged method."""
    rule = method()
    known = {name: rule.class_of(name, value) for name, value in _values(component.properties).items()}
    unknown = tuple(name for name in PROPERTIES if name not in known)
    least = max(known.values(), key=lambda each: each.level, default=RiskClass.LOW)
    return Profile(
        component=component.id,
        least=least,
        most=RiskClass.HIGH if unknown else least,
        by=tuple(name for name, brought in known.items() if brought is least),
        unknown=unknown,
    )


def risk_class(dossier: Dossier, at: date) -> Iterator[Verdict]:
    """RISK-CLASS: every component's class, and the property that brings it; open while it could be higher."""
    for component in dossier.components:
        found = profile(component)
        nl, en = _told(component, found)
        deciding = (*found.unknown, *found.by) if not found.settled else found.by
        yield Verdict.of(
            "RISK-CLASS",
            component.id,
            Outcome.PASS if found.settled else Outcome.OPEN,
            tuple(
                Ground.of(f"{component.id} {name}", _fact(component.properties, name)) for name in deciding
            ),
            nl,
            en,
            at,
        )


def _told(component: Component, found: Profile) -> tuple[str, str]:
    rule = method()
    by_nl = ", ".join(rule.names_nl[name] for name in found.by)
    by_en = ", ".join(rule.names_en[name] for name in found.by)
    nl = f"{component.name_nl}: {found.least.nl} door {by_nl or 'niets bekends'}"
    en = f"{component.name_en}: {found.least} by {by_en or 'nothing known'}"
    if not found.settled:
        open_nl = ", ".join(rule.names_nl[name] for name in found.unknown)
        open_en = ", ".join(rule.names_en[name] for name in found.unknown)
        nl, en = (
            f"{nl}; kan {found.most.nl} zijn, want onbekend: {open_nl}",
            f"{en}; may be {found.most}, unknown: {open_en}",
        )
    return f"{nl}.", f"{en}."


def _values(properties: Properties) -> dict[str, object]:
    values = {name: _fact(properties, name).value for name in PROPERTIES}
    return {name: value for name, value in values.items() if value is not None}


def _fact(properties: Properties, name: str) -> Fact[object]:
    fact: Fact[object] = getattr(properties, name)
    return fact
