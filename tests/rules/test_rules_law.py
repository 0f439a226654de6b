"""Law by date, the decision table, the matrix of measures, and what a consumer may."""

from dataclasses import replace
from datetime import date
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterkast.assurance import dossier
from meterkast.assurance.rules import Outcome, choice, matrix, routes, rule_book
from meterkast.assurance.rules.consumer import REFUSE, refusal, rights
from meterkast.assurance.rules.duties import duties, duty_verdicts
from meterkast.assurance.rules.law import (
    disclosure_limb,
    legal_route,
    legal_status,
    measures_by_route,
    powers,
)
from meterkast.assurance.rules.measures import Grade, measures
from meterkast.assurance.rules.timeline import Status, Version, check, version_at
from meterkast.assurance.rules.verdict import Ground, Verdict
from meterkast.model.errors import DataError, LocalError
from rules.rules_world import DAY, fact, world

ANSWERED = date(2026, 2, 4)
ASKED = date(2026, 1, 2)


@pytest.mark.parametrize(
    ("route", "at", "status"),
    [
        ("CBW-21A", date(2026, 1, 2), Status.PLAN),
        ("CBW-21A", date(2026, 8, 14), Status.PLAN),
        ("CBW-21A", date(2026, 8, 15), Status.LAW),
        ("WWKE-15A", date(2026, 8, 15), Status.LAW),
        ("CBB", date(2026, 2, 4), Status.DRAFT),
        ("BWKE", date(2026, 8, 15), Status.LAW),
        ("EW", date(2025, 12, 31), Status.PASSED),
        ("EW", date(2026, 1, 1), Status.LAW),
        ("EW-3.18-RULES", date(2026, 8, 15), Status.DRAFT),
        ("FSR", date(2023, 10, 11), None),
        ("FSR", date(2023, 10, 12), Status.LAW),
        ("CRA-IV", date(2026, 11, 22), Status.PASSED),
    ],
)
def test_the_status_of_a_text_on_a_day(route: str, at: date, status: Status | None) -> None:
    assert routes().get(route).status(at) is status


def test_a_draft_is_prepared_for_and_never_met() -> None:
    for at in (ASKED, ANSWERED, DAY):
        for verdict in legal_status(world(), at):
            status = routes().get(verdict.subject).status(at)
            assert verdict.outcome.met == (status is Status.LAW)
            assert bool(verdict.facts[0].ref) is (status is not None)


def test_the_data_have_no_gap_in_time() -> None:
    assert routes().check() == []
    assert rule_book().check(routes()) == []
    assert rights().check() == []


def _version(start: date, end: date | None) -> Version:
    return Version(valid_from=start, valid_to=end, status=Status.LAW)


@pytest.mark.parametrize(
    ("second", "code"),
    [
        (date(2021, 1, 2), "rule-gap-in-time"),
        (date(2020, 12, 31), "rule-overlap"),
        (date(2021, 1, 1), None),
    ],
)
def test_a_gap_and_an_overlap_are_found(second: date, code: str | None) -> None:
    versions = (_version(date(2020, 1, 1), date(2021, 1, 1)), _version(second, None))
    findings = check(versions, "rules.toml: X")
    assert [finding.code for finding in findings] == ([] if code is None else [code])
    assert all("rules.toml: X.valid-to" in finding.message for finding in findings)


def test_no_version_and_a_version_that_ends_before_it_starts_are_found() -> None:
    assert [each.code for each in check((), "r")] == ["rule-no-version"]
    assert [each.code for each in check((_version(DAY, ASKED),), "r")] == ["rule-backwards"]


@given(st.dates(date(2024, 1, 1), date(2028, 1, 1)))
def test_on_no_day_do_two_versions_hold(at: date) -> None:
    for route in routes().route:
        holding = [
            version
            for version in route.version
            if version.valid_from <= at and (version.valid_to is None or at < version.valid_to)
        ]
        assert len(holding) <= 1
        assert version_at(route.version, at) == (holding[0] if holding else None)


def test_the_decision_table_is_complete_and_exclusive() -> None:
    table = choice()
    assert table.check() == []
    names = [question.id for question in table.question]
    for values in product((True, False), repeat=len(names)):
        assert len(table.fitting(dict(zip(names, values, strict=True)))) == 1


@pytest.mark.parametrize("number", range(9))
def test_a_table_without_a_row_or_with_a_wider_one_is_found(number: int) -> None:
    table = choice()
    assert "choice-incomplete" in {
        each.code for each in replace(table, row=table.row[:number] + table.row[number + 1 :]).check()
    }
    wider = replace(table.row[number], when=dict(list(table.row[number].when.items())[1:]))
    doubled = replace(table, row=(*table.row[:number], wider, *table.row[number + 1 :]))
    assert "choice-double" in {each.code for each in doubled.check()}


@pytest.mark.parametrize("missing", ["essential-interest", "lesser-means-fail", "necessary", "proportionate"])
def test_article_346_is_refused_without_any_one_of_its_conditions(missing: str) -> None:
    answers = {
        "essential-interest": True,
        "lesser-means-fail": True,
        "necessary": True,
        "proportionate": True,
        "classified": False,
    }
    assert choice().fitting(answers)[0].route == "TFEU-346"
    assert choice().fitting({**answers, missing: False})[0].route == "AW2012"
    assert choice().fitting({**answers, missing: False, "classified": True})[0].route == "ADV"


def test_the_defence_act_needs_classified_information() -> None:
    plain = {"essential-interest": False, "classified": False}
    assert {row.route for row in choice().fitting(plain)} == {"AW2012"}
    assert {row.route for row in choice().fitting({**plain, "classified": True})} == {"ADV"}


def test_an_unanswered_question_leaves_the_route_open_and_is_named() -> None:
    (verdict,) = legal_route(world(), DAY)
    assert verdict.outcome is Outcome.OPEN
    assert "AW2012" in verdict.explanation_en
    told = {"route.buy.essential-interest": fact(False), "route.buy.classified": fact(False)}
    (verdict,) = legal_route(world(facts=told), DAY)
    assert verdict.outcome is Outcome.PASS
    assert verdict.explanation_en.startswith("AW2012")


def test_the_matrix_says_what_the_reference_says() -> None:
    cells = {(cell.measure, cell.route): cell for cell in matrix(DAY)}
    assert len(cells) == 9 * 6
    assert cells["forbid-supplier", "CBW-21A"].grade is Grade.ALLOWED
    assert cells["forbid-supplier", "AW2012"].grade is Grade.NO
    assert cells["exclude-by-establishment", "ADV"].grade is Grade.ALLOWED
    assert cells["stop-for-subsidy", "FSR"].grade is Grade.ALLOWED


def test_the_power_to_forbid_is_usable_from_its_day_on() -> None:
    def usable(at: date) -> bool:
        return any(
            cell.usable_today
            for cell in matrix(at)
            if (cell.measure, cell.route) == ("forbid-supplier", "CBW-21A")
        )

    assert not usable(date(2026, 8, 14))
    assert usable(date(2026, 8, 15))


def test_one_measure_is_usable_by_three_buying_routes() -> None:
    buying = set(measures().buying_routes)
    assert any(buying <= set(measure.usable_by) for measure in measures().measure)


def test_powers_overlap_and_say_how_many_are_in_force() -> None:
    overlaps = {verdict.subject for verdict in powers(world(), DAY)}
    assert overlaps == {"keep-secret", "forbid-supplier", "replacement-term"}
    assert all(not verdict.outcome.met for verdict in powers(world(), DAY))


def test_every_measure_names_its_articles() -> None:
    for ids in measures().articles.values():
        assert all(routes().get(id).law_nl and routes().get(id).source for id in ids)
    assert {verdict.outcome for verdict in measures_by_route(world(), DAY)} == {Outcome.PASS}


@pytest.mark.parametrize(("at", "may"), [(date(2025, 12, 31), True), (date(2026, 1, 1), False)])
def test_the_right_to_refuse_ends_on_the_first_of_january(at: date, may: bool) -> None:
    assert rights().may(REFUSE, at) is may
    (verdict,) = refusal(world(), at)
    assert verdict.outcome is Outcome.PASS
    assert ("no longer possible" in verdict.explanation_en) is not may


def test_who_may_not_refuse_has_both_alternatives() -> None:
    assert rights().may("communication-off", ASKED)
    assert rights().may("digital-meter", ASKED)


def test_an_article_half_told_is_found() -> None:
    told = dossier.load()
    (verdict,) = disclosure_limb(told, ANSWERED)
    assert verdict.outcome is Outcome.OPEN
    assert verdict.facts[0].ref == "S3:134"
    whole = tuple(
        replace(each, limbs=("a", "b")) if each.article == "tfeu-346-1" else each for each in told.statements
    )
    (verdict,) = disclosure_limb(replace(told, statements=whole), ANSWERED)
    assert verdict.outcome is Outcome.PASS


def test_a_statutory_task_cannot_be_handed_on() -> None:
    duty = duties().duty[0]
    assert duty.assign("operator", "contractor")["responsible"] == "contractor"
    with pytest.raises(LocalError, match="the operator answers"):
        duty.assign("contractor", "contractor")


def test_a_duty_needs_one_rule_that_is_met() -> None:
    met = Verdict.of("DUAL-HW", "G1", Outcome.PASS, [Ground(what="w", value="v")], "ja", "yes", DAY)
    by_id = {verdict.subject: verdict for verdict in duty_verdicts([met], DAY)}
    assert by_id["safe-and-reliable"].outcome is Outcome.PASS
    assert by_id["outside-influence"].outcome is Outcome.OPEN
    before = {verdict.subject: verdict for verdict in duty_verdicts([met], ANSWERED)}
    assert before["alternative-chains"].outcome is Outcome.PREPARED


def test_an_unknown_route_names_the_file() -> None:
    with pytest.raises(DataError) as raised:
        routes().get("X")
    assert raised.value.where == "routes.toml"
