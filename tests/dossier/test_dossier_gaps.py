"""The gaps are found: exactly sixteen, each gone with a statement that it rests on, and others elsewhere."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from meterkast.assurance.dossier import Dossier, Fact, Ref, gaps, load
from meterkast.assurance.dossier.component import Criticality, Status
from meterkast.assurance.dossier.contract import Contract, TakeOver
from meterkast.assurance.dossier.gaps import Kind

INVENTED = Path(__file__).parent / "invented"
HERE = Ref(source="S3", line=122)

EXPECTED = {
    "G1": (Kind.CONFLICT, {"S0:1", "S3:55", "S3:61"}),
    "G2": (Kind.CONFLICT, {"S3:17", "S3:38"}),
    "G3": (
        Kind.WORDING,
        {"S3:26", "S3:29", "S3:46", "S3:72", "S3:75", "S3:103", "S3:122", "S3:134"},
    ),
    "G4": (Kind.WORDING, {"S3:38", "S3:113"}),
    "G5": (Kind.SCOPE, {"S3:38"}),
    "G6": (Kind.SCOPE, {"S3:122", "S3:50", "S3:52"}),
    "G7": (Kind.GAP, {"S3:119", "S3:122"}),
    "G8": (Kind.INFERENCE, {"S3:58", "S3:65"}),
    "G9": (Kind.GAP, {"S3:42", "S3:46"}),
    "G10": (Kind.GAP, {"S3:119", "S3:122"}),
    "G11": (Kind.SCOPE, {"S3:29", "S3:75", "S3:48"}),
    "G12": (Kind.SCOPE, {"S3:134", "TFEU"}),
    "G13": (Kind.INFERENCE, {"S3:100", "S3:103", "S3:106", "S3:107", "S3:113"}),
    "G14": (Kind.GAP, {"S3:88", "S3:91", "S0:3"}),
    "G15": (Kind.GAP, {"S3:48"}),
    "G16": (Kind.GAP, {"S3:122"}),
}


def test_exactly_sixteen_with_kind_and_places() -> None:
    found = {gap.id: (gap.kind, {str(place) for place in gap.places}) for gap in gaps.find(load())}
    assert found == EXPECTED


def test_each_has_two_places_or_a_missing_field_or_two_facts_on_one_line() -> None:
    for gap in gaps.find(load()):
        assert len(gap.places) > 1 or gap.missing or gap.id == "G5", gap.id
        assert gap.text_nl.endswith(".")
        assert gap.text_en.endswith(".")
        assert gap.settled_nl
        assert gap.settled_en


def fact(value: object) -> Fact[Any]:
    return Fact(value=value, ref=HERE)


def without(member: str, keep: Callable[[Any], bool]) -> Callable[[Dossier], Dossier]:
    def change(dossier: Dossier) -> Dossier:
        records = getattr(dossier, member)
        kept = tuple(record for record in records if keep(record))
        assert len(kept) < len(records)
        changed: dict[str, Any] = {member: kept}
        return replace(dossier, **changed)

    return change


def each(member: str, change: Callable[[Any], Any]) -> Callable[[Dossier], Dossier]:
    def changed(dossier: Dossier) -> Dossier:
        records: dict[str, Any] = {member: tuple(map(change, getattr(dossier, member)))}
        return replace(dossier, **records)

    return changed


def take_over(change: Callable[[TakeOver], TakeOver | None]) -> Callable[[Dossier], Dossier]:
    def of(contract: Contract) -> Contract:
        assert contract.take_over is not None
        return replace(contract, take_over=change(contract.take_over))

    return each("contracts", of)


def critical_gateway_part(dossier: Dossier) -> Dossier:
    named = Criticality(since=date(2026, 3, 1), decider="stedin", ref=HERE)
    return each("parts", lambda part: replace(part, critical=named) if part.component == "C2" else part)(
        dossier
    )


def declared_makers(dossier: Dossier) -> Dossier:
    """Every part below the product gets a maker of its own vendor's; the gas meters get parts at all."""
    parts = [replace(part, party=part.party or part.vendor) for part in dossier.parts]
    for vendor, product in (("gas-meter-vendor-1", "gas-meter-1"), ("gas-meter-vendor-2", "gas-meter-2")):
        inner = replace(
            parts[0], id=f"{product}-board", component="C4", vendor=vendor, party=vendor, contains=()
        )
        parts = [replace(part, contains=(inner.id,)) if part.id == product else part for part in parts]
        parts.append(inner)
    return replace(dossier, parts=tuple(parts))


REMOVALS: list[tuple[str, set[str], Callable[[Dossier], Dossier]]] = [
    ("G1", {"G1"}, without("ownerships", lambda tie: tie.id != "cec-kaifa-press")),
    ("G1", {"G1"}, without("ownerships", lambda tie: tie.id != "cec-kaifa-question")),
    (
        "G2",
        {"G2"},
        each(
            "contracts",
            lambda one: replace(one, awards=tuple(replace(a, reported_units=None) for a in one.awards)),
        ),
    ),
    ("G3", {"G3"}, without("citations", lambda one: one.written != "Kamerstuk 2025Z22741")),
    ("G3", {"G3"}, without("citations", lambda one: one.written != "Kamerstuk 22 741")),
    ("G4", {"G4"}, each("procedures", lambda one: replace(one, called=one.called[:1]))),
    ("G4", {"G4"}, each("procedures", lambda one: replace(one, called=one.called[1:]))),
    ("G4", {"G4"}, each("procedures", lambda one: replace(one, phases=()))),
    ("G5", {"G5"}, each("parties", lambda one: replace(one, seat=None))),
    ("G5", {"G5", "G9"}, each("parties", lambda one: replace(one, origin=None))),
    ("G6", {"G6", "G16"}, without("requirements", lambda one: one.id != "two-vendors")),
    (
        "G6",
        {"G6"},
        each(
            "components",
            lambda one: replace(one, vendors=one.vendors * 2 if len(one.vendors) == 1 else one.vendors),
        ),
    ),
    ("G7", {"G7", "G10"}, take_over(lambda _: None)),
    (
        "G7",
        {"G7"},
        take_over(lambda one: replace(one, lead_weeks=fact(8.0), ramp_weeks=fact(8.0), buffer_units=fact(1))),
    ),
    (
        "G8",
        {"G8"},
        each(
            "procedures",
            lambda one: replace(
                one, examinations=tuple(e for e in one.examinations if e.topic != "abnormally-low-tender")
            ),
        ),
    ),
    (
        "G9",
        {"G9"},
        each("questions", lambda one: replace(one, asks=tuple(a for a in one.asks if a != "part:firmware"))),
    ),
    ("G9", {"G9"}, each("parts", lambda one: replace(one, firmware="NL" if one.cls == "firmware" else None))),
    (
        "G10",
        {"G10"},
        take_over(
            lambda one: replace(
                one, channels=dict.fromkeys(("deliveries", "maintenance", "updates"), fact("x"))
            )
        ),
    ),
    ("G11", {"G11"}, each("components", lambda one: replace(one, status=fact(Status.AWARDED)))),
    ("G11", {"G11"}, each("statements", lambda one: replace(one, rests_on=()))),
    ("G12", {"G12"}, without("statements", lambda one: one.id != "tfeu-346-footnote")),
    ("G12", {"G12"}, each("statements", lambda one: replace(one, limbs=("a", "b")))),
    ("G13", {"G13"}, without("questions", lambda one: one.id != "Q12")),
    (
        "G13",
        {"G13"},
        each(
            "procedures",
            lambda one: replace(
                one, instruments=tuple(replace(i, reason=fact("why")) for i in one.instruments)
            ),
        ),
    ),
    ("G14", {"G14"}, without("audits", lambda _: False)),
    (
        "G14",
        {"G14"},
        each(
            "audits",
            lambda one: replace(
                one, scope=fact("all"), frequency=fact("yearly"), party=fact("x"), findings=fact(0)
            ),
        ),
    ),
    ("G15", {"G15"}, without("requirements", lambda one: one.id != "gateway-critical-parts")),
    ("G15", {"G15"}, critical_gateway_part),
    ("G16", {"G16"}, declared_makers),
]


@pytest.mark.parametrize(("gap", "gone", "change"), REMOVALS, ids=[row[0] for row in REMOVALS])
def test_a_gap_goes_with_its_statement_and_nothing_else_moves(
    gap: str, gone: set[str], change: Callable[[Dossier], Dossier]
) -> None:
    left = {found.id for found in gaps.find(change(load()))}
    assert gap in gone
    assert left == set(EXPECTED) - gone


def test_every_gap_was_removed_once() -> None:
    assert {row[0] for row in REMOVALS} == set(EXPECTED)


def test_a_figure_within_the_tolerance_is_no_conflict() -> None:
    def told(units: int) -> set[str]:
        change = each(
            "contracts",
            lambda one: replace(
                one, awards=(replace(one.awards[0], reported_units=fact(units)), *one.awards[1:])
            ),
        )
        return {found.id for found in gaps.find(change(load()))}

    assert "G2" not in told(4_534_000)
    assert "G2" in told(4_533_000)


def test_a_shared_maker_is_a_conflict_that_is_named() -> None:
    dossier = declared_makers(load())
    shared = each("parts", lambda one: replace(one, party="aivd") if one.cls == "sensor" else one)(dossier)
    found = [one for one in gaps.find(shared) if one.id == "G16"]
    assert [one.kind for one in found] == [Kind.CONFLICT]
    assert "Algemene Inlichtingen" in found[0].text_nl


def test_another_dossier_has_other_gaps() -> None:
    found = {gap.id: gap for gap in gaps.find(load(INVENTED))}
    assert set(found) == {"G5", "G16"}
    assert found["G5"].subject == "aurora"
    assert found["G16"].kind is Kind.CONFLICT
    assert "Chipmaker Ltd" in found["G16"].text_en
