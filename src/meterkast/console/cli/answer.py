"""What a command says: one JSON document for machines, or text for people; notes never mix with either."""

import json
import sys
from collections.abc import Mapping
from typing import Any, TextIO

from meterkast.model.errors import MeterkastError


class Answer:
    """The way out of a command: results on standard output, everything else on standard error."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json

    def document(self, document: Mapping[str, Any] | list[Any]) -> None:
        """A result for machines, on one line; for people it prints nothing."""
        if self.as_json:
            sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")
            sys.stdout.flush()

    def text(self, text: str) -> None:
        """A result for people; for machines it prints nothing."""
        if not self.as_json:
            _write(sys.stdout, text)

    def note(self, text: str) -> None:
        """Something worth knowing that is not the result."""
        _write(sys.stderr, text)

    def error(self, error: MeterkastError, *, where: str | None = None) -> None:
        """What went wrong, for people: cause, place and remedy."""
        place = ", ".join(part for part in (where, error.where) if part)
        self.note(f"error: {error.message} [{error.code}]")
        if place:
            self.note(f"  where: {place}")
        if error.hint:
            self.note(f"  hint: {error.hint}")


def _write(stream: TextIO, text: str) -> None:
    """What a device calls itself may hold control characters: a terminal is not to obey them."""
    harmless = "".join(each if each.isprintable() or each in "\n\t" else "\ufffd" for each in text)
    stream.write(harmless + "\n")
    stream.flush()
