"""From snapshot to HTML: the templates, their filters, and which home and day are shown."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from meterkast import __version__
from meterkast.console.language import Language, clock, day_text, moment, number
from meterkast.console.web.day import Day
from meterkast.console.web.texts import catalogue
from meterkast.model.calendar import iso_local, local_day
from meterkast.street.state import HomeState, StreetState

_SIGNS = {
    "proven": "✓",
    "sealed": "⚿",
    "asserted": "❞",
    "attention": "◷",
    "open": "?",
    "stale": "⌛",
    "refuted": "✗",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The home and day on show. ``follows`` is True where no day was asked for: the newest is shown."""

    home: HomeState
    day: date
    first: date
    last: date
    follows: bool

    @classmethod
    def of(cls, home: HomeState, wished: date | None, first: date) -> "Choice":
        """The wished day, brought within what can exist, or the newest stored one."""
        last = first if home.last_reading_at is None else max(first, local_day(home.last_reading_at - 1))
        day = last if wished is None else min(max(wished, first), last)
        return cls(home=home, day=day, first=first, last=last, follows=wished is None)

    @property
    def previous(self) -> date | None:
        """The day before, if there is one to show."""
        return self.day - timedelta(days=1) if self.day > self.first else None

    @property
    def next(self) -> date | None:
        """The day after, if there is one to show."""
        return self.day + timedelta(days=1) if self.day < self.last else None


class View:
    """Renders the page and its live part."""

    def __init__(self) -> None:
        self._templates = Environment(
            loader=PackageLoader("meterkast.console.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals.update(version=__version__, signs=_SIGNS, languages=list(Language))

    def page(self, state: StreetState, language: Language, choice: Choice | None, day: Day | None) -> str:
        """The whole page."""
        return self.render("page.html", language, state=state, choice=choice, day=day)

    def live(self, state: StreetState, language: Language) -> str:
        """The part that follows the street."""
        return self.render("live.html", language, state=state)

    def port(self, home: HomeState, language: Language) -> str:
        """What the consumer port of a home shows."""
        return self.render("port.html", language, home=home)

    def render(self, template: str, language: Language, **values: object) -> str:
        """Any template, with the texts and filters of the language."""
        return self._templates.get_template(template).render(
            lang=language.value,
            t=catalogue()[language],
            number=partial(_number, language),
            kilo=partial(_kilo, language),
            when=partial(_when, language),
            day_text=partial(day_text, language=language),
            moment_text=partial(_virtual, language),
            clock=clock,
            **values,
        )


def _number(language: Language, value: int | None) -> str | None:
    """A whole number; None stays None, so that the template says what its absence means."""
    return None if value is None else number(value, 0, language)


def _kilo(language: Language, value: int | None) -> str | None:
    """Wh as kWh or litres as m3, exact; None stays None."""
    return None if value is None else number(Decimal(value) / 1000, 3, language)


def _virtual(language: Language, at: int) -> str:
    """Day and time in full, for the clock of the street."""
    return f"{day_text(local_day(at), language)}, {clock(at)}"


def _when(language: Language, at: float | None) -> Markup:
    """An instant with its exact time for machines; a dash where there is none."""
    if at is None:
        return Markup("–")
    exact = datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        exact, iso_local(int(at)), moment(int(at), language)
    )
