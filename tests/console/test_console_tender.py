"""``meterkast tender`` as people and machines meet it."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from meterkast.assurance.framework import policy
from meterkast.assurance.rules import NO_LEGAL_ADVICE_EN, NO_LEGAL_ADVICE_NL, choice
from meterkast.assurance.tender import Order
from meterkast.console.cli.app import app
from meterkast.console.cli.legal import today as local_today
from meterkast.console.cli.order import order_document
from meterkast.console.exits import Exit

INVENTED = str(Path(__file__).parents[1] / "dossier" / "invented")
FEBRUARY, LATER = "2026-02-04", "2030-01-01"

ORDER = """
party = "kaifa-nl"
law = "CBW-21A"
reason = "b"
parts = ["C1"]
purpose = "limit"
replacement-days = 730
facts = [{ what = "finding of the minister", value = "close ties", ref = "decision of 2029-11-01" }]
lesser-means = [{ measure = "audit", rejected-because = "shows one firmware on one day" }]
"""
FIRST = 'signatures = [{ role = "line-minister", on = 2029-12-01 }'
SECOND = ', { role = "minister-of-justice-and-security", on = 2029-12-08 }'


def ask(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["tender", *arguments])


def asked(*arguments: str, ends: Exit = Exit.DONE) -> dict[str, Any]:
    result = ask(*arguments, "--json")
    assert result.exit_code == ends, result.output
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def refused(*arguments: str) -> dict[str, str]:
    error: dict[str, str] = asked(*arguments, ends=Exit.BAD_INPUT)["error"]
    return error


def assessed(level: int = 3, *, assessor: str = "first", extra: str = "", supplier: str = "sagemcom") -> str:
    levels = "\n".join(
        f'[levels.{each.id}]\nlevel = {level}\nevidence = [{{ what = "file", value = "seen", ref = "D:1" }}]'
        for each in policy().criterion
    )
    return f'assessor = "{assessor}"\nsupplier = "{supplier}"\ncomponent = "C1"\n{levels}\n{extra}'


def written(folder: Path, text: str, name: str = "file.toml") -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_every_verdict_of_the_three_rooms_is_told_with_the_fact_that_decides() -> None:
    document = asked("rules", "--at", FEBRUARY)
    rules = {each["rule"] for each in document["verdicts"]}
    assert {"GPA-PARTY", "TRUSTED-SUPPLIER", "EXCLUSION"} <= rules
    assert sum(document["counts"].values()) == len(document["verdicts"])
    for each in document["verdicts"]:
        assert each["explanation"]["nl"]
        assert each["explanation"]["en"]
        assert each["deciding"] == (each["facts"][0] if each["facts"] else None)


def test_verdicts_are_chosen_by_outcome_and_rule() -> None:
    failing = asked("rules", "--at", FEBRUARY, "--outcome", "fail")["verdicts"]
    assert failing
    assert {each["outcome"] for each in failing} == {"fail"}
    one = asked("rules", "--at", FEBRUARY, "--rule", "DUAL-HW")["verdicts"]
    assert {each["rule"] for each in one} == {"DUAL-HW"}
    assert ask("rules", "--outcome", "shiny").exit_code == Exit.USAGE
    assert ask("rules", "--rule", "NONE-SUCH").exit_code == Exit.USAGE


def test_a_rule_that_fails_is_an_answer_and_is_told_in_dutch() -> None:
    result = ask("rules", "--at", FEBRUARY, "--outcome", "fail", "--lang", "nl")
    assert result.exit_code == Exit.DONE
    assert "✗ voldoet niet" in result.stdout
    assert "↳ C3 vendors = application-vendor" in result.stdout


def test_the_day_moves_the_law() -> None:
    before = {each["id"]: each["status"] for each in asked("routes", "--at", FEBRUARY)["routes"]}
    after = {each["id"]: each["status"] for each in asked("routes", "--at", LATER)["routes"]}
    assert (before["CBW-21A"], after["CBW-21A"]) == ("plan", "law")


def test_another_dossier_gets_its_own_verdicts() -> None:
    document = asked("rules", "--at", FEBRUARY, "--dossier", INVENTED)
    subjects = {each["subject"] for each in document["verdicts"] if each["rule"] == "TRUSTED-SUPPLIER"}
    assert subjects == {"H1/aurora", "H1/zonnewijzer"}


def test_the_options_are_the_questions_of_the_table() -> None:
    for question in choice().question:
        answers = {each["id"]: each["answer"] for each in asked("routes", f"--{question.id}")["questions"]}
        assert answers.pop(question.id) is True
        assert set(answers.values()) == {None}
    assert [each["id"] for each in asked("routes")["questions"]] == [each.id for each in choice().question]


def test_a_route_is_decided_only_where_no_answer_could_change_it() -> None:
    nothing = asked("routes")
    assert nothing["decided"] is None
    assert set(nothing["possible"]) == {"TFEU-346", "ADV", "AW2012"}
    assert "essential-interest" in nothing["missing"]
    ordinary = asked("routes", "--no-essential-interest", "--no-classified")
    assert ordinary["decided"] == "AW2012"
    special = ("--essential-interest", "--lesser-means-fail", "--necessary", "--proportionate")
    assert asked("routes", *special)["decided"] == "TFEU-346"
    assert asked("routes", *special[:-1], "--no-proportionate", "--classified")["decided"] == "ADV"


def test_the_matrix_marks_what_does_not_bind_yet() -> None:
    cells = {(each["measure"], each["route"]): each for each in asked("routes", "--at", FEBRUARY)["matrix"]}
    assert not cells["forbid-supplier", "CBW-21A"]["usable_today"]
    shown = ask("routes", "--at", FEBRUARY, "--lang", "nl").stdout
    assert "toegestaan ✎" in shown
    assert "onbevestigd" in shown
    later = {(each["measure"], each["route"]): each for each in asked("routes", "--at", LATER)["matrix"]}
    assert later["forbid-supplier", "CBW-21A"]["usable_today"]


def test_the_policy_shows_its_version_digest_and_vetoes() -> None:
    document = asked("policy")
    assert (document["version"], document["digest"]) == (policy().version, policy().digest)
    shown = ask("policy", "--lang", "nl").stdout
    assert policy().digest in shown
    assert shown.count("✗ veto:") == len(policy().criterion)


def test_a_changed_policy_differs_in_exactly_what_was_changed(tmp_path: Path) -> None:
    printed = asked("policy", "--print")["policy"]
    same = written(tmp_path, printed, "same.toml")
    assert asked("policy", "--diff", "packaged", same)["changes"] == []
    stricter = written(tmp_path, printed.replace("reply-days = 15", "reply-days = 20"), "stricter.toml")
    document = asked("policy", "--diff", same, stricter)
    assert document["changes"] == [{"path": "reply_days", "before": "15", "after": "20"}]
    assert document["before"]["digest"] != document["after"]["digest"]
    assert "reply_days: 15 → 20" in ask("policy", "--diff", same, stricter).stdout


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("reply-days = 15", 'reply-days = "soon"', "reply-days"),
        ("[required.low]\nevery = 1", "[required.low]\nevery = 9", "required.low.every"),
        ("[required.low]\nevery = 1", "[required.low]\ncontrol = 1", "required.low.every"),
        ('version = "1.0.0"', "version", ""),
    ],
)
def test_a_malformed_policy_is_named_by_file_and_field(
    tmp_path: Path, old: str, new: str, where: str
) -> None:
    printed = asked("policy", "--print")["policy"]
    assert old in printed
    file = written(tmp_path, printed.replace(old, new))
    error = refused("policy", "--diff", "packaged", file)
    assert file in error["where"]
    assert where in error["where"]


def test_a_judgement_names_what_decides(tmp_path: Path) -> None:
    good = asked("judge", written(tmp_path, assessed()))["judgements"][0]
    assert (good["trust"], good["deciding"]) == ("trusted", [])
    low = asked("judge", written(tmp_path, assessed(1)), ends=Exit.FAILED)["judgements"][0]
    assert (low["trust"], low["deciding"][0]) == ("not-trusted", "control")
    shown = ask("judge", written(tmp_path, assessed(1)), "--lang", "nl").stdout
    assert "✗ niet vertrouwd" in shown
    assert "↳ file = seen (D:1)" in shown
    assert "Eén beoordelaar" in shown


def test_what_is_not_assessed_or_has_no_evidence_stays_undecided(tmp_path: Path) -> None:
    bare = 'assessor = "a"\nsupplier = "s"\ncomponent = "C1"\n[levels.control]\nlevel = 3\n'
    found = asked("judge", written(tmp_path, bare), ends=Exit.FAILED)["judgements"][0]
    assert found["trust"] == "undecided"
    assert "control" in found["deciding"]


def test_the_name_of_a_supplier_changes_nothing(tmp_path: Path) -> None:
    outcomes = []
    for supplier in ("sagemcom", "kaifa-nl"):
        file = written(tmp_path, assessed(2, supplier=supplier))
        found = asked("judge", file, ends=Exit.FAILED)["judgements"][0]
        outcomes.append((found["trust"], found["deciding"], found["reason"]))
    assert outcomes[0] == outcomes[1]


def test_two_assessors_are_compared(tmp_path: Path) -> None:
    first = written(tmp_path, assessed(), "first.toml")
    second = written(tmp_path, assessed(2, assessor="second"), "second.toml")
    document = asked("judge", first, second, ends=Exit.FAILED)
    assert len(document["judgements"]) == 2
    assert set(document["agreement"]["differing"]) == {each.id for each in policy().criterion}
    assert ask("judge", first, first).exit_code == Exit.USAGE


@pytest.mark.parametrize(
    ("text", "code", "where"),
    [
        ("assessor =", "dossier-toml-malformed", ""),
        (assessed(7), "assessment-level-wrong", "levels."),
        (assessed(extra="[levels.flag]\nlevel = 0"), "assessment-criterion-unknown", "levels.flag"),
        (assessed(extra='[levels.seat]\nnation = "XX"'), "dossier-field-unknown", "levels.seat"),
        (assessed().replace('"C1"', '"C9"'), "assessment-component-unknown", "component"),
        (assessed().replace('ref = "D:1"', 'ref = " "'), "evidence-blank", "evidence[0].ref"),
        (assessed().replace("level = 3", "level = true"), "dossier-field-malformed", "levels.control.level"),
    ],
)
def test_a_malformed_assessment_is_named_by_file_and_field(
    tmp_path: Path, text: str, code: str, where: str
) -> None:
    file = written(tmp_path, text)
    error = refused("judge", file)
    assert error["code"] == code
    assert file in error["where"]
    assert where in error["where"]


def test_files_that_are_not_there_or_no_text_are_bad_input(tmp_path: Path) -> None:
    assert refused("judge", str(tmp_path / "none.toml"))["code"] == "file-unreadable"
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    assert refused("judge", str(binary))["code"] == "file-unreadable"
    assert refused("rules", "--dossier", str(tmp_path / "none"))["code"] == "dossier-file-missing"


def test_without_an_order_everything_is_missing_and_the_effect_is_told() -> None:
    document = asked("exclude", "kaifa-nl", "--from", LATER, "--scope", "installed")
    order = document["order"]
    lacking = {each["field"] for each in order["needs"] if not each["met"]}
    assert lacking == {"reason", "facts", "parts", "purpose", "lesser-means", "replacement-days"}
    assert (order["valid"], order["necessary"]) == (False, None)
    assert [each["on"] for each in order["signatures"]] == [None, None]
    assert document["effect"]["units_to_come"] == 4_760_244
    assert document["effect"]["units_installed"] is None
    assert document["scenario"]["assumed"]
    plan = document["phase_out"]
    assert sum(year["replaced"] for year in plan) == document["what_if"]["replaced"]
    assert plan[-1]["left"] == 0


def test_every_condition_that_an_order_can_lack_is_shown() -> None:
    empty = Order(party="nobody", law="none")
    shown = {each["code"] for each in order_document(empty, local_today())["needs"]}
    assert {finding.code for finding in empty.check(local_today())} <= shown


def test_one_signature_never_makes_an_order(tmp_path: Path) -> None:
    ask_with = ("exclude", "kaifa-nl", "--from", LATER, "--order")
    unsigned = asked(*ask_with, written(tmp_path, ORDER), ends=Exit.FAILED)["order"]
    assert (unsigned["state"], unsigned["valid"]) == ("assessed", False)
    once = asked(*ask_with, written(tmp_path, ORDER + FIRST + "]"), ends=Exit.FAILED)["order"]
    assert (once["state"], once["valid"]) == ("signed-once", False)
    assert [each["on"] for each in once["signatures"]] == ["2029-12-01", None]
    both = asked(*ask_with, written(tmp_path, ORDER + FIRST + SECOND + "]"))["order"]
    assert (both["state"], both["valid"]) == ("in-force", True)
    assert all(each["met"] for each in both["needs"])


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('purpose = "limit"\n', "", "purpose"),
        ('"shows one firmware on one day"', '""', "lesser-means"),
        ('what = "finding of the minister"', 'what = "kaifa-nl seat"', "facts"),
        ("replacement-days = 730\n", "", "replacement-days"),
    ],
)
def test_signatures_do_not_mend_what_an_order_lacks(tmp_path: Path, old: str, new: str, field: str) -> None:
    text = ORDER.replace(old, new) + FIRST + SECOND + "]"
    assert text != ORDER + FIRST + SECOND + "]"
    order = asked(
        "exclude", "kaifa-nl", "--from", LATER, "--order", written(tmp_path, text), ends=Exit.FAILED
    )["order"]
    assert (order["state"], order["valid"]) == ("draft", False)
    assert field in {each["field"] for each in order["needs"] if not each["met"]}


def test_an_order_does_not_bind_before_its_last_signature(tmp_path: Path) -> None:
    file = written(tmp_path, ORDER + FIRST + SECOND + "]")
    document = asked("exclude", "kaifa-nl", "--from", "2029-12-07", "--order", file, ends=Exit.FAILED)
    assert not document["order"]["valid"]


@pytest.mark.parametrize(
    ("old", "new", "code", "where"),
    [
        ('party = "kaifa-nl"', 'party = "sagemcom"', "order-party-differs", "party"),
        ('law = "CBW-21A"', 'law = "ADV"', "order-law-unknown", "law"),
        ('parts = ["C1"]', 'parts = ["C9"]', "order-part-unknown", "parts"),
        ("replacement-days = 730", "replacement-days = -1", "order-term-wrong", "replacement-days"),
        ('reason = "b"', 'reason = "c"', "dossier-field-malformed", "reason"),
        ("line-minister", "mayor", "order-signer-wrong", "signatures[0].role"),
        ("minister-of-justice-and-security", "line-minister", "order-signer-wrong", "signatures[1].role"),
    ],
)
def test_a_malformed_order_is_named_by_file_and_field(
    tmp_path: Path, old: str, new: str, code: str, where: str
) -> None:
    text = ORDER + FIRST + SECOND + "]"
    assert old in text
    file = written(tmp_path, text.replace(old, new))
    error = refused("exclude", "kaifa-nl", "--from", LATER, "--order", file)
    assert error["code"] == code
    assert error["where"].startswith(f"{file}: ")
    assert error["where"].endswith(where)


def test_the_other_vendor_can_be_named_by_its_name_and_is_the_one_that_is_lost() -> None:
    document = asked("exclude", "Sagemcom Energy & Telecom SAS", "--from", LATER)
    assert document["party"]["id"] == "sagemcom"
    assert "Sagemcom" in document["what_if"]["explanation"]["en"]
    assert document["phase_out"] == []


def test_where_no_model_fits_it_says_so_and_invents_nothing() -> None:
    outside = asked("exclude", "kaifa-nl", "--from", FEBRUARY)
    assert outside["what_if"] is None
    assert "lies outside the contract" in outside["misfit"]
    unstated = asked("exclude", "kaifa-nl", "--from", LATER, "--scenario", "dossier")
    assert "No document states" in unstated["misfit"]
    foreign = asked("exclude", "aurora", "--dossier", INVENTED, "--from", LATER, "--scope", "installed")
    assert (foreign["what_if"], foreign["phase_out"]) == (None, [])
    assert foreign["effect"]["units_to_come"] == 660_000
    nothing = asked("exclude", "pki-vendor", "--from", LATER)
    assert nothing["effect"] is None


def test_a_party_or_a_scenario_that_nobody_knows_is_bad_input() -> None:
    assert refused("exclude", "nobody")["code"] == "party-unknown"
    error = refused("exclude", "kaifa-nl", "--scenario", "none-such")
    assert error["code"] == "continuity-scenario-unknown"
    assert ask("exclude", "kaifa-nl", "--scope", "all").exit_code == Exit.USAGE


@pytest.mark.parametrize(
    "arguments",
    [
        ("rules", "--outcome", "fail"),
        ("routes",),
        ("policy",),
        ("policy", "--print"),
        ("policy", "--diff", "packaged", "packaged"),
        ("judge", "ASSESSMENT"),
        ("exclude", "kaifa-nl"),
    ],
)
def test_every_answer_ends_with_what_it_is_not(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    file = written(tmp_path, assessed())
    given = tuple(file if each == "ASSESSMENT" else each for each in arguments)
    assert ask(*given).stdout.rstrip().endswith(NO_LEGAL_ADVICE_EN)
    assert ask(*given, "--lang", "nl").stdout.rstrip().endswith(NO_LEGAL_ADVICE_NL)
    assert asked(*given)["no_legal_advice"] == {"nl": NO_LEGAL_ADVICE_NL, "en": NO_LEGAL_ADVICE_EN}
