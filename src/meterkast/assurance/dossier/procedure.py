"""How a component is bought: phases, names, instruments, what was examined, what was required."""

import datetime
from dataclasses import dataclass
from enum import StrEnum

from meterkast.assurance.dossier.component import Nature
from meterkast.assurance.dossier.fact import Fact, Ref


class Kind(StrEnum):
    """Kind of procedure: anybody may bid, or first there is a selection of who may."""

    OPEN = "open"
    SELECTIVE = "selective"


class Phase(StrEnum):
    """Steps of a procedure."""

    CONSULTATION = "consultation"
    SELECTION = "selection"
    AWARD = "award"


class Topic(StrEnum):
    """What an examination of a bid can be about."""

    ABNORMALLY_LOW = "abnormally-low-tender"
    FOREIGN_SUBSIDY = "foreign-subsidy"
    UNION_STATE_AID = "union-state-aid"


class Inquiry(StrEnum):
    """By what a bid is examined."""

    FSR_NOTIFICATION = "fsr-notification"
    COST_EXPLANATION = "cost-explanation"
    STATE_AID_REVIEW = "state-aid-review"

    @property
    def speaks_to(self) -> frozenset[Topic]:
        """What its outcome is evidence of; it is silent on all else."""
        return _SPEAKS_TO[self]


_SPEAKS_TO = {
    Inquiry.FSR_NOTIFICATION: frozenset({Topic.FOREIGN_SUBSIDY}),
    Inquiry.COST_EXPLANATION: frozenset({Topic.ABNORMALLY_LOW}),
    Inquiry.STATE_AID_REVIEW: frozenset({Topic.UNION_STATE_AID}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """A question about a bid, what was done about it, and what came out."""

    topic: Topic
    asked_at: Ref
    inquiry: Inquiry
    outcome: Fact[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """Room in procurement law: whether it was used, and why or why not.

    Attributes:
        law: article that gives the room.
        used: None where the sources do not say.
        reason: None where none is given.
    """

    id: str
    name_nl: str
    name_en: str
    law: str
    used: Fact[bool | None]
    reason: Fact[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A publication; a day of None is not told."""

    title: str
    ref: Ref
    date: datetime.date | None = None
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedure:
    """The tender for one component.

    Attributes:
        called: what the sources call it; the value is the kind that such a name means.
        phases: that the sources describe.
        bidders: who took part; a value of None is confidential.
    """

    id: str
    component: str
    called: tuple[Fact[Kind], ...] = ()
    phases: tuple[Fact[Phase], ...] = ()
    restricted_to_countries: Fact[bool] | None = None
    directive: Fact[str] | None = None
    bidders: Fact[str | None] | None = None
    notices: tuple[Notice, ...] = ()
    instruments: tuple[Instrument, ...] = ()
    examinations: tuple[Examination, ...] = ()

    @property
    def kind(self) -> Kind | None:
        """Derived from the phases alone; None where none are described."""
        phases = {phase.value for phase in self.phases}
        if Phase.SELECTION in phases:
            return Kind.SELECTIVE
        return Kind.OPEN if Phase.AWARD in phases else None


class RequirementKind(StrEnum):
    """Requirements that the operators say they set; the rules evaluate them."""

    TWO_VENDORS = "two-vendors"
    GPA_ONE_OF_TWO = "gpa-one-of-two"
    GPA_CRITICAL_PARTS = "gpa-critical-parts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """A requirement, and the components it is said of: by nature, by name, or both."""

    id: str
    kind: RequirementKind
    quote: str
    ref: Ref
    natures: tuple[Nature, ...] = ()
    components: tuple[str, ...] = ()
