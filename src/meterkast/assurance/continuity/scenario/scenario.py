"""A scenario: everything that a continuity question rests on, with the source of each input."""

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from datetime import date

from meterkast.assurance.continuity.scenario.bridge import Bridge
from meterkast.assurance.continuity.scenario.disruption import Channel, Disruption, Node, Shock, Weakness
from meterkast.assurance.continuity.scenario.input import Confidence, Provenance
from meterkast.assurance.continuity.scenario.parties import Operator, Party, Vendor
from meterkast.assurance.continuity.scenario.prices import Limits, Prices
from meterkast.assurance.continuity.scenario.recourse import Arrangement, Route
from meterkast.model.errors import DataError

WEEKS_PER_YEAR = 52


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
