"""A contract: how many, for how much, for how long, by whom; and who steps in when one of them falls away."""

from dataclasses import dataclass, field

from meterkast.assurance.dossier.fact import Fact, Ref

CHANNELS = ("deliveries", "maintenance", "updates")
"""What a vendor can stop giving; each can fall away alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Award:
    """The share of one vendor.

    Attributes:
        share: of the units, 0 to 1.
        named: the name under which the source awards it.
        reported_units: number told elsewhere for the same share.
    """

    party: str
    share: Fact[float]
    named: str
    reported_units: Fact[int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeOver:
    """The promise that one vendor goes on where another stops.

    Attributes:
        capacity: part of the whole volume that ``by`` can deliver, 1.0 is all.
        lead_weeks: before ``by`` starts to deliver more.
        ramp_weeks: from there to full capacity.
        buffer_units: in stock to live through both.
        channels: for each of ``CHANNELS`` the party that takes it over, also for units that hang
            already; a missing channel has no owner.
    """

    by: str
    instead_of: str
    capacity: Fact[float]
    channels: dict[str, Fact[str]]
    lead_weeks: Fact[float] | None = None
    ramp_weeks: Fact[float] | None = None
    buffer_units: Fact[int] | None = None

    @property
    def missing(self) -> tuple[str, ...]:
        """Fields without which nobody can tell whether the promise holds."""
        return tuple(
            name for name in ("lead_weeks", "ramp_weeks", "buffer_units") if getattr(self, name) is None
        )

    @property
    def unowned(self) -> tuple[str, ...]:
        """Channels that nobody is said to take over."""
        return tuple(channel for channel in CHANNELS if channel not in self.channels)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """A purchase of one component by several operators, who each sign for themselves.

    Attributes:
        units: expected number, not guaranteed.
        options: number of times that an operator may prolong, each by ``option_years``.
        options_in_value: whether ``value_eur`` counts the options; None is not said.
        units_of_operator: what each operator takes; empty where it is not said.
        disclosure: what the parties agreed not to tell.
    """

    id: str
    component: str
    procedure: str
    operators: tuple[str, ...]
    awards: tuple[Award, ...]
    units: Fact[int]
    value_eur: Fact[int]
    term_years: Fact[int]
    options: Fact[int]
    option_years: Fact[int]
    option_decider: Fact[str]
    options_in_value: Fact[bool | None]
    take_over: TakeOver | None = None
    disclosure: Fact[str] | None = None
    units_of_operator: dict[str, Fact[int]] = field(default_factory=dict)

    @property
    def shares(self) -> dict[str, float]:
        """Share of each vendor, by party."""
        return {award.party: award.share.value for award in self.awards}

    def units_of(self, party: str) -> int:
        """Derived: what the share of a vendor comes to, rounded to whole units."""
        return round(self.shares[party] * self.units.value)

    @property
    def price_per_unit(self) -> float:
        """Derived: euros for one unit, if the value counts these units and nothing else."""
        return self.value_eur.value / self.units.value

    @property
    def concentration(self) -> float:
        """Derived: Herfindahl-Hirschman index, the sum of squared shares."""
        return sum(share**2 for share in self.shares.values())

    @property
    def effective_vendors(self) -> float:
        """Derived: how many equal vendors would be as concentrated."""
        return 1 / self.concentration

    @property
    def terms_years(self) -> tuple[int, ...]:
        """Derived: every length the contract can have, shortest first."""
        return tuple(
            self.term_years.value + taken * self.option_years.value for taken in range(self.options.value + 1)
        )

    @property
    def places(self) -> tuple[Ref, ...]:
        """Where its figures stand."""
        return tuple(
            sorted({self.units.ref, self.value_eur.ref, *(award.share.ref for award in self.awards)})
        )
