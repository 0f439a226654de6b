"""The term: three weeks from the day on which questions are sent in."""

from datetime import date

from meterkast.assurance.dossier import load
from meterkast.assurance.report.deadline import Deadline, due_on

FILED, ANSWERED = date(2026, 1, 2), date(2026, 2, 4)


def test_questions_of_2_january_are_due_on_23_january() -> None:
    assert due_on(FILED) == date(2026, 1, 23)
    dossier = load()
    assert {question.due for question in dossier.questions} == {due_on(dossier.facts["questions-put"].value)}


def test_an_answer_after_the_term_says_by_how_much_and_how_sure_that_is() -> None:
    late = Deadline(due=due_on(FILED), answered=ANSWERED, confidence="unconfirmed", today=date(2026, 11, 22))
    assert late.days_late == 12
    assert "12 dagen te laat" in late.words.nl
    assert "onbevestigd" in late.words.nl
    assert "12 days late" in late.words.en


def test_an_answer_on_the_last_day_is_in_time() -> None:
    deadline = Deadline(due=due_on(FILED), answered=due_on(FILED), confidence="verified", today=ANSWERED)
    assert deadline.days_late == 0
    assert deadline.words.en.endswith("in time.")


def test_while_there_is_no_answer_the_days_are_counted_from_today() -> None:
    def on(today: date) -> Deadline:
        return Deadline(due=due_on(FILED), answered=None, confidence="", today=today)

    assert on(date(2026, 1, 20)).words.en == "The answers are due on 23 January 2026: in 3 days."
    assert on(date(2026, 1, 25)).days_late == 2
    assert "2 dagen geleden" in on(date(2026, 1, 25)).words.nl
