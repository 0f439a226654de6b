"""How numbers and instants are written for a person: Dutch or English, always in Dutch time."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from meterkast.model.calendar import AMSTERDAM

MINUS = "\u2212"
_DUTCH_MARKS = str.maketrans(",.", ".,")


class Language(StrEnum):
    """The two languages of every face."""

    NL = "nl"
    EN = "en"

    @classmethod
    def preferred(cls, accepted: str) -> "Language":
        """The language that an ``Accept-Language`` header asks for first; Dutch where it asks for neither."""
        wishes = []
        for place, wish in enumerate(accepted.split(",")[:20]):
            tag, _, weight = wish.partition(";")
            primary = tag.strip().lower().split("-")[0]
            if primary in set(cls):
                wishes.append((-_quality(weight), place, cls(primary)))
        return min(wishes)[2] if wishes else cls.NL


def _quality(parameter: str) -> float:
    """The weight of one wish (RFC 9110, 12.4.2); 1 where none is given, 0 where it is unreadable."""
    name, _, value = parameter.strip().partition("=")
    if not name:
        return 1.0
    try:
        return min(max(float(value), 0.0), 1.0)
    except ValueError:
        return 0.0


def number(value: Decimal | float, decimals: int, language: Language) -> str:
    """The value with grouped thousands and so many decimals, a true minus sign before it where negative."""
    text = f"{abs(value):,.{decimals}f}"
    written = text.translate(_DUTCH_MARKS) if language is Language.NL else text
    negative = value < 0 and any(digit in "123456789" for digit in text)
    return MINUS + written if negative else written


def clock(at: int) -> str:
    """The local time of day, ``14:15``."""
    return f"{datetime.fromtimestamp(at, AMSTERDAM):%H:%M}"


def day_text(day: date, language: Language) -> str:
    """The day as people say it: ``ma 2 maart 2026``, ``Mon 2 March 2026``."""
    weekdays, months = _CALENDAR[language]
    return f"{weekdays[day.weekday()]} {day.day} {months[day.month - 1]} {day.year}"


def moment(at: int, language: Language) -> str:
    """Day and local time, short: ``2 mrt 14:15``."""
    local = datetime.fromtimestamp(at, AMSTERDAM)
    return f"{local.day} {_SHORT_MONTHS[language][local.month - 1]} {local:%H:%M}"


_CALENDAR = {
    Language.NL: (
        ("ma", "di", "wo", "do", "vr", "za", "zo"),
        (
            *("januari", "februari", "maart", "april", "mei", "juni"),
            *("juli", "augustus", "september", "oktober", "november", "december"),
        ),
    ),
    Language.EN: (
        ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
        (
            *("January", "February", "March", "April", "May", "June"),
            *("July", "August", "September", "October", "November", "December"),
        ),
    ),
}
_SHORT_MONTHS = {
    Language.NL: ("jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec"),
    Language.EN: ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
}
