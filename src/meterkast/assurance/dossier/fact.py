"""A fact: a value, the place where it was said, the day, and whether the place was read by ourselves."""

import datetime
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from meterkast.model.errors import DataError

T_co = TypeVar("T_co", covariant=True)

_PLACE = re.compile(r"(?P<source>[A-Za-z][A-Za-z0-9.-]*)(?::(?P<line>[1-9][0-9]*))?")
_QUOTE_WORDS = 20


class Confidence(StrEnum):
    """Verified: the text itself was read. Unconfirmed: seen in a second hand, inferred or recalled."""

    VERIFIED = "verified"
    UNCONFIRMED = "unconfirmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A document, pinned by its hash where it was retrieved.

    Attributes:
        id: short name, the part of a reference before the colon: ``S3``.
        sha256: of its octets, in hexadecimal; None where it was not retrieved.
        date: day of the document.
        retrieved: day on which it was read.
        confidence: of the date and of what the title says; not of what stands in the document.
    """

    id: str
    title: str
    url: str
    sha256: str | None = None
    date: datetime.date | None = None
    retrieved: datetime.date | None = None
    confidence: Confidence = Confidence.VERIFIED


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Ref:
    """A place in a source: ``S3:38`` is line 38 of S3, ``MK`` is a source as a whole."""

    source: str
    line: int | None = None

    @classmethod
    def parse(cls, text: str) -> "Ref":
        """Reads ``S3:38``.

        Raises:
            DataError: ``dossier-ref-malformed``.
        """
        match = _PLACE.fullmatch(text)
        if match is None:
            raise DataError(
                "dossier-ref-malformed",
                f"{text[:40]!r} is no reference.",
                hint="Write SOURCE:LINE, such as S3:38, or SOURCE.",
            )
        line = match["line"]
        return cls(source=match["source"], line=int(line) if line else None)

    def __str__(self) -> str:
        return self.source if self.line is None else f"{self.source}:{self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact(Generic[T_co]):
    """A value with its source.

    Attributes:
        value: what the source says; None where it was asked or needed and is not said. Unknown stays unknown.
        ref: where it says so, or where it stays silent.
        date: day on which it was said; that of the source unless the data say another.
        quote: a few words of the source, as they stand there.
    """

    value: T_co
    ref: Ref
    date: datetime.date | None = None
    confidence: Confidence = Confidence.VERIFIED
    quote: str = ""


def quote_too_long(quote: str) -> bool:
    """Whether a quote holds more than the 20 words that are allowed."""
    return len(quote.split()) > _QUOTE_WORDS
