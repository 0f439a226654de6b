"""What the meter is made of: components that are bought apart, and the parts in them, at any depth."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from meterkast.assurance.dossier.fact import Fact, Ref


class Status(StrEnum):
    """How far the purchase of a component is."""

    TENDER = "tender"
    AWARDED = "awarded"


class Nature(StrEnum):
    """What kind of thing a component is said to be."""

    HARDWARE = "hardware"
    HARDWARE_WITH_OS = "hardware-with-os"
    SOFTWARE = "software"
    TRUST_SERVICE = "trust-service"


class Communication(StrEnum):
    """How far a component can speak by itself."""

    NONE = "none"
    LOCAL = "local"
    REMOTE = "remote"


class Keys(StrEnum):
    """What the keys in a component open: nothing, a local link, readings, or the trust of all others."""

    NONE = "none"
    LOCAL = "local"
    DATA = "data"
    TRUST = "trust"


class Updates(StrEnum):
    """How the software of a component is changed."""

    NONE = "none"
    LOCAL = "local"
    REMOTE = "remote"


class Reach(StrEnum):
    """The most that a fault or misuse of one component touches."""

    MEASUREMENT = "measurement"
    HOUSEHOLD = "household"
    FLEET = "fleet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Properties:
    """What a risk profile is computed from; a value of None is unknown.

    Attributes:
        actuator: whether it can open or close a circuit or a valve.
    """

    actuator: Fact[bool | None]
    communication: Fact[Communication | None]
    keys: Fact[Keys | None]
    updates: Fact[Updates | None]
    reach: Fact[Reach | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One of the separately bought components; a sixth needs data only.

    Attributes:
        id: ``C1`` to ``C5`` in the packaged dossier.
        vendors: parties that supply it, also those without a name.
        absent: classes of part that it is said not to have.
        sealed: what is said to be confidential about it.
        rooms: folders of the package that stand for this component on the running chain.
    """

    id: str
    name_nl: str
    name_en: str
    nature: Fact[Nature]
    status: Fact[Status]
    properties: Properties
    vendors: tuple[str, ...] = ()
    absent: tuple[Fact[str], ...] = ()
    sealed: Fact[str] | None = None
    rooms: tuple[str, ...] = ()

    @property
    def hardware(self) -> bool:
        """Whether it is a thing one can hold, with or without an operating system."""
        return self.nature.value in {Nature.HARDWARE, Nature.HARDWARE_WITH_OS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Criticality:
    """Who called a part critical, from when, and until when."""

    since: date
    decider: str
    ref: Ref
    until: date | None = None

    def holds(self, at: date) -> bool:
        """Whether the part counts as critical on that day."""
        return self.since <= at and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One position of a bill of material.

    Attributes:
        component: the component whose bill of material it stands in.
        cls: class of part: ``sensor``, ``circuit-board``, ``microcontroller``, ``firmware`` …
        vendor: the vendor of the component in whose product it sits.
        party: who makes the part; None is unknown.
        maker_part_number: of a thing; of software ``purl``.
        quantity: in one piece of the part that contains it.
        value_eur: of one piece; None is unknown.
        design: country of design; None is unknown, in all four.
        contains: ids of the parts in it.
    """

    id: str
    component: str
    cls: str
    vendor: str | None = None
    party: str | None = None
    name: str = ""
    maker_part_number: str | None = None
    purl: str | None = None
    version: str | None = None
    quantity: int = 1
    value_eur: float | None = None
    critical: Criticality | None = None
    design: str | None = None
    production: str | None = None
    assembly: str | None = None
    firmware: str | None = None
    contains: tuple[str, ...] = ()
    ref: Ref | None = None
