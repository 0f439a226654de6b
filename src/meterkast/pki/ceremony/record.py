"""One line of a transcript: what happened, when, who was there, and what went in and came out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import rfc8785

from meterkast.model.errors import DataError

NOTHING = "0" * 64
"""What the first record names as the one before it."""
MAX_RECORD = 1 << 20
BEFORE = "before"
"""Among the inputs of the first record: the transcript of the ceremony that this one follows."""

OPENED, BEGUN, DONE, FAILED, RESUMED, SIGNED = "opened", "begun", "done", "failed", "resumed", "signed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One event of the ceremony.

    Attributes:
        number: from 0, without gaps.
        at: ISO 8601, UTC.
        event: opened, begun, done, failed, resumed or signed.
        step: the action; empty where the event is of no step.
        participants: names of those who took part.
        inputs: SHA-256 of what went in, by name.
        outputs: SHA-256 of what came out, by name.
        details: anything else that belongs to the event.
        previous: SHA-256 of the record before.
    """

    number: int
    at: str
    event: str
    previous: str
    step: str = ""
    participants: tuple[str, ...] = ()
    inputs: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)

    def encode(self) -> bytes:
        """The line, without its end, in the one form of RFC 8785."""
        return rfc8785.dumps(
            {
                "number": self.number,
                "at": self.at,
                "event": self.event,
                "step": self.step,
                "participants": list(self.participants),
                "inputs": dict(self.inputs),
                "outputs": dict(self.outputs),
                "details": dict(self.details),
                "previous": self.previous,
            }
        )

    @property
    def digest(self) -> str:
        """SHA-256 of the line, hexadecimal."""
        return sha256(self.encode()).hexdigest()


def parse_record(line: bytes) -> Record:
    """Reads a line.

    Raises:
        DataError: ``transcript-malformed``.
    """
    try:
        document: Any = json.loads(line) if len(line) <= MAX_RECORD else None
        record = Record(**{**document, "participants": tuple(document["participants"])})
        whole = _typed(record) and record.encode() == line
    except (
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        RecursionError,
        rfc8785.CanonicalizationError,
    ) as cause:
        raise _malformed() from cause
    if not whole:
        raise _malformed()
    return record


def _typed(record: Record) -> bool:
    texts = (record.at, record.event, record.step, record.previous, *record.participants)
    digests = (*record.inputs.values(), *record.outputs.values())
    return (
        type(record.number) is int
        and all(isinstance(each, str) for each in (*texts, *digests))
        and isinstance(record.details, dict)
    )


def _malformed() -> DataError:
    return DataError("transcript-malformed", "A line of the transcript is no record of a ceremony.")
