"""A scenario: everything that a continuity question rests on, with the source of each input."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from enum import StrEnum

from meterkast.model.errors import DataError

WEEKS_PER_YEAR = 52


class Confidence(StrEnum):
    """How far an input can be relied on; ``not-stated`` marks an open question without a value."""

    VERIFIED = "verified"
    UNCONFIRMED = "unconfirmed"
    ASSUMPTION = "assumption"
    NOT_STATED = "not-stated"


class Channel(StrEnum):
    """What can fall away, each on its own (M022)."""

    DELIVERIES = "deliveries"
    MAINTENANCE = "maintenance"
    UPDATES = "updates"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """A grid operator with its share of the modules and the two-year options it exercises (M051-M053)."""

    id: str
    name: str
    share: float
    options: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """How installed modules fail: at a constant yearly rate, or by age after Weibull.

    ``shape`` 1 is the constant rate; then ``scale_years`` is not used.
    """

    yearly: float
    shape: float = 1.0
    scale_years: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """A vendor of modules, with what it could do for the other's share.

    ``lead`` and ``ramp`` are weeks, ``overcapacity`` is the part of demand above 100 % that serves to catch
    up, ``max_rate`` modules a week; None where the documents do not state them.
    """

    id: str
    name: str
    share: float
    lead: Spread | None = None
    ramp: Spread | None = None
    overcapacity: float | None = None
    max_rate: float | None = None
    failure: Failure = Failure(yearly=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Disruption:
    """The loss of one vendor: which, when, how long, and through which channels."""

    lost: str
    earliest_week: int
    last_weeks_spared: int
    permanent: float
    duration: Spread
    channels: frozenset[Channel]


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A shared source below the vendors. ``depends`` is each vendor's part that needs it, ``weight`` its
    chance among common causes, ``outage`` its weeks.
    """

    id: str
    name: str
    depends: Mapping[str, float]
    outage: Spread
    weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shock:
    """A time of extra demand: its chance per run, its size as a part of planned demand, its weeks."""

    probability: float
    extra: float
    weeks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Weakness:
    """Critical weaknesses in unpatched firmware: yearly rate, part of the fleet replaced, campaign weeks."""

    yearly: float
    share: float
    weeks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Triangle:
    """A date somewhere between two others, likeliest at ``mode``."""

    earliest: date
    mode: date
    latest: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Bridge:
    """The last of generation 5 (M107, M108): when its stock ends and when generation 6 starts.

    ``weekly`` modules are asked for meanwhile; ``carried`` says whether runs start with that backlog.
    """

    depletion: Triangle
    supply: Triangle
    weekly: int
    carried: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Unit prices in EUR: all but the first are assumptions until a contract says otherwise."""

    unit: float
    holding_yearly: float
    reservation_monthly: float
    waiting_monthly: float
    surge_premium: float
    installation: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the optimiser may choose from; None is no limit.

    ``split_costs`` are points (share, EUR) of what a split costs; without them nothing is said on the split.
    """

    split_low: float
    split_high: float
    buffer_most: float | None = None
    reserve_most: float | None = None
    budget_most: float | None = None
    waiting_most: float | None = None
    split_costs: tuple[tuple[float, float], ...] = ()
    seconds: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A party of another component, with how many others could deliver the same."""

    id: str
    component: str
    name: str
    alternatives: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrangement:
    """A way to patch modules of a vendor that is gone: what it needs, and the weeks it takes."""

    id: str
    nl: str
    en: str
    source_escrow: bool
    signing_key: bool
    dual_signing: bool
    weeks: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A legal basis for an exclusion order, in force from a day on."""

    id: str
    law: str
    in_force: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """All inputs. ``buffer`` is None where no buffer is stated; ``provenance`` names the source of each, and
    ``file`` what they were read from.
    """

    id: str
    nl: str
    en: str
    modules: int
    start: date
    base_years: int
    option_years: int
    options_most: int
    operators: tuple[Operator, ...]
    vendors: tuple[Vendor, Vendor]
    disruption: Disruption
    buffer: int | None
    prices: Prices
    limits: Limits
    target: float = 0.99
    common_cause: float = 0.0
    nodes: tuple[Node, ...] = ()
    shock: Shock | None = None
    weakness: Weakness | None = None
    bridge: Bridge | None = None
    analogue: int = 0
    parties: tuple[Party, ...] = ()
    arrangements: tuple[Arrangement, ...] = ()
    routes: tuple[Route, ...] = ()
    provenance: tuple[Provenance, ...] = field(default=(), compare=False)
    file: str = field(default="", compare=False)

    @property
    def lost(self) -> Vendor:
        """The vendor that falls away."""
        return next(vendor for vendor in self.vendors if vendor.id == self.disruption.lost)

    @property
    def other(self) -> Vendor:
        """The vendor that is asked to take over."""
        return next(vendor for vendor in self.vendors if vendor.id != self.disruption.lost)

    @property
    def weeks(self) -> int:
        """The longest contract term among the operators, in weeks of a 52-week year."""
        return max(self.term_weeks(operator) for operator in self.operators)

    @property
    def missing(self) -> tuple[str, ...]:
        """What the take-over claim needs and no document states (G7)."""
        other = self.other
        needed = {
            "lead": other.lead,
            "ramp": other.ramp,
            "capacity": other.max_rate if other.overcapacity is None else other.overcapacity,
            "buffer": self.buffer,
        }
        return tuple(name for name, value in needed.items() if value is None)

    @property
    def assumed(self) -> tuple[str, ...]:
        """Fields that rest on an assumption."""
        return tuple(each.field for each in self.provenance if each.confidence is Confidence.ASSUMPTION)

    @property
    def digest(self) -> str:
        """SHA-256 over every input that can change a result."""
        content = asdict(self)
        del content["provenance"], content["file"]
        return hashlib.sha256(json.dumps(content, sort_keys=True, default=_plain).encode()).hexdigest()

    def place(self, name: str) -> str:
        """Where an input stands: file and field."""
        return f"{self.file or self.id}: {name}"

    def term_weeks(self, operator: Operator) -> int:
        """The weeks of one operator's contract, with the options it exercises."""
        return WEEKS_PER_YEAR * (self.base_years + self.option_years * operator.options)

    def losing(self, vendor: str) -> "Scenario":
        """The same scenario with another vendor lost."""
        return replace(self, disruption=replace(self.disruption, lost=vendor))

    def with_channels(self, *channels: Channel) -> "Scenario":
        """The same scenario with these channels lost and no other."""
        return replace(self, disruption=replace(self.disruption, channels=frozenset(channels)))

    def with_buffer(self, buffer: int, source: str) -> "Scenario":
        """The same scenario with this buffer, as a what-if whose source is named."""
        field_name = "stock.buffer"
        others = [each for each in self.provenance if each.field != field_name]
        stated = Provenance(
            field=field_name,
            value=f"{buffer}",
            source=source,
            confidence=Confidence.ASSUMPTION,
            note="what-if",
        )
        return replace(self, buffer=buffer, provenance=(*others, stated))

    def with_lost_share(self, share: float) -> "Scenario":
        """The same scenario with this share for the vendor that is lost, the rest for the other."""
        lost = self.disruption.lost
        vendors = [replace(each, share=share if each.id == lost else 1.0 - share) for each in self.vendors]
        return replace(self, vendors=(vendors[0], vendors[1]))

    def with_other(self, **changes: object) -> "Scenario":
        """The same scenario with fields of the vendor that takes over changed."""
        vendors = [
            each if each.id == self.disruption.lost else replace(each, **changes)  # type: ignore[arg-type]
            for each in self.vendors
        ]
        return replace(self, vendors=(vendors[0], vendors[1]))

    def computable(self) -> "Scenario":
        """This scenario, if it holds all that a run needs.

        Raises:
            DataError: ``continuity-input-missing`` with the field; no default is silently used.
        """
        lacking = [name for name in self.missing if name in {"lead", "ramp"}]
        if lacking:
            raise DataError(
                "continuity-input-missing",
                f"No document states the {lacking[0]} of {self.other.name}, and a run cannot guess it.",
                where=self.place(f"vendor[{self.other.id}].{lacking[0]}"),
                hint='Give it in the scenario file with a source, or with confidence = "assumption".',
            )
        return self


def _plain(value: object) -> object:
    return sorted(value) if isinstance(value, frozenset) else str(value)
