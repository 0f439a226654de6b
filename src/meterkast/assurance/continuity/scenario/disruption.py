"""What goes wrong: a vendor lost, a shared source below both, more demand, a weakness in the firmware."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from meterkast.assurance.continuity.scenario.fields import Fields
from meterkast.assurance.continuity.scenario.input import Spread


class Channel(StrEnum):
    """What can fall away, each on its own (M022)."""

    DELIVERIES = "deliveries"
    MAINTENANCE = "maintenance"
    UPDATES = "updates"


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


def disruption_in(fields: Fields, vendors: list[str]) -> Disruption:
    """What the scenario takes away, from one of these vendors."""
    table, field = fields.table("disruption") or {}, "disruption"
    lost = fields.values(table, "lost", field) or {}
    if lost.get("value") not in vendors:
        fields.fault("continuity-value-wrong", f"{field}.lost", f"one of {', '.join(vendors)} is lost.")
    named = (fields.values(table, "channels", field) or {}).get("value")
    known = set(Channel)
    if not isinstance(named, list) or not all(name in known for name in named):
        fields.fault("continuity-value-wrong", f"{field}.channels", f"a list out of {', '.join(Channel)}.")
        named = []
    duration = fields.needed_spread(table, "duration", field)
    return Disruption(
        lost=str(lost.get("value")),
        earliest_week=fields.whole(table, "earliest_week", field, high=2000),
        last_weeks_spared=fields.whole(table, "last_weeks_spared", field, low=1, high=100),
        permanent=fields.needed(table, "permanent", field, high=1.0),
        duration=duration,
        channels=frozenset(Channel(name) for name in named),
    )


def nodes_in(fields: Fields, vendors: list[str]) -> tuple[Node, ...]:
    """The shared sources, and which of these vendors need them."""
    nodes = []
    for field, row in fields.rows("node"):
        depends = fields.values(row, "depends", field) or {}
        unknown = sorted(set(depends) - set(vendors))
        if unknown:
            fields.fault("continuity-value-wrong", f"{field}.depends", f"{unknown[0]!r} is no vendor here.")
        outage = fields.needed_spread(row, "outage", field)
        parts = {
            vendor: fields.as_number(part, f"{field}.depends.{vendor}", 0.0, 1.0)
            for vendor, part in depends.items()
        }
        nodes.append(
            Node(
                id=fields.text(row, "id", field),
                name=fields.text(row, "name", field),
                depends=parts,
                outage=outage,
                weight=fields.number(row, "weight", field, low=0.001, high=1000.0, default=1.0) or 1.0,
            )
        )
    return tuple(nodes)


def shock_in(fields: Fields) -> Shock | None:
    """The time of extra demand; None where the scenario has none."""
    table, field = fields.table("shock"), "shock"
    if table is None:
        return None
    return Shock(
        probability=fields.needed(table, "probability", field, high=1.0),
        extra=fields.needed(table, "extra", field, high=10.0),
        weeks=fields.whole(table, "weeks", field, low=1, high=2000),
    )


def weakness_in(fields: Fields) -> Weakness | None:
    """The weaknesses to come; None where the scenario has none."""
    table, field = fields.table("weakness"), "weakness"
    if table is None:
        return None
    return Weakness(
        yearly=fields.needed(table, "yearly", field, high=100.0),
        share=fields.needed(table, "share", field, high=1.0),
        weeks=fields.whole(table, "weeks", field, low=1, high=2000),
    )
