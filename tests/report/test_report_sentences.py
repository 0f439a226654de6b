"""Sentences and question sets as data: what is not whole is refused with the file's name."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterkast.assurance.report.disclosure import Audience
from meterkast.assurance.report.footnote import Footnote
from meterkast.assurance.report.mark import Mark
from meterkast.assurance.report.question import read_questions
from meterkast.assurance.report.row import Matter, Row
from meterkast.assurance.report.sentence import Sentence, read_templates
from meterkast.assurance.report.words import Words, figure, listing, percent
from meterkast.model.errors import DataError
from report.report_world import prepared

NOTE = Footnote(id="fact:x", mark=Mark.RECORDED, words=Words.same("x"), proof={"x": 1})
SET = """
id = "own"
title_nl = "Eigen vragen"
title_en = "Own questions"
signatories = ["somebody"]
filed = 2026-01-02
term_days = 21

[[question]]
id = "a"
nl = "Hoeveel modules?"
en = "How many modules?"
topics = ["units", "nonsense"]
places = ["S3:38"]

[[sentence]]
topic = "nonsense"
table = "contract"
nl = "Onzin over de {component}."
en = "Nonsense on the {component}."
"""


@pytest.mark.parametrize("bare", ["Ja.", "nee", "Yes!", " no "])
def test_a_bare_yes_is_refused(bare: str) -> None:
    with pytest.raises(DataError, match="bare"):
        Sentence(words=Words("Er zijn voorwaarden.", bare), mark=Mark.RECORDED, notes=(NOTE,))


def test_a_sentence_rests_on_something() -> None:
    with pytest.raises(DataError) as caught:
        Sentence(words=Words.same("Because."), mark=Mark.RECORDED, notes=())
    assert caught.value.code == "sentence-unfounded"


def test_a_field_that_a_row_does_not_have_is_named() -> None:
    [template] = read_templates(
        '[[sentence]]\ntopic = "t"\ntable = "r"\nnl = "{colour}"\nen = "{colour}"', "own.toml"
    )
    matter = Matter([Row(table="r", fields={"size": Words.same("9")}, notes=(NOTE,))])
    with pytest.raises(DataError) as caught:
        list(template.speak("t", matter, NOTE, Audience.PUBLIC))
    assert caught.value.code == "template-field-unknown"
    assert "own.toml" in str(caught.value.where)
    assert "size" in str(caught.value.hint)


@given(st.text(max_size=200))
def test_whatever_stands_in_a_file_is_sentences_or_a_data_error(text: str) -> None:
    with contextlib.suppress(DataError):
        assert isinstance(read_templates(text, "any.toml"), tuple)


@pytest.mark.parametrize("reach", ["{x.__class__}", "{x[0]}", "{}", "{x!r}", "{x:>99999999}", "{"])
def test_a_template_never_reaches_into_a_value(reach: str) -> None:
    row = f'[[sentence]]\ntopic = "t"\ntable = "r"\nnl = "{reach}"\nen = "x"'
    with pytest.raises(DataError) as caught:
        read_templates(row, "any.toml")
    assert caught.value.code == "template-malformed"


def test_a_question_set_of_ones_own_is_answered(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(SET)
    report = prepared(tmp_path / "site", questions=path).report
    assert report.id == "own"
    assert report.signatories == ("somebody",)
    said = [sentence.words.en for sentence in report.answers[0].sentences]
    assert "The expected quantity is 7,933,740 units; expected, not guaranteed." in said
    assert "Nonsense on the measurement module." in said
    assert report.deadline is not None
    assert report.deadline.due.isoformat() == "2026-01-23"
    assert report.deadline.days_late > 0


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('id = "own"', "", "questions-malformed"),
        ('topics = ["units", "nonsense"]', 'topics = "units"', "questions-malformed"),
        ('nl = "Hoeveel modules?"', 'nl = " "', "questions-malformed"),
        ("[[question]]", "[[question", "questions-unreadable"),
        ("term_days = 21", 'term_days = "soon"', "questions-malformed"),
        ('en = "Nonsense on the {component}."', "", "template-malformed"),
        ('topic = "nonsense"', "topic = 1", "template-malformed"),
    ],
)
def test_a_broken_question_set_is_refused(tmp_path: Path, old: str, new: str, code: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(SET.replace(old, new))
    with pytest.raises(DataError) as caught:
        read_questions(path)
    assert caught.value.code == code
    assert caught.value.where == "own.toml"


def test_two_questions_of_one_id_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    head, _, body = SET.partition("[[question]]")
    path.write_text(f"{head}[[question]]\n{body.partition('[[sentence]]')[0]}\n[[question]]\n{body}")
    with pytest.raises(DataError) as caught:
        read_questions(path)
    assert caught.value.code == "questions-twice"


def test_figures_and_lists() -> None:
    assert figure(1234567.891, 2) == Words("1.234.567,89", "1,234,567.89")
    assert percent(0.6) == Words("60%", "60%")
    assert percent(0.352) == Words("35,2%", "35.2%")
    assert listing([Words.same("a"), Words.same("b"), Words.same("c")]) == Words("a, b en c", "a, b and c")
    assert listing([]) == Words("niet vermeld", "not stated")


def test_a_template_can_lower_a_sentence_and_never_raise_it() -> None:
    row = '[[sentence]]\ntopic = "t"\ntable = "r"\nmark = "{}"\nnl = "Het is zo."\nen = "It is so."'
    [template] = read_templates(row.format("asserted"), "own.toml")
    matter = Matter([Row(table="r", notes=(NOTE,), mark=Mark.PROVEN)])
    [sentence] = template.speak("t", matter, NOTE, Audience.PUBLIC)
    assert sentence.mark is Mark.ASSERTED
    with pytest.raises(DataError):
        read_templates(row.format("proven"), "own.toml")
