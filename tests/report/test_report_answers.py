"""The answers: every question, every sentence with its grounds, gaps where they belong, and nothing bare."""

import json
from datetime import date
from pathlib import Path

import pytest

from meterkast.assurance.dossier import load
from meterkast.assurance.report.answer import Section
from meterkast.assurance.report.document import NO_ADVICE
from meterkast.assurance.report.factsheet import Heading
from meterkast.assurance.report.mark import Mark
from meterkast.assurance.report.markdown import markdown
from meterkast.assurance.report.preparing import Prepared
from meterkast.assurance.report.sentence import load_templates
from meterkast.assurance.report.words import Language
from report.report_world import SECOND, edited, prepared, prove

GAPS = [f"G{number}" for number in range(1, 17)]


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    return prepared(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    return prepared(tmp_path_factory.mktemp("site"), dossier=SECOND)


def _said(report: Prepared, question: str) -> str:
    answers = {each.question.id: each for each in report.report.answers}
    return "\n".join(sentence.words.nl for sentence in answers[question].sentences)


def test_all_seventeen_questions_are_answered_in_both_languages(ours: Prepared) -> None:
    assert [each.question.number for each in ours.report.answers] == [str(n) for n in range(1, 18)]
    for each in ours.report.answers:
        assert len(each.sentences) > 2, each.question.id
        for sentence in each.sentences:
            assert sentence.words.nl
            assert sentence.words.en
            assert "{" not in sentence.words.nl + sentence.words.en


def test_every_sentence_leads_to_a_proof_in_two_steps(ours: Prepared) -> None:
    notes = {note.id for note in ours.report.notes}
    for each in ours.report.answers:
        for sentence in each.sentences:
            assert sentence.notes
            for note in sentence.notes:
                assert note.id in notes
                assert note.proof
                assert json.dumps(note.to_dict(ours.report.audience))


def test_no_two_grounds_share_a_file(ours: Prepared) -> None:
    assert len({note.file.lower() for note in ours.report.notes}) == len(ours.report.notes)


def test_every_gap_is_named_in_an_answer_it_belongs_to(ours: Prepared) -> None:
    named = {
        note.id.removeprefix("gap:")
        for each in ours.report.answers
        for sentence in each.sentences
        for note in sentence.notes
        if note.id.startswith("gap:")
    }
    assert named == set(GAPS)
    assert "G1:" in _said(ours, "Q5")
    assert "G2:" in _said(ours, "Q1")
    assert "G8:" in _said(ours, "Q14")
    assert "G14:" in _said(ours, "Q9")
    assert "G7:" in _said(ours, "Q15")
    assert "G7:" not in _said(ours, "Q9")


def test_a_gap_that_is_settled_is_named_no_more(tmp_path: Path) -> None:
    folder = edited(tmp_path / "agreed", "parties.toml", 'value = "majority"', "value = 0.35")
    said = _said(prepared(tmp_path, dossier=folder), "Q5")
    assert "G1:" not in said
    assert "Strijdig" not in said
    assert "35%" in said


def test_what_somebody_says_is_an_assertion(ours: Prepared) -> None:
    statements = [
        sentence
        for each in ours.report.answers
        for sentence in each.sentences
        if sentence.notes[0].id.startswith("statement:")
    ]
    assert len(statements) > 30
    for sentence in statements:
        assert sentence.mark is Mark.ASSERTED
        assert " stelt: " in sentence.words.nl
        assert " asserts: " in sentence.words.en
    for each in ours.report.answers:
        for section, spoken in each.sections():
            if section in {Section.KNOWN, Section.PROVEN}:
                assert not [one for one in spoken if one.notes[0].id.startswith("statement:")]


def test_no_answer_is_a_bare_yes(ours: Prepared) -> None:
    for each in ours.report.answers:
        assert each.opening.nl.startswith(("Een kaal ja of nee past hier niet", "Alles hieronder"))
        assert "not" in each.opening.en or "All" in each.opening.en


def test_every_topic_that_is_asked_for_has_its_sentences() -> None:
    topics = {template.topic for template in load_templates()}
    for question in load().questions:
        for topic in question.asks:
            prefix = topic.partition(":")[0] + ":*"
            assert topic in topics or prefix in topics, topic


def test_figures_are_written_as_each_language_writes_them(ours: Prepared) -> None:
    nl, en = markdown(ours.report, Language.NL), markdown(ours.report, Language.EN)
    assert "7.933.740" in nl
    assert "€ 592.517.432" in nl
    assert "€ 74,68" in nl
    assert "7,933,740" in en
    assert "EUR 592,517,432" in en
    assert NO_ADVICE.nl in nl
    assert NO_ADVICE.en in en


def test_the_fact_sheet_has_six_headings_each_with_source_and_day(ours: Prepared) -> None:
    assert [entry.heading for entry in ours.report.sheet] == list(Heading)
    for entry in ours.report.sheet:
        for line in entry.lines:
            assert line.notes[0].place, entry.heading
            assert line.notes[0].day, entry.heading
    value = next(entry for entry in ours.report.sheet if entry.heading is Heading.VALUE)
    assert "niet gezegd is of de opties" in value.lines[0].words.nl


def test_another_dossier_gives_other_answers(ours: Prepared, theirs: Prepared) -> None:
    nl = markdown(theirs.report, Language.NL)
    for told in ("Fjordmål AS", "12.000 eenheden", "€ 1.800.000", "€ 150,00", "5 jaar", "Wethouder Energie"):
        assert told in nl
    for other in ("Kaifa", "Sagemcom", "7.933.740", "Klimaat en Groene Groei", "S3:"):
        assert other not in nl
    same = {line.words.nl for entry in ours.report.sheet for line in entry.lines} & {
        line.words.nl for entry in theirs.report.sheet for line in entry.lines
    }
    assert same == set()


def test_what_nothing_speaks_to_is_said_to_be_unanswered(theirs: Prepared) -> None:
    answer = theirs.report.answers[2]
    assert [sentence.mark for sentence in answer.sentences] == [Mark.OPEN]
    assert "colour" in answer.sentences[0].words.en
    assert answer.sentences[0].notes[0].id == "question:V3"


def test_one_changed_share_changes_the_answer(tmp_path: Path) -> None:
    folder = edited(tmp_path / "changed", "contracts.toml", "value = 0.6,", "value = 0.5,")
    said = _said(prepared(tmp_path, dossier=folder), "Q3")
    assert "50%, afgeleid 3.966.870" in said
    assert "4.760.244" not in said


def test_evidence_turns_a_claim_from_open_to_proven(tmp_path: Path) -> None:
    def standing() -> Mark:
        notes = {note.id: note for note in prepared(tmp_path).report.notes}
        return notes["claim:module-has-no-switch"].mark

    assert standing() is Mark.OPEN
    prove(tmp_path, "probe:no_switch", detail="65536 commands, none moved the load")
    assert standing() is Mark.PROVEN
    note = prepared(tmp_path).report.note("claim:module-has-no-switch")
    assert note is not None
    [evidence] = note.proof["evidence"]
    assert evidence["verdict"] == "proven"
    assert len(evidence["sha256"]) == 64
    assert evidence["signer"]
    assert evidence["detail"].startswith("65536")


def test_the_law_is_that_of_the_day(tmp_path: Path) -> None:
    then = prepared(tmp_path, at=date(2026, 2, 4)).report
    today = prepared(tmp_path, at=date(2026, 11, 22)).report
    ban = "development:cbw-21a-in-force"
    assert then.note(ban) is None
    assert today.note(ban) is not None
    refusal = {report.at: report.note("rule:REFUSAL/pass") for report in (then, today)}
    assert all(note is not None and note.day == day for day, note in refusal.items())
