"""Which measure fits which legal route, and where the powers of ministers overlap."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache

from meterkast.assurance.dossier.fact import Confidence
from meterkast.assurance.rules.routes import Routes, routes
from meterkast.assurance.rules.sheet import sheet
from meterkast.assurance.rules.timeline import Status


class Grade(StrEnum):
    """How far a route carries a measure; ``na``: the route is not about it."""

    ALLOWED = "allowed"
    CONDITIONAL = "conditional"
    NO = "no"
    NA = "na"

    @property
    def usable(self) -> bool:
        """Whether the measure can be taken by this route at all."""
        return self in (Grade.ALLOWED, Grade.CONDITIONAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One measure, with its grade by route."""

    id: str
    text_nl: str
    text_en: str
    grades: dict[str, Grade]

    @property
    def usable_by(self) -> tuple[str, ...]:
        """The routes by which it can be taken."""
        return tuple(route for route, grade in self.grades.items() if grade.usable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One place of the matrix on a date: the grade, and how far the law behind it has come."""

    measure: str
    route: str
    grade: Grade
    status: Status | None

    @property
    def usable_today(self) -> bool:
        """Whether it can be taken on that date; a draft can only be prepared for."""
        return self.grade.usable and self.status is not None and self.status.binding


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """The matrix of measures by route.

    Attributes:
        articles: the records of the legal routes behind each column.
        powers: columns of powers of ministers, compared with one another.
    """

    confidence: Confidence
    routes: tuple[str, ...]
    buying_routes: tuple[str, ...]
    powers: tuple[str, ...]
    articles: dict[str, tuple[str, ...]]
    measure: tuple[Measure, ...]

    def matrix(self, at: date, law: Routes) -> tuple[Cell, ...]:
        """Every measure by every route on a date."""
        return tuple(
            Cell(
                measure=measure.id,
                route=route,
                grade=measure.grades[route],
                status=self._status(route, at, law),
            )
            for measure in self.measure
            for route in self.routes
        )

    def overlaps(self) -> dict[str, tuple[str, ...]]:
        """Measures that more than one power of ministers carries, with those powers."""
        shared = {
            measure.id: tuple(power for power in self.powers if measure.grades[power].usable)
            for measure in self.measure
        }
        return {measure: powers for measure, powers in shared.items() if len(powers) > 1}

    def _status(self, route: str, at: date, law: Routes) -> Status | None:
        """The least advanced of the texts behind a column: a power without its rules cannot be used yet."""
        known = [status for id in self.articles[route] if (status := law.get(id).status(at)) is not None]
        return min(known, key=list(Status).index, default=None)


@cache
def measures() -> Measures:
    """The packaged matrix."""
    return sheet(Measures, "measures")


def matrix(at: date) -> tuple[Cell, ...]:
    """The packaged matrix on a date, against the packaged law."""
    return measures().matrix(at, routes())
