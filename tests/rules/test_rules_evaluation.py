"""All rules at once: on the packaged dossier, on an invented one, by date, and with evidence taken away."""

import csv
import time
from dataclasses import fields, replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from captures import captures_dir
from meterkast.assurance import dossier, framework, tender
from meterkast.assurance.dossier.component import Component, Part, Properties
from meterkast.assurance.dossier.dossier import Dossier
from meterkast.assurance.dossier.procedure import Instrument, Procedure
from meterkast.assurance.framework.evaluation import EVALUATORS as FRAMEWORK
from meterkast.assurance.rules import Ground, Outcome, Verdict, evaluate, routes, rule_book
from meterkast.assurance.rules.book import bounded
from meterkast.assurance.rules.evaluation import EVALUATORS as RULES
from meterkast.assurance.tender.evaluation import EVALUATORS as TENDER
from rules.rules_world import DAY, component, contract, decision, fact, part, world

ANSWERED = date(2026, 2, 4)


def everything(told: Dossier, at: date) -> list[Verdict]:
    return evaluate(told, at) + framework.evaluate(told, at) + tender.evaluate(told, at)


def outcomes(told: Dossier, at: date) -> dict[tuple[str, str], Outcome]:
    return {(verdict.rule, verdict.subject): verdict.outcome for verdict in everything(told, at)}


def test_every_rule_of_the_book_has_an_evaluator_in_its_room() -> None:
    rooms = {"rules": {*RULES, "DUTIES"}, "framework": set(FRAMEWORK), "tender": set(TENDER)}
    for room, ids in rooms.items():
        assert {rule.id for rule in rule_book().rule if rule.room == room} == ids


# The rows of the mission that belong to these three rooms.
_ROWS = [
    *(12, 13, 14, 20, 24),
    *range(49, 54),
    *(60, 61, 62, 64, 67, 68, 69, 70, 71, 72, 77),
    *range(79, 104),
    *(106, 107, 109),
    *range(115, 119),
    *range(119, 127),
    *(131, 133, 134),
    *range(139, 160),
    *(164, 165, 166, 167),
]


@pytest.mark.parametrize("row", _ROWS)
def test_every_row_of_the_mission_has_a_rule(row: int) -> None:
    assert rule_book().serving(f"M{row:03d}")


@pytest.mark.captures
def test_quotes_stand_in_their_line() -> None:
    folder = captures_dir().parent / "dossier"
    texts = {
        name: (folder / file).read_text(encoding="utf-8").split("\n")
        for name, file in (("S0", "artikel-2026-01-02.txt"), ("S3", "antwoorden-2026Z00004.txt"))
    }
    with (folder / "mission.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["id"] for row in csv.DictReader(file)}
    for rule in rule_book().rule:
        assert rule.ref.line is not None
        line = texts[rule.ref.source][rule.ref.line - 1].replace("\xa0", " ")
        assert rule.quote in line, rule.id
        assert len(rule.quote.split()) <= 20
        assert set(rule.mission) <= rows


def test_every_verdict_says_in_two_languages_which_fact_decides() -> None:
    for verdict in everything(dossier.load(), ANSWERED):
        assert verdict.facts, verdict
        assert verdict.facts[0].what, verdict
        assert verdict.explanation_nl.endswith("."), verdict
        assert verdict.explanation_en.endswith("."), verdict
        assert verdict.explanation_nl != verdict.explanation_en or verdict.rule in {
            "INTERVENTION",
            "CRITERIA",
        }
        assert set(verdict.to_dict()) == {"rule", "subject", "outcome", "explanation", "facts", "at"}


def test_the_case_of_the_answers() -> None:
    found = outcomes(dossier.load(), ANSWERED)
    assert found["GPA-1OF2", "C1"] is Outcome.PASS
    assert found["GPA-PART", "C2"] is Outcome.OPEN
    assert found["DUAL-HW", "C1"] is Outcome.PASS
    assert found["DUAL-HW", "C2"] is Outcome.PENDING
    assert found["DUAL-HW", "C4"] is Outcome.PASS
    assert found["SINGLE-SOURCE", "C3"] is found["SINGLE-SOURCE", "C5"] is Outcome.FAIL
    assert found["SHARED-SOURCE", "C1"] is Outcome.OPEN
    assert found["STATE-INFLUENCE", "kaifa-nl"] is Outcome.OPEN
    assert found["FSR-THRESHOLD", "module"] is Outcome.PASS
    assert found["FSR-GATE", "module"] is Outcome.PASS
    assert found["PRICE-EVIDENCE", "module-tender/abnormally-low-tender"] is Outcome.OPEN
    assert found["AUDIT-FIELDS", "audit-module"] is Outcome.OPEN
    assert found["RISK-CLASS", "C1"] is Outcome.OPEN
    assert found["RISK-CLASS", "C2"] is Outcome.PASS
    assert found["PROCEDURE", "module-tender"] is Outcome.FLAG
    assert found["INSTRUMENTS", "module-tender/restriction"] is Outcome.PASS
    assert found["EXCLUSION", "forbid-named-vendor"] is Outcome.PENDING


@pytest.mark.parametrize(
    ("rule", "subject", "before", "after", "day"),
    [
        ("LEGAL-STATUS", "EW", Outcome.PREPARED, Outcome.PASS, date(2026, 1, 1)),
        ("LEGAL-STATUS", "CBW-21A", Outcome.PENDING, Outcome.PASS, date(2026, 8, 15)),
        ("LEGAL-STATUS", "CBB", Outcome.PREPARED, Outcome.PASS, date(2026, 8, 15)),
        ("DUTIES", "alternative-chains", Outcome.PREPARED, Outcome.PASS, date(2026, 8, 15)),
        ("DUAL-HW", "C1", Outcome.OPEN, Outcome.PASS, date(2025, 12, 11)),
    ],
)
def test_dates_decide(rule: str, subject: str, before: Outcome, after: Outcome, day: date) -> None:
    eve = date.fromordinal(day.toordinal() - 1)
    assert outcomes(dossier.load(), eve)[rule, subject] is before
    assert outcomes(dossier.load(), day)[rule, subject] is after


def full() -> Dossier:
    """An invented dossier in which as much as possible is told, so that much can be taken away."""
    told = Procedure(
        id="buy",
        component="G1",
        instruments=(
            Instrument(id="i", name_nl="i", name_en="i", law="X", used=fact(True), reason=fact("because")),
        ),
    )
    families = ("energy-supply", "product-supply", "data-security")
    return world(
        procedures=(told,),
        decisions=(decision("criticality", "not critical"), decision("buy-it", "open competition")),
        parts=(
            replace(part("a-chip", maker="fab-1"), vendor="berg"),
            replace(part("b-chip", maker="fab-2"), vendor="dal"),
            replace(part("a"), vendor="berg", contains=("a-chip",)),
            replace(part("b"), vendor="dal", contains=("b-chip",)),
        ),
        facts={
            "vital-process-definition": fact("can disrupt society"),
            "vital-electricity": fact(("distribution",)),
            "start.supply.noord": fact(date(2026, 1, 1)),
            "start.supply.zuid": fact(date(2026, 1, 1)),
            "capacity.supply.berg": fact(100),
            "capacity.supply.dal": fact(100),
            "route.buy.essential-interest": fact(False),
            "route.buy.classified": fact(False),
            **{f"mitigation.G1.{family}": fact("noord") for family in families},
            **{f"mitigation.G1.{family}.tested": fact(date(2026, 1, 1)) for family in families},
        },
    )


def test_the_invented_dossier_gives_other_answers() -> None:
    found = outcomes(full(), DAY)
    assert found["GPA-PART", "G1"] is Outcome.PASS
    assert found["SHARED-SOURCE", "G1"] is Outcome.PASS
    assert found["CRITICALITY", "G1"] is Outcome.PASS
    assert found["RISK-ACCEPT", "G1"] is Outcome.PASS
    assert found["CAPABILITY", "supply/berg"] is Outcome.PASS
    assert found["LEGAL-ROUTE", "buy"] is Outcome.PASS
    assert not any("kaifa" in str(verdict.to_dict()).casefold() for verdict in everything(full(), DAY))


def test_another_folder_gives_answers_of_its_own() -> None:
    told = dossier.load(Path(__file__).parents[1] / "dossier" / "invented")
    found = outcomes(told, DAY)
    assert found["DUAL-HW", "H1"] is Outcome.PASS
    assert found["SHARED-SOURCE", "H1"] is Outcome.FAIL
    assert found["FSR-THRESHOLD", "heat"] is Outcome.PASS
    assert found["RISK-CLASS", "H1"] is Outcome.PASS
    assert not any(subject.startswith("C1") for _, subject in found)


def _without_part_field(told: Dossier, number: int, name: str) -> Dossier:
    parts = list(told.parts)
    parts[number % len(parts)] = replace(parts[number % len(parts)], **{name: None})  # type: ignore[arg-type]
    return replace(told, parts=tuple(parts))


def _without_property(told: Dossier, name: str) -> Dossier:
    made = told.components[0]
    properties: Properties = replace(made.properties, **{name: fact(None)})
    return replace(told, components=(replace(made, properties=properties),))


def _without_fact(told: Dossier, number: int) -> Dossier:
    kept = sorted(told.facts)
    kept.pop(number % len(kept))
    return replace(told, facts={name: told.facts[name] for name in kept})


_PART_FIELDS = ("design", "production", "assembly", "party", "critical")

removals = st.one_of(
    st.tuples(st.just("part"), st.integers(0, 3), st.sampled_from(_PART_FIELDS)),
    st.tuples(st.just("property"), st.just(0), st.sampled_from([field.name for field in fields(Properties)])),
    st.tuples(st.just("fact"), st.integers(0, 30), st.just("")),
    st.tuples(st.just("vendor"), st.integers(0, 1), st.just("")),
    st.tuples(st.just("origin"), st.integers(0, 1), st.just("")),
    st.tuples(st.just("decision"), st.integers(0, 1), st.just("")),
    st.tuples(st.just("reason"), st.just(0), st.just("")),
)


def _take(told: Dossier, removal: tuple[str, int, str]) -> Dossier:
    kind, number, name = removal
    match kind:
        case "part":
            return _without_part_field(told, number, name)
        case "property":
            return _without_property(told, name)
        case "fact":
            return _without_fact(told, number) if told.facts else told
        case "vendor":
            made: Component = told.components[0]
            left = made.vendors[:number] + made.vendors[number + 1 :]
            return replace(told, components=(replace(made, vendors=left),))
        case "origin":
            parties = list(told.parties)
            parties[number] = replace(parties[number], origin=None)
            return replace(told, parties=tuple(parties))
        case "decision":
            return replace(told, decisions=told.decisions[:number] + told.decisions[number + 1 :])
        case _:
            bare = tuple(replace(each, reason=None) for each in told.procedures[0].instruments)
            return replace(told, procedures=(replace(told.procedures[0], instruments=bare),))


@settings(max_examples=60, deadline=None)
@given(st.lists(removals, min_size=1, max_size=6))
def test_taking_evidence_away_never_improves_a_verdict(taken: list[tuple[str, int, str]]) -> None:
    """What was not met stays so, whatever is taken away.

    What speaks against somebody is left in place: a record keeps it, and taking it away is another test.
    """
    told = full()
    less = told
    for removal in taken:
        less = _take(less, removal)
    before = outcomes(told, DAY)
    for subject, outcome in outcomes(less, DAY).items():
        assert not outcome.met or before[subject].met, subject


def _worse() -> Dossier:
    """The same with something against it: a part from elsewhere, a shared maker, no capacity."""
    told = full()
    parts: list[Part] = [replace(each, party="fab-1") for each in told.parts]
    parts[0] = replace(parts[0], production="CN")
    return replace(
        told,
        parts=tuple(parts),
        contracts=(contract(units_of_operator={}),),
        components=(component("G1", communication=None, keys=None),),
        facts={**told.facts, "capacity.supply.berg": fact(0)},
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(removals.filter(lambda each: each[2] != "critical"), min_size=1, max_size=6))
def test_taking_evidence_away_turns_nothing_green(taken: list[tuple[str, int, str]]) -> None:
    less = _worse()
    before = outcomes(less, DAY)
    for removal in taken:
        less = _take(less, removal)
    green = {subject for subject, outcome in outcomes(less, DAY).items() if outcome.met}
    assert green <= {subject for subject, outcome in before.items() if outcome.met}


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(["NL", "CN", "FR", "IN", "US"]), st.sampled_from(["NL", "CN", "FR", "IN", "US"]))
def test_swapping_seat_and_name_changes_no_verdict(first: str, second: str) -> None:
    told = full()
    berg, dal = told.parties[0], told.parties[1]
    as_told = replace(
        told, parties=(replace(berg, seat=fact(first)), replace(dal, seat=fact(second)), *told.parties[2:])
    )
    swapped = replace(
        told,
        parties=(
            replace(berg, seat=fact(second), legal_name=dal.legal_name),
            replace(dal, seat=fact(first), legal_name=berg.legal_name),
            *told.parties[2:],
        ),
    )
    assert outcomes(as_told, DAY) == outcomes(swapped, DAY) == outcomes(told, DAY)


def test_one_changed_fact_is_recomputed_within_a_second() -> None:
    told = dossier.load()
    everything(told, ANSWERED)
    changed = replace(told, facts={**told.facts, "design": fact("final")})
    started = time.perf_counter()
    everything(changed, ANSWERED)
    assert time.perf_counter() - started < 1.0


def test_twenty_thousand_parts_are_evaluated_within_two_seconds() -> None:
    chips = [
        replace(part(f"chip-{number}", maker=f"fab-{number}"), vendor="berg") for number in range(19_999)
    ]
    board = replace(part("board"), vendor="berg", contains=tuple(chip.id for chip in chips))
    told = replace(full(), parts=(board, *chips))
    started = time.perf_counter()
    found = outcomes(told, DAY)
    assert time.perf_counter() - started < 2.0
    assert found["GPA-PART", "G1"] is Outcome.PASS
    assert found["SHARED-SOURCE", "G1"] is Outcome.OPEN


def test_a_component_added_by_data_alone_changes_the_answers() -> None:
    third = replace(component("G6"), vendors=("berg",))
    told = world(components=(component(), third))
    assert outcomes(told, DAY)["DUAL-HW", "G6"] is Outcome.FAIL


def _said(rule: str, outcome: Outcome, at: date) -> Verdict:
    return Verdict.of(rule, "X", outcome, [Ground(what="w", value="v")], "zo", "so", at)


@pytest.mark.parametrize(
    ("outcome", "before"),
    [
        (Outcome.PASS, Outcome.PREPARED),
        (Outcome.FLAG, Outcome.PREPARED),
        (Outcome.FAIL, Outcome.OPEN),
        (Outcome.OPEN, Outcome.OPEN),
        (Outcome.PENDING, Outcome.PENDING),
    ],
)
def test_under_a_text_that_does_not_bind_yet_nothing_is_met(outcome: Outcome, before: Outcome) -> None:
    (early,) = bounded([_said("EXCLUSION", outcome, date(2026, 8, 14))])
    (late,) = bounded([_said("EXCLUSION", outcome, date(2026, 8, 15))])
    assert (early.outcome, late.outcome) == (before, outcome)
    assert "aangekondigd" in early.explanation_nl


def test_a_rule_named_twice_or_without_days_is_found() -> None:
    rules = rule_book().rule
    twice = replace(rule_book(), rule=(*rules, replace(rules[0], version=())))
    assert {finding.code for finding in twice.check(routes())} == {"rule-twice", "rule-no-version"}
