"""Loading: what the packaged dossier says, that its quotes are true, and that bad fields are named."""

import hashlib
import tomllib
from contextlib import suppress
from dataclasses import fields
from datetime import date
from pathlib import Path
from shutil import copytree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterkast.assurance.dossier import Dossier, Fact, Ref, load
from meterkast.assurance.dossier.document import as_document
from meterkast.assurance.dossier.fact import Confidence, quote_too_long
from meterkast.assurance.dossier.party import MAJORITY
from meterkast.assurance.dossier.reading import parse_toml, read_record
from meterkast.assurance.dossier.record import Question
from meterkast.model.errors import DataError

INVENTED = Path(__file__).parent / "invented"
TEXTS = Path(__file__).resolve().parents[3] / "shared" / "dossier"
FILES = {"S0": "artikel-2026-01-02.txt", "S3": "antwoorden-2026Z00004.txt"}


def quotes(dossier: Dossier) -> list[tuple[str, Ref, str]]:
    told = [(path, fact.ref, fact.quote) for path, fact in dossier.all_facts().items() if fact.quote]
    told += [(one.id, one.ref, one.quote) for one in dossier.statements]
    told += [(one.id, one.ref, one.quote) for one in dossier.requirements]
    return told


def test_every_quote_stands_in_its_line() -> None:
    if not TEXTS.is_dir():
        pytest.skip("no texts: the folder ../shared/dossier is absent")
    lines = {
        source: (TEXTS / file).read_text(encoding="utf-8").replace("\xa0", " ").split("\n")
        for source, file in FILES.items()
    }
    dossier = load()
    told = quotes(dossier)
    assert len(told) > 150
    for path, ref, quote in told:
        assert ref.line is not None
        assert quote in lines[ref.source][ref.line - 1], path
    for citation in dossier.citations:
        for ref in citation.places:
            assert ref.line is not None
            assert citation.written.removeprefix("Kamerstuk ") in lines[ref.source][ref.line - 1]


def test_sources_are_pinned_by_the_hash_of_the_texts() -> None:
    if not TEXTS.is_dir():
        pytest.skip("no texts: the folder ../shared/dossier is absent")
    for source, file in FILES.items():
        assert load().source(source).sha256 == hashlib.sha256((TEXTS / file).read_bytes()).hexdigest()


def test_no_quote_is_longer_than_twenty_words() -> None:
    assert [path for path, _, quote in quotes(load()) if quote_too_long(quote)] == []
    assert not quote_too_long("word " * 20)
    assert quote_too_long("word " * 21)


def test_figures_of_the_contract() -> None:
    """S3:38, S3:115; what is derived is derived."""
    contract = load().contract("module")
    assert contract.units.value == 7_933_740
    assert contract.value_eur.value == 592_517_432
    assert contract.shares == {"kaifa-nl": 0.6, "sagemcom": 0.4}
    assert (contract.units_of("kaifa-nl"), contract.units_of("sagemcom")) == (4_760_244, 3_173_496)
    assert contract.price_per_unit == pytest.approx(74.683, abs=0.0005)
    assert contract.concentration == pytest.approx(0.52)
    assert contract.effective_vendors == pytest.approx(1.923, abs=0.0005)
    assert contract.terms_years == (8, 10, 12, 14)
    assert contract.operators == ("alliander", "enexis", "stedin")
    assert contract.options_in_value.value is None
    assert load().procedure("module-tender").notices[0].date == date(2025, 12, 11)


def test_seventeen_questions_each_with_its_answer() -> None:
    dossier = load()
    assert sorted(question.number for question in dossier.questions) == list(range(1, 18))
    asked = {question.number: str(question.asked_at) for question in dossier.questions}
    assert (asked[1], asked[10], asked[14], asked[17]) == ("S3:17", "S3:23", "S3:58", "S3:129")
    assert all(question.answered_at and question.due == date(2026, 1, 23) for question in dossier.questions)


def test_unknown_stays_unknown() -> None:
    facts = load().all_facts()
    for path in (
        "buffer-stock",
        "firmware-origin-module",
        "components.C1.properties.updates",
        "parties.cec.seat",
    ):
        assert facts[path].value is None, path
    assert all(part.production is None for part in load().parts)


def test_both_statements_on_ownership_are_kept() -> None:
    ties = [tie for tie in load().ownerships if (tie.owner, tie.owned) == ("cec", "kaifa")]
    assert {(tie.share.value, str(tie.share.ref)) for tie in ties} == {(MAJORITY, "S0:1"), (0.35, "S3:55")}


@pytest.mark.parametrize(
    ("name", "party"),
    [
        ("Liander", "alliander"),
        ("ALLIANDER  (liander)", "alliander"),
        ("Sagemcom Energy & Telecom", "sagemcom"),
        ("Sagemcom Energy\xa0&\xa0Telecom SAS", "sagemcom"),
        ("Kaifa Technology Netherlands B.V.", "kaifa-nl"),
        ("Kaifa Technology", "kaifa"),
        ("CEC", "cec"),
    ],
)
def test_a_party_is_found_by_any_of_its_names(name: str, party: str) -> None:
    found = load().resolve(name)
    assert found is not None
    assert found.id == party


def test_nobody_is_found_by_no_name() -> None:
    assert load().resolve("Nobody") is None
    assert load().resolve("") is None


def test_facts_carry_the_day_of_their_source_unless_they_have_their_own() -> None:
    dossier = load()
    assert dossier.contract("module").units.date == date(2026, 2, 4)
    assert dossier.ownerships[1].share.date == date(2026, 1, 2)
    assert dossier.source("S3").confidence is Confidence.UNCONFIRMED
    later = {one.id: one.since for one in dossier.developments}
    assert later["cbw-21a-in-force"] == later["wwke-15a-in-force"] == date(2026, 8, 15)


def test_another_dossier_gives_other_answers() -> None:
    ours, theirs = load(), load(INVENTED)
    assert theirs.head.id == "2031A00007"
    assert theirs.contract("heat").units_of("aurora") == 660_000
    assert theirs.contract("heat").terms_years == (5, 6, 7)
    assert theirs.component("H1").properties.actuator.value is True
    assert set(ours.all_facts()).isdisjoint(theirs.all_facts())


def test_a_dossier_is_plain_values_for_json() -> None:
    document = as_document(load())
    assert set(document) == {field.name for field in fields(Dossier)}
    assert document["contracts"][0]["units"]["ref"] == "S3:38"
    assert document["questions"][0]["due"] == "2026-01-23"
    assert document["facts"]["buffer-stock"]["value"] is None


def edited(tmp_path: Path, file: str, old: str, new: str) -> Path:
    folder = tmp_path / "dossier"
    copytree(INVENTED, folder)
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("file", "old", "new", "code", "where"),
    [
        (
            "contracts.toml",
            "value = 1200000",
            'value = "many"',
            "dossier-field-malformed",
            "contract heat.units.value",
        ),
        (
            "contracts.toml",
            "value = 1200000",
            "value = true",
            "dossier-field-malformed",
            "contract heat.units.value",
        ),
        ("contracts.toml", 'component = "H1"\n', "", "dossier-field-missing", "contract heat"),
        ("contracts.toml", "named =", "name =", "dossier-field-unknown", "contract heat.awards[0]"),
        (
            "contracts.toml",
            '"A:9"',
            '"line nine"',
            "dossier-ref-malformed",
            "contract heat.awards[0].share.ref",
        ),
        ("components.toml", '"hardware"', '"cheese"', "dossier-field-malformed", "component H1.nature.value"),
        ("components.toml", "value = true, ", "", None, ""),
        ("components.toml", 'value = "hardware", ', "", "dossier-field-missing", "component H1.nature"),
        ("questions.toml", "due = 2031-04-01", 'due = "soon"', "dossier-field-malformed", "question Q1.due"),
        ("questions.toml", "[[question]]", "[[query]]", "dossier-field-unknown", "questions.toml"),
        ("statements.toml", "[[", "[", "dossier-toml-malformed", "statements.toml"),
    ],
)
def test_a_bad_field_is_named_with_its_file(
    tmp_path: Path, file: str, old: str, new: str, code: str | None, where: str
) -> None:
    folder = edited(tmp_path, file, old, new)
    if code is None:
        assert load(folder).component("H1").properties.actuator.value is None
        return
    with pytest.raises(DataError) as refused:
        load(folder)
    assert refused.value.code == code
    assert refused.value.where is not None
    assert file in refused.value.where
    assert where in refused.value.where


def test_a_misspelt_file_is_not_passed_over(tmp_path: Path) -> None:
    folder = tmp_path / "dossier"
    copytree(INVENTED, folder)
    (folder / "parties.toml").rename(folder / "partiess.toml")
    with pytest.raises(DataError) as refused:
        load(folder)
    assert refused.value.code == "dossier-file-unknown"
    assert refused.value.hint == "Is it parties.toml?"


def test_a_folder_without_a_dossier_is_said_so(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "absent"):
        with pytest.raises(DataError) as refused:
            load(folder)
        assert refused.value.code == "dossier-file-missing"


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "dossier.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError) as refused:
        load(tmp_path)
    assert refused.value.code == "dossier-file-unreadable"


@given(st.text())
def test_any_text_is_toml_or_a_data_error(text: str) -> None:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        with pytest.raises(DataError, match="no TOML"):
            parse_toml(text, "file.toml")
    else:
        parse_toml(text, "file.toml")


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from(["id", "number", "asked-at", "answered-at", "due", "asks", "x"]), values)
)
def test_any_table_is_a_record_or_a_data_error(table: dict[str, object]) -> None:
    with pytest.raises(DataError):
        read_record(Question, table, "questions.toml: question")


@given(st.from_regex(r"[A-Za-z][A-Za-z0-9.-]{0,8}(:[1-9][0-9]{0,4})?", fullmatch=True))
def test_references_come_back_as_they_were_written(text: str) -> None:
    assert str(Ref.parse(text)) == text


@given(st.text(max_size=12))
def test_any_text_is_a_reference_or_a_data_error(text: str) -> None:
    with suppress(DataError):
        assert str(Ref.parse(text)) == text


def test_what_is_not_there_is_not_found() -> None:
    with pytest.raises(DataError) as refused:
        load().party("nobody")
    assert refused.value.code == "dossier-unknown-id"


def test_a_fact_says_where_it_stands() -> None:
    dossier = load()
    fact: Fact[int] = dossier.contract("module").units
    assert dossier.place(fact.ref).endswith("S3:38")
