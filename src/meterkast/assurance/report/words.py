"""A text in both languages, and how figures, days and lists are written in each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

_DUTCH_MARKS = str.maketrans(",.", ".,")
_MONTHS = {
    "nl": (
        *("januari", "februari", "maart", "april", "mei", "juni"),
        *("juli", "augustus", "september", "oktober", "november", "december"),
    ),
    "en": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
}


class Language(StrEnum):
    """The two languages in which everything is answered."""

    NL = "nl"
    EN = "en"


@dataclass(frozen=True, slots=True)
class Words:
    """The same thing said in Dutch and in English."""

    nl: str
    en: str

    def __getitem__(self, language: Language) -> str:
        return self.nl if language is Language.NL else self.en

    def to_dict(self) -> dict[str, str]:
        """Both, by language."""
        return {"nl": self.nl, "en": self.en}

    @classmethod
    def same(cls, text: str) -> "Words":
        """What is written alike in both: a name, a code, a quote that stays in its own language."""
        return cls(text, text)

    @classmethod
    def each(cls, write: Callable[[Language], str]) -> "Words":
        """Written once for each language."""
        return cls(write(Language.NL), write(Language.EN))


UNKNOWN = Words("niet vermeld", "not stated")
WITHHELD = Words("[vertrouwelijk]", "[confidential]")


def figure(value: float, decimals: int = 0) -> Words:
    """A number with grouped thousands."""
    text = f"{value:,.{decimals}f}"
    return Words(text.translate(_DUTCH_MARKS), text)


def percent(share: float) -> Words:
    """A share of one as a percentage, with a decimal only where it needs one."""
    value = round(share * 100, 1)
    written = figure(value, 0 if value == int(value) else 1)
    return Words(f"{written.nl}%", f"{written.en}%")


def day(value: date | None) -> Words:
    """``4 februari 2026``, ``4 February 2026``."""
    if value is None:
        return UNKNOWN
    return Words.each(lambda language: f"{value.day} {_MONTHS[language][value.month - 1]} {value.year}")


def listing(items: Sequence[Words]) -> Words:
    """``a, b en c``; what is not there is not stated."""
    if not items:
        return UNKNOWN
    return Words.each(lambda language: _joined([item[language] for item in items], language))


def _joined(items: Sequence[str], language: Language) -> str:
    last = " en " if language is Language.NL else " and "
    return items[0] if len(items) == 1 else ", ".join(items[:-1]) + last + items[-1]
