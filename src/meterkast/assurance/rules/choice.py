"""Which law a purchase goes by: a decision table that is complete and exclusive, and says why."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product

from meterkast.assurance.dossier.fact import Confidence
from meterkast.assurance.rules.sheet import sheet
from meterkast.model.finding import Finding, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One thing to know about a purchase."""

    id: str
    text_nl: str
    text_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A route, and the answers that lead to it; a question that is not named may go either way."""

    route: str
    when: dict[str, bool]
    because_nl: str
    because_en: str

    def fits(self, answers: Mapping[str, bool | None]) -> bool:
        """Whether nothing in the answers speaks against this row; an answer of None speaks against none."""
        return all(answers.get(question) in (None, wanted) for question, wanted in self.when.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The decision table."""

    confidence: Confidence
    question: tuple[Question, ...]
    row: tuple[Row, ...]

    def fitting(self, answers: Mapping[str, bool | None]) -> tuple[Row, ...]:
        """The rows that are still possible: exactly one where every question is answered."""
        return tuple(row for row in self.row if row.fits(answers))

    def missing(self, answers: Mapping[str, bool | None]) -> tuple[Question, ...]:
        """The questions without an answer that could still change the route."""
        possible = self.fitting(answers)
        if len({row.route for row in possible}) <= 1:
            return ()
        asked = {question for row in possible for question in row.when}
        return tuple(each for each in self.question if each.id in asked and answers.get(each.id) is None)

    def check(self) -> list[Finding]:
        """Answers that no row fits (``choice-incomplete``) or several do (``choice-double``)."""
        findings = []
        names = [question.id for question in self.question]
        for values in product((True, False), repeat=len(names)):
            answers = dict(zip(names, values, strict=True))
            fitting = self.fitting(answers)
            if len(fitting) != 1:
                code = "choice-double" if fitting else "choice-incomplete"
                message = f"choice.toml: {len(fitting)} rows fit {_named(answers)}."
                findings.append(Finding(code=code, severity=Severity.ERROR, message=message))
        return findings


@cache
def choice() -> Choice:
    """The packaged table."""
    return sheet(Choice, "choice")


def _named(answers: Mapping[str, bool]) -> str:
    return ", ".join(f"{name} {'yes' if answer else 'no'}" for name, answer in answers.items())
