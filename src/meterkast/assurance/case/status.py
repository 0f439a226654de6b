"""The seven ways in which a claim can stand, and how arguments combine them. A status is always computed."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """From worst to best; an argument that needs everything is as good as its worst part."""

    REFUTED = "refuted"
    STALE = "stale"
    OPEN = "open"
    ASSERTED = "asserted"
    ATTENTION = "attention"
    SEALED = "sealed"
    PROVEN = "proven"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return _ORDER.index(self)

    @property
    def label(self) -> "Label":
        """How people see it."""
        return _LABELS[self]


@dataclass(frozen=True, slots=True)
class Label:
    """A status for people: never a colour alone, always a sign and a word beside it."""

    sign: str
    nl: str
    en: str
    colour: str
    meaning_nl: str
    meaning_en: str


_ORDER = tuple(Status)

_LABELS = {
    Status.PROVEN: Label(
        "✓",
        "bewezen",
        "proven",
        "#1a7f37",
        "vers uitgevoerd bewijs; elke mutant is gepakt",
        "fresh executed evidence; every mutant was caught",
    ),
    Status.SEALED: Label(
        "⚿",
        "verzegeld",
        "sealed",
        "#0550ae",
        "ondertekend oordeel over vertrouwelijk bewijs",
        "signed verdict about confidential evidence",
    ),
    Status.ATTENTION: Label(
        "◷",
        "aandacht",
        "attention",
        "#9a6700",
        "bewijs geldt, maar er is iets over tijd of te beoordelen",
        "evidence is valid, but something is overdue or to be reviewed",
    ),
    Status.ASSERTED: Label(
        "❞",
        "beweerd",
        "asserted",
        "#7d6200",
        "iemand zegt het; er is geen bewijs",
        "somebody says so; there is no evidence",
    ),
    Status.OPEN: Label(
        "?",
        "open",
        "open",
        "#57606a",
        "geen bewijs, of een nodig gegeven is onbekend",
        "no evidence, or a needed fact is unknown",
    ),
    Status.STALE: Label(
        "⌛",
        "verouderd",
        "stale",
        "#6e7781",
        "het bewijs is verlopen, of wat bewezen werd is veranderd",
        "the evidence expired, or what it was about changed",
    ),
    Status.REFUTED: Label(
        "✗",
        "weerlegd",
        "refuted",
        "#cf222e",
        "tegenbewijs, een gefaalde probe of een ondermijner die geldt",
        "counter-evidence, a failed probe or a defeater that holds",
    ),
}


def worst(statuses: Iterable[Status]) -> Status:
    """What an all-of argument gives; nothing below it gives ``open``."""
    return min(statuses, key=lambda each: each.rank, default=Status.OPEN)


def best(statuses: Iterable[Status]) -> Status:
    """What an any-of argument gives; nothing below it gives ``open``."""
    return max(statuses, key=lambda each: each.rank, default=Status.OPEN)
