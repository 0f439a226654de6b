"""The reference of stable codes, from the source."""

from pathlib import Path

from generator.page import table
from generator.source import ERRORS, Source
from meterkast.console.exits import exit_for
from meterkast.model import errors as classes
from meterkast.model.errors import MeterkastError

_MOST_MESSAGES = 3


def error_classes() -> str:
    """The five classes, what they say, and the exit code that follows."""
    rows = []
    for name in ERRORS:
        error: type[MeterkastError] = getattr(classes, name)
        rows.append((f"`{name}`", (error.__doc__ or "").strip(), str(exit_for(error("x", "")).value)))
    return table(("class", "whose fault", "exit code"), rows)


def error_codes(package: Path) -> str:
    """Every code in the source, in alphabetical order."""
    rows = []
    for code in Source(package).codes():
        messages = sorted(code.messages)
        shown = messages[:_MOST_MESSAGES] + ["…"] * (len(messages) > _MOST_MESSAGES)
        places = ", ".join(f"`{place}`" for place in sorted(code.places))
        rows.append((f"`{code.code}`", ", ".join(sorted(code.kinds)), " / ".join(shown), places))
    return table(("code", "comes as", "says", "where"), rows)
