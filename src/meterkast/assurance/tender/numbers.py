"""Numbers and lists of the tender room: when a bid looks low, and which kind of criterion fits which law."""

from dataclasses import dataclass
from functools import cache

from meterkast.assurance.dossier.fact import Confidence
from meterkast.assurance.rules.measures import Grade
from meterkast.assurance.rules.sheet import sheet


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """When a bid looks too low, each as a part of the amount it is compared with."""

    below_mean: float
    below_next: float
    below_should_cost: float
    confidence: Confidence
    law: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What an explanation can rest on."""

    nl: tuple[str, ...]
    en: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """A criterion, and how far each law carries it, by kind: selection, exclusion, award, contract."""

    id: str
    text_nl: str
    text_en: str
    kinds: dict[str, dict[str, Grade]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TenderData:
    """The numbers and lists of this room."""

    low: Limits
    grounds: Grounds
    criterion: tuple[Criterion, ...]


@cache
def tender_data() -> TenderData:
    """The packaged ones."""
    return sheet(TenderData, "tender")
