"""Origin at any depth: exact lists, shares that sum to one, unknown that stays unknown, shared makers."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterkast.assurance.dossier import Dossier, load
from meterkast.assurance.dossier.component import Part
from meterkast.assurance.dossier.parts import (
    Aspect,
    Weight,
    at_country,
    independence,
    origin_table,
    positions,
)
from meterkast.model.errors import DataError

INVENTED = Path(__file__).parent / "invented"


def world(parts: Sequence[Part]) -> Dossier:
    return replace(load(INVENTED), parts=tuple(parts))


def test_the_list_for_a_country_is_exact_at_any_depth() -> None:
    dossier = load(INVENTED)
    found = {position.part.id: position.depth for position in at_country(dossier, "CN")}
    assert found == {"case-aurora": 2, "die-aurora": 3}
    assert [position.part.id for position in at_country(dossier, "US", aspect=Aspect.DESIGN)] == [
        "chip-aurora"
    ]
    assert at_country(dossier, "US", aspect=Aspect.PRODUCTION) == ()


def test_pieces_multiply_on_the_way_down_and_add_over_ways() -> None:
    pieces = {position.part.id: position.pieces for position in positions(load(INVENTED))}
    assert pieces["chip-aurora"] == 2
    assert pieces["die-aurora"] == 2
    shared = [
        Part(id="a", component="H1", cls="x", contains=("b", "c")),
        Part(id="b", component="H1", cls="x", quantity=2, contains=("d",)),
        Part(id="c", component="H1", cls="x", quantity=3, contains=("d",)),
        Part(id="d", component="H1", cls="x", quantity=5),
    ]
    assert {one.part.id: one.pieces for one in positions(world(shared))} == {"a": 1, "b": 2, "c": 3, "d": 25}


def test_value_counts_a_part_less_what_is_in_it() -> None:
    """EUR 160 in all: 56 + 20 + 4 for one product, 80 for the other; two parts carry no price."""
    table = origin_table(load(INVENTED), Aspect.PRODUCTION, weight=Weight.VALUE)
    shares = {row.country: row.share for row in table.rows}
    assert shares == {
        "DE": Fraction(80, 160),
        "KR": Fraction(56, 160),
        "TW": Fraction(20, 160),
        "CN": Fraction(4, 160),
    }
    assert table.unvalued == 2
    assert table.share_of({"DE", "FR"}) == Fraction(1, 2)


def test_unknown_is_never_anybodys() -> None:
    table = origin_table(load(), Aspect.PRODUCTION)
    assert [(row.country, row.share) for row in table.rows] == [(None, Fraction(1))]
    assert table.unknown == 1
    assert table.share_of({"NL", "FR", "CN"}) == 0


def test_a_part_in_itself_is_refused() -> None:
    circle = [
        Part(id="a", component="H1", cls="x", contains=("b",)),
        Part(id="b", component="H1", cls="x", contains=("c",)),
        Part(id="c", component="H1", cls="x", contains=("b",)),
    ]
    with pytest.raises(DataError) as refused:
        positions(world(circle))
    assert refused.value.code == "dossier-parts-circular"
    assert refused.value.where == "parts.toml: part b: contains"


def test_a_shared_maker_breaks_independence() -> None:
    dossier = load(INVENTED)
    found = independence(dossier, "H1")
    assert found.shared == {"chipmaker": ("aurora", "zonnewijzer")}
    assert found.untested == ()
    apart = [replace(part, party=part.vendor) for part in dossier.parts]
    assert independence(world(apart), "H1").shared == {}


def test_no_list_below_the_product_is_untested_and_not_independent() -> None:
    products = [part for part in load(INVENTED).parts if part.cls == "heat-meter"]
    flat = [replace(part, contains=()) for part in products]
    assert independence(world(flat), "H1").untested == ("aurora", "zonnewijzer")


countries = st.sampled_from([None, "NL", "CN", "FR", "JP"])


@st.composite
def trees(draw: st.DrawFn) -> list[Part]:
    """Any parts list in which a part holds only later ones."""
    size = draw(st.integers(1, 12))
    found = []
    for index in range(size):
        later = range(index + 1, size)
        holds = draw(st.lists(st.sampled_from(later), unique=True)) if later else []
        found.append(
            Part(
                id=f"p{index}",
                component="H1",
                cls="x",
                quantity=draw(st.integers(1, 4)),
                value_eur=draw(st.none() | st.floats(0, 1000)),
                production=draw(countries),
                contains=tuple(f"p{inner}" for inner in holds),
            )
        )
    return found


@given(trees(), st.sampled_from(list(Weight)))
def test_shares_sum_to_exactly_one(parts: list[Part], weight: Weight) -> None:
    table = origin_table(world(parts), Aspect.PRODUCTION, weight=weight)
    whole = sum((row.share for row in table.rows), Fraction(0))
    assert whole == (1 if table.rows else 0)
    assert table.unknown + table.share_of({"NL", "CN", "FR", "JP"}) == whole


@given(trees())
def test_every_part_has_one_place_below_all_that_hold_it(parts: list[Part]) -> None:
    placed = {position.part.id: position for position in positions(world(parts))}
    assert set(placed) == {part.id for part in parts}
    for part in parts:
        for inner in part.contains:
            assert placed[inner].depth > placed[part.id].depth
            assert placed[inner].pieces >= placed[part.id].pieces
