"""The gateway's memory that outlives power: counters, envelopes on their way, gas telegrams, events.

One SQLite file. Every call that returns has reached the disk (write-ahead log, synchronous FULL), so that a
process that dies at any instruction finds itself, when it starts again, before or after a call, not between.
What is in here says nothing to a thief: envelopes are sealed, telegrams lie as the meter encrypted them.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from meterkast.model.errors import DataError, LocalError
from meterkast.model.event import DeviceEvent

GAS_HOURS = 240
EVENTS = 1000
_VERSION = 2

_SCHEMA = """
CREATE TABLE counter (name TEXT PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE envelope (
    counter INTEGER PRIMARY KEY,
    created INTEGER NOT NULL,
    confirmed INTEGER,
    octets BLOB,
    CHECK ((confirmed IS NULL) <> (octets IS NULL))
);
CREATE INDEX envelope_pending ON envelope (counter) WHERE confirmed IS NULL;
CREATE TABLE telegram (
    device TEXT NOT NULL,
    at INTEGER NOT NULL,
    counter INTEGER NOT NULL,
    octets BLOB NOT NULL,
    PRIMARY KEY (device, at)
) WITHOUT ROWID;
CREATE TABLE handed_in (
    device TEXT NOT NULL,
    day TEXT NOT NULL,
    whole INTEGER NOT NULL,
    PRIMARY KEY (device, day)
) WITHOUT ROWID;
CREATE TABLE event (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    code TEXT NOT NULL,
    device TEXT NOT NULL,
    at INTEGER NOT NULL,
    detail TEXT NOT NULL
);
"""
_ORDERS = """
CREATE TABLE obeyed (
    number INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    speaks INTEGER NOT NULL,
    octets BLOB NOT NULL,
    receipt BLOB NOT NULL
);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class JournaledEnvelope:
    """An envelope that the head-end has not confirmed yet."""

    counter: int
    created: int
    octets: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedIn:
    """A day of a device that has been sealed; not ``whole`` where the device could not be read."""

    device: str
    day: date
    whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ObeyedOrder:
    """An order of the operator's that was obeyed.

    Attributes:
        number: its own number, rising.
        at: Unix seconds of metering time from which on it held.
        speaks: whether the gateway speaks since then.
        octets: the order as it came.
        receipt: what the gateway answered.
    """

    number: int
    at: int
    speaks: bool
    octets: bytes
    receipt: bytes


class Journal:
    """The journal of one gateway; one process at a time writes it.

    Raises:
        DataError: ``journal-unreadable`` where the file is no journal, ``journal-version`` where it is newer.
        LocalError: ``journal-unwritable`` from every method that keeps something, where the disk is full.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._database = sqlite3.connect(path, isolation_level=None, timeout=5.0, check_same_thread=False)
            path.chmod(0o600)
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"):
                self._database.execute(f"PRAGMA {pragma}")
            self._create()
        except sqlite3.DatabaseError as error:
            raise DataError("journal-unreadable", "The journal cannot be read.", where=str(path)) from error

    def close(self) -> None:
        """Lets go of the file."""
        self._database.close()

    def reserve(self, name: str = "envelope") -> int:
        """The next value of the counter called ``name``, from 1. It is spent at once, used or not (RQ-13)."""
        with self._commit() as database:
            (counter,) = database.execute(
                "INSERT INTO counter VALUES (?, 1)"
                " ON CONFLICT (name) DO UPDATE SET last = last + 1 RETURNING last",
                (name,),
            ).fetchone()
        return int(counter)

    def put(
        self,
        counter: int,
        created: int,
        octets: bytes,
        *,
        handed_in: Iterable[HandedIn] = (),
        events_through: int = 0,
    ) -> None:
        """Keeps a sealed envelope until it is confirmed.

        In the same instant the days it carries count as handed in, and the events it carries, those up to and
        including number ``events_through``, are forgotten.

        Raises:
            LocalError: ``journal-counter-used`` where the counter has an envelope already.
        """
        with self._commit() as database:
            try:
                database.execute("INSERT INTO envelope VALUES (?, ?, NULL, ?)", (counter, created, octets))
            except sqlite3.IntegrityError as error:
                raise LocalError("journal-counter-used", "This envelope counter has been used.") from error
            days = [(each.device, each.day.isoformat(), each.whole) for each in handed_in]
            database.executemany("INSERT OR REPLACE INTO handed_in VALUES (?, ?, ?)", days)
            database.execute("DELETE FROM event WHERE number <= ?", (events_through,))

    def pending(self, limit: int = 100) -> list[JournaledEnvelope]:
        """The oldest envelopes that nobody has confirmed."""
        rows = self._database.execute(
            "SELECT counter, created, octets FROM envelope WHERE confirmed IS NULL ORDER BY counter LIMIT ?",
            (limit,),
        )
        return [JournaledEnvelope(counter=row[0], created=row[1], octets=row[2]) for row in rows]

    def confirm(self, counter: int, now: int) -> bool:
        """Marks an envelope as confirmed and forgets its octets; False where it was not pending."""
        with self._commit() as database:
            changed = database.execute(
                "UPDATE envelope SET confirmed = ?, octets = NULL WHERE counter = ? AND confirmed IS NULL",
                (now, counter),
            ).rowcount
        return changed == 1

    def counts(self) -> tuple[int, int]:
        """How many envelopes were ever sealed, and how many of them are confirmed."""
        sealed, confirmed = self._database.execute(
            "SELECT count(*), count(confirmed) FROM envelope"
        ).fetchone()
        return int(sealed), int(confirmed)

    def put_telegram(self, device: str, at: int, octets: bytes, counter: int) -> None:
        """Keeps a gas telegram of the hour ``at`` and its frame counter; the first of an hour stays.

        The 240 that came last are kept, whatever hours they claim to be of.
        """
        with self._commit() as database:
            database.execute(
                "INSERT OR IGNORE INTO telegram VALUES (?, ?, ?, ?)", (device, at, counter, octets)
            )
            database.execute(
                "DELETE FROM telegram WHERE device = :device AND counter <= (SELECT counter FROM telegram"
                " WHERE device = :device ORDER BY counter DESC LIMIT 1 OFFSET :kept)",
                {"device": device, "kept": GAS_HOURS},
            )
            database.execute("INSERT OR REPLACE INTO counter VALUES (?, ?)", (f"gas {device}", counter))

    def telegrams(self, device: str, start: int, end: int) -> list[tuple[int, bytes]]:
        """Hour and octets of the telegrams from ``start`` to ``end``, both included."""
        rows = self._database.execute(
            "SELECT at, octets FROM telegram WHERE device = ? AND at BETWEEN ? AND ? ORDER BY at",
            (device, start, end),
        )
        return [(int(at), bytes(octets)) for at, octets in rows]

    def telegram_counter(self, device: str) -> int | None:
        """The frame counter of the last telegram that was accepted; None before the first."""
        row = self._database.execute("SELECT last FROM counter WHERE name = ?", (f"gas {device}",)).fetchone()
        return None if row is None else int(row[0])

    def handed_in(self, device: str, day: date) -> HandedIn | None:
        """What is known of this device's day; None where no envelope with it has been sealed."""
        row = self._database.execute(
            "SELECT whole FROM handed_in WHERE device = ? AND day = ?", (device, day.isoformat())
        ).fetchone()
        return None if row is None else HandedIn(device=device, day=day, whole=bool(row[0]))

    def handed_in_span(self, device: str) -> tuple[date, date] | None:
        """The first and the last day of this device that have been sealed; None before the first."""
        first, last = self._database.execute(
            "SELECT min(day), max(day) FROM handed_in WHERE device = ?", (device,)
        ).fetchone()
        return None if first is None else (date.fromisoformat(first), date.fromisoformat(last))

    def add_event(self, event: DeviceEvent) -> None:
        """Keeps an event until an envelope has carried it; of more than 1,000 the oldest are forgotten."""
        with self._commit() as database:
            cursor = database.execute(
                "INSERT INTO event (code, device, at, detail) VALUES (?, ?, ?, ?)",
                (event.code, event.device, event.at, event.detail),
            )
            database.execute("DELETE FROM event WHERE number <= ?", ((cursor.lastrowid or 0) - EVENTS,))

    def events(self) -> Sequence[tuple[int, DeviceEvent]]:
        """The events that no envelope has carried yet, by number."""
        rows = self._database.execute("SELECT number, code, device, at, detail FROM event ORDER BY number")
        return [(row[0], DeviceEvent(code=row[1], device=row[2], at=row[3], detail=row[4])) for row in rows]

    def obey(self, order: ObeyedOrder) -> None:
        """Keeps an order for ever, as evidence.

        Raises:
            LocalError: ``journal-order-used`` where its number has been.
        """
        with self._commit() as database:
            try:
                database.execute(
                    "INSERT INTO obeyed VALUES (?, ?, ?, ?, ?)",
                    (order.number, order.at, order.speaks, order.octets, order.receipt),
                )
            except sqlite3.IntegrityError as error:
                raise LocalError("journal-order-used", "This order has been obeyed already.") from error

    def obeyed(self) -> list[ObeyedOrder]:
        """Every order that was obeyed, by number."""
        rows = self._database.execute(
            "SELECT number, at, speaks, octets, receipt FROM obeyed ORDER BY number"
        )
        return [
            ObeyedOrder(number=row[0], at=row[1], speaks=bool(row[2]), octets=row[3], receipt=row[4])
            for row in rows
        ]

    def _create(self) -> None:
        (version,) = self._database.execute("PRAGMA user_version").fetchone()
        if version > _VERSION:
            raise DataError("journal-version", "The journal was written by a newer version.")
        if version < _VERSION:
            new = (_SCHEMA if version == 0 else "") + _ORDERS
            self._database.executescript(f"BEGIN; {new} PRAGMA user_version={_VERSION}; COMMIT;")

    @contextmanager
    def _commit(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it, or where an error passes, nothing."""
        try:
            with self._database:
                self._database.execute("BEGIN IMMEDIATE")
                yield self._database
        except sqlite3.OperationalError as error:
            raise LocalError("journal-unwritable", "The journal cannot be written.") from error
