"""Who may read what: confidential values are wrapped where they are read, and unwrapped for those who may."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from html import unescape
from typing import Any

from meterkast.assurance.report.words import WITHHELD, Words
from meterkast.model.errors import TrustError

_TELLING = 4


class Audience(StrEnum):
    """For whom a report is made, from the widest to the narrowest circle."""

    PUBLIC = "public"
    PARLIAMENT = "parliament"
    SUPERVISOR = "supervisor"
    SEALED = "sealed"

    def may_read(self, disclosure: "Audience") -> bool:
        """Whether this circle lies within the one that a value is disclosed to."""
        order = tuple(Audience)
        return order.index(self) >= order.index(disclosure)


@dataclass(frozen=True, slots=True)
class Guarded:
    """A confidential value. Its text form says nothing, so that no format or log can tell it by accident."""

    words: Words
    disclosure: Audience = Audience.SEALED

    def __str__(self) -> str:
        return WITHHELD.en

    __repr__ = __str__

    def reveal(self, audience: Audience) -> Words:
        """The value for those who may read it; for all others only that there is one."""
        return self.words if audience.may_read(self.disclosure) else WITHHELD


def revealed(document: Any, audience: Audience) -> Any:  # noqa: ANN401 - any JSON-able value
    """A document of dicts and lists in which every guarded value is told or withheld."""
    match document:
        case Guarded():
            return document.reveal(audience).to_dict()
        case dict():
            return {key: revealed(value, audience) for key, value in document.items()}
        case list() | tuple():
            return [revealed(value, audience) for value in document]
        case _:
            return document


def guarded_in(document: object) -> Iterator[Guarded]:
    """Every guarded value in a document, at any depth."""
    match document:
        case Guarded():
            yield document
        case dict():
            for value in document.values():
                yield from guarded_in(value)
        case list() | tuple():
            for value in document:
                yield from guarded_in(value)


class Sentinel:
    """A second layer behind the wrapping: looks for confidential texts in what is about to leave."""

    def __init__(self, guarded: Iterable[Guarded], audience: Audience) -> None:
        withheld = [each.words for each in guarded if not audience.may_read(each.disclosure)]
        texts = {_bare(text) for words in withheld for text in (words.nl, words.en)}
        self._texts = tuple(sorted(text for text in texts if len(text) >= _TELLING))

    def pass_on(self, name: str, octets: bytes) -> bytes:
        """The octets, unchanged, if none of the confidential texts is in them.

        Marks of escaping and differences in white space hide nothing. What is packed or encrypted has to be
        shown to it before.

        Raises:
            TrustError: ``report-would-leak``; the message never holds the text.
        """
        leaving = _bare(octets.decode("utf-8", "replace")) if self._texts else ""
        if any(text in leaving for text in self._texts):
            raise TrustError(
                "report-would-leak",
                "A confidential text stands in what was about to be published.",
                where=name,
                hint="Look for the text in the public fields of the dossier.",
            )
        return octets


def _bare(text: str) -> str:
    return " ".join(unescape(text).replace("\\", "").split())
