"""The transcript of a ceremony: a file of records, each naming the one before, that only grows."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from meterkast.model.errors import DataError, LocalError
from meterkast.pki.ceremony.record import NOTHING, Record, parse_record

_MAX = 1 << 24


class Transcript:
    """Writes records, each on disk before the next thing is done. It is never rewritten, whatever fails."""

    def __init__(self, path: Path, records: list[Record]) -> None:
        self.path = path
        self.records = records

    @classmethod
    def begin(cls, path: Path) -> "Transcript":
        """A new one.

        Raises:
            LocalError: ``ceremony-held-already`` where there is one.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            path.open("xb").close()
        except FileExistsError as cause:
            raise held_already(path) from cause
        return cls(path, [])

    @classmethod
    def open(cls, path: Path) -> "Transcript":
        """One that was begun. A last line that a crash cut short is cut off: nothing was done after it.

        Raises:
            DataError: ``transcript-unreadable``, ``transcript-malformed`` or ``transcript-chain-broken``.
        """
        _cut_off(path)
        records = read_records(path)
        for number, record in enumerate(records):
            if record.number != number or record.previous != (
                records[number - 1].digest if number else NOTHING
            ):
                message = "A record of the transcript does not follow the one before it."
                raise DataError("transcript-chain-broken", message, where=f"line {number + 1}")
        return cls(path, records)

    @property
    def head(self) -> str:
        """SHA-256 of the last record: it stands for all before it."""
        return self.records[-1].digest if self.records else NOTHING

    def write(
        self,
        event: str,
        now: datetime,
        *,
        step: str = "",
        participants: tuple[str, ...] = (),
        inputs: Mapping[str, bytes] | None = None,
        outputs: Mapping[str, bytes] | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> Record:
        """One more record; of inputs and outputs it keeps the SHA-256."""
        record = Record(
            number=len(self.records),
            at=written(now),
            event=event,
            step=step,
            participants=participants,
            inputs=_digests(inputs),
            outputs=_digests(outputs),
            details=details or {},
            previous=self.head,
        )
        with self.path.open("ab") as file:
            file.write(record.encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        self.records.append(record)
        return record


def written(now: datetime) -> str:
    """A moment as records have it."""
    return now.astimezone(UTC).isoformat(timespec="seconds")


def held_already(path: Path) -> LocalError:
    """A place is taken by another ceremony, or by something else."""
    hint = "Go on with that one, or hold another in an empty folder."
    message = "A ceremony was held here already."
    return LocalError("ceremony-held-already", message, where=str(path), hint=hint)


def read_records(path: Path) -> list[Record]:
    """The records of a file, as they are.

    Raises:
        DataError: ``transcript-unreadable`` or ``transcript-malformed``, with the line.
    """
    try:
        with path.open("rb") as file:
            octets = file.read(_MAX + 1)
    except OSError as cause:
        raise DataError("transcript-unreadable", "The transcript cannot be read.", where=str(path)) from cause
    if len(octets) > _MAX:
        raise DataError("transcript-unreadable", "The transcript is too long.", where=str(path))
    records = []
    for number, line in enumerate(octets.splitlines(), 1):
        try:
            records.append(parse_record(line))
        except DataError as cause:
            raise DataError(cause.code, cause.message, where=f"line {number}") from cause
    return records


def _cut_off(path: Path) -> None:
    try:
        octets = path.read_bytes()
    except OSError as cause:
        raise DataError("transcript-unreadable", "The transcript cannot be read.", where=str(path)) from cause
    if not octets.endswith(b"\n"):
        os.truncate(path, octets.rfind(b"\n") + 1)


def _digests(octets: Mapping[str, bytes] | None) -> dict[str, str]:
    return {name: sha256(each).hexdigest() for name, each in (octets or {}).items()}
