"""Legal routes and powers: what each allows, to whom, and how far its text has come on a date."""

from dataclasses import dataclass, field
from datetime import date
from functools import cache

from meterkast.assurance.dossier.fact import Confidence
from meterkast.assurance.rules.sheet import sheet
from meterkast.assurance.rules.timeline import Status, Version, check, version_at
from meterkast.model.errors import DataError
from meterkast.model.finding import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One instrument of law.

    Attributes:
        law_nl: citation, with article.
        text_version: day of the consolidated text that was read.
        numbers: terms, shares and amounts of the text, by name.
        product_use: what it is used for here.
    """

    id: str
    law_nl: str
    law_en: str
    who_nl: str
    who_en: str
    power_nl: str
    power_en: str
    product_use: str
    source: str
    confidence: Confidence
    version: tuple[Version, ...]
    bwb: str = ""
    celex: str = ""
    publication: str = ""
    text_version: date | None = None
    conditions: str = ""
    note: str = ""
    fine_article: str = ""
    numbers: dict[str, float] = field(default_factory=dict)

    def status(self, at: date) -> Status | None:
        """How far it has come on a day; None where no version is known for that day."""
        version = version_at(self.version, at)
        return version.status if version else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Routes:
    """All instruments, in the order of the data."""

    route: tuple[Route, ...]

    def get(self, id: str) -> Route:
        """The instrument of that id.

        Raises:
            DataError: ``route-unknown``.
        """
        for route in self.route:
            if route.id == id:
                return route
        raise DataError("route-unknown", f"There is no legal route {id!r}.", where="routes.toml")

    def check(self) -> list[Finding]:
        """Gaps and overlaps in time, over all instruments."""
        return [each for route in self.route for each in check(route.version, f"routes.toml: {route.id}")]


@cache
def routes() -> Routes:
    """The packaged instruments."""
    return sheet(Routes, "routes")
