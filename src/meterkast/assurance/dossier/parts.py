"""Where parts come from, at any depth: by country, by share, and where the products of two vendors meet.

A part lies as deep as the longest way down to it and counts as often as it is built in; a part that contains
itself has no depth and is refused. Seats and owners of parties play no role here.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from meterkast.assurance.dossier.component import Part
from meterkast.assurance.dossier.dossier import Dossier
from meterkast.model.errors import DataError

_MILLION = 1_000_000


class Aspect(StrEnum):
    """The four countries of a part."""

    DESIGN = "design"
    PRODUCTION = "production"
    ASSEMBLY = "assembly"
    FIRMWARE = "firmware"

    def of(self, part: Part) -> str | None:
        """The country of a part in this respect; None is unknown."""
        country: str | None = getattr(part, self.value)
        return country


class Weight(StrEnum):
    """By what shares are counted: pieces, or euros of a part less those of the parts in it."""

    COUNT = "count"
    VALUE = "value"


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A part in its place.

    Attributes:
        depth: 1 for a product, 2 for what is in it, and on.
        pieces: how many of it are in one piece of each product that holds it.
    """

    part: Part
    depth: int
    pieces: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginRow:
    """The share of one country; a country of None is unknown and counts as nobody's."""

    country: str | None
    parts: int
    share: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginTable:
    """Shares that sum to exactly one, largest first and unknown last; empty where nothing can be weighed.

    Attributes:
        unvalued: parts whose value is unknown, which a table by value leaves out.
    """

    aspect: Aspect
    weight: Weight
    rows: tuple[OriginRow, ...]
    unvalued: int = 0

    def share_of(self, countries: Collection[str]) -> Fraction:
        """The share of a group of countries, such as the European Union; unknown is in no group."""
        return sum((row.share for row in self.rows if row.country in countries), Fraction(0))

    @property
    def unknown(self) -> Fraction:
        """The share of which nobody knows the country."""
        return sum((row.share for row in self.rows if row.country is None), Fraction(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Independence:
    """Whether the vendors of a component stand apart below the first tier.

    Attributes:
        shared: parties that make parts for more than one vendor, with those vendors.
        untested: vendors of whom some part, or the whole parts list below the product, has no known maker.
    """

    component: str
    shared: dict[str, tuple[str, ...]]
    untested: tuple[str, ...]


def positions(dossier: Dossier, component: str | None = None) -> tuple[Position, ...]:
    """Every part in its place, products first.

    Raises:
        DataError: ``dossier-parts-circular``.
    """
    chosen = {part.id: part for part in dossier.parts if component is None or component == part.component}
    awaited = _parents(chosen.values())
    depths = {id: 1 for id in chosen if not awaited[id]}
    pieces = {id: chosen[id].quantity for id in depths}
    ready = list(depths)
    for id in ready:
        for child in chosen[id].contains:
            if child not in chosen:
                continue
            # Parts become ready in order of depth, so the last to say so is the deepest.
            depths[child] = depths[id] + 1
            pieces[child] = pieces.get(child, 0) + pieces[id] * chosen[child].quantity
            awaited[child] -= 1
            if not awaited[child]:
                ready.append(child)
    if len(ready) < len(chosen):
        stuck = min(set(chosen) - set(ready))
        raise DataError(
            "dossier-parts-circular", "A part contains itself.", where=f"parts.toml: part {stuck}: contains"
        )
    return tuple(Position(part=chosen[id], depth=depths[id], pieces=pieces[id]) for id in ready)


def at_country(
    dossier: Dossier, country: str, *, aspect: Aspect | None = None, component: str | None = None
) -> tuple[Position, ...]:
    """The parts that come from a country in one respect, or in any."""
    aspects = tuple(Aspect) if aspect is None else (aspect,)
    return tuple(
        position
        for position in positions(dossier, component)
        if any(aspect.of(position.part) == country for aspect in aspects)
    )


def origin_table(
    dossier: Dossier, aspect: Aspect, *, weight: Weight = Weight.COUNT, component: str | None = None
) -> OriginTable:
    """Which share of the parts comes from which country."""
    return origin_tables(dossier, weight=weight, component=component, aspects=(aspect,))[aspect]


def origin_tables(
    dossier: Dossier,
    *,
    weight: Weight = Weight.COUNT,
    component: str | None = None,
    aspects: Sequence[Aspect] = tuple(Aspect),
) -> dict[Aspect, OriginTable]:
    """The same for several aspects, all four unless told."""
    placed = positions(dossier, component)
    weighed = {one.part.id: one.pieces for one in placed} if weight is Weight.COUNT else _values(placed)
    return {aspect: _table(placed, weighed, aspect, weight) for aspect in aspects}


def _table(
    placed: Sequence[Position], weighed: Mapping[str, int], aspect: Aspect, weight: Weight
) -> OriginTable:
    weights: dict[str | None, int] = defaultdict(int)
    counts: dict[str | None, int] = defaultdict(int)
    for position in placed:
        if position.part.id in weighed:
            country = aspect.of(position.part)
            weights[country] += weighed[position.part.id]
            counts[country] += 1
    whole = sum(weights.values())
    rows = [
        OriginRow(country=country, parts=counts[country], share=Fraction(share, whole))
        for country, share in weights.items()
        if whole
    ]
    rows.sort(key=lambda row: (row.country is None, -row.share, row.country or ""))
    return OriginTable(aspect=aspect, weight=weight, rows=tuple(rows), unvalued=len(placed) - len(weighed))


def independence(dossier: Dossier, component: str) -> Independence:
    """Whether vendors of one component share a maker below the first tier; what is unknown is untested."""
    vendors = dossier.component(component).vendors
    makers: dict[str, set[str]] = defaultdict(set)
    declared, silent = set(), set()
    for position in positions(dossier, component):
        vendor = position.part.vendor
        if vendor is None or position.depth == 1:
            continue
        declared.add(vendor)
        if position.part.party is None:
            silent.add(vendor)
        else:
            makers[position.part.party].add(vendor)
    shared = {maker: tuple(sorted(users)) for maker, users in makers.items() if len(users) > 1}
    untested = tuple(vendor for vendor in vendors if vendor in silent or vendor not in declared)
    return Independence(component=component, shared=shared, untested=untested)


def _parents(parts: Iterable[Part]) -> dict[str, int]:
    """How many parts hold each part."""
    parents: dict[str, int] = defaultdict(int)
    for part in parts:
        for child in part.contains:
            parents[child] += 1
    return parents


def _values(placed: Iterable[Position]) -> dict[str, int]:
    """Millionths of a euro of all pieces of each valued part, less the valued parts in them."""
    places = {position.part.id: position for position in placed}
    worth = {
        id: round(place.part.value_eur * _MILLION)
        for id, place in places.items()
        if place.part.value_eur is not None
    }

    def own(place: Position) -> int:
        inner = [id for id in place.part.contains if id in worth]
        held = sum(worth[id] * places[id].part.quantity for id in inner)
        return max(0, worth[place.part.id] - held)

    return {id: own(places[id]) * places[id].pieces for id in worth}
