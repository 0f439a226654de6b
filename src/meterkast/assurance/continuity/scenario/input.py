"""One input of a scenario: how far it can be relied on, where it comes from, how far it spreads."""

from dataclasses import dataclass
from enum import StrEnum


class Confidence(StrEnum):
    """How far an input can be relied on; ``not-stated`` marks an open question without a value."""

    VERIFIED = "verified"
    UNCONFIRMED = "unconfirmed"
    ASSUMPTION = "assumption"
    NOT_STATED = "not-stated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where one input comes from."""

    field: str
    value: str
    source: str
    confidence: Confidence
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A lognormal quantity by its median and the sigma of its logarithm; sigma 0 makes it certain."""

    median: float
    sigma: float = 0.0
    least: float = 0.0
