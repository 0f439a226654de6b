"""The embedded bus: one SQLite file, written by one process, read by any number."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from meterkast.model.errors import LocalError
from meterkast.outside.bus import BusMessage

_SCHEMA = """
CREATE TABLE IF NOT EXISTS message (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    key BLOB NOT NULL,
    at INTEGER NOT NULL,
    body BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS message_key ON message (key);
"""
_INSERT = "INSERT INTO message (key, at, body) VALUES (?, ?, ?) RETURNING position"
_BUSY_SECONDS = 10.0
_FULL = 2


class SqliteBus:
    """A log of messages in the order of their positions, which start at 1 and are never given twice.

    What ``append`` has returned from survives the death of the process and the loss of power. One object may
    be used from several threads; each call is one transaction.

    Raises:
        LocalError: ``bus-not-durable`` where the file system cannot hold a write-ahead log.
    """

    def __init__(self, path: Path) -> None:
        self._lock = Lock()
        self._database = sqlite3.connect(
            path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        self._database.execute("PRAGMA synchronous = FULL")
        journal = self._database.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        synchronous = self._database.execute("PRAGMA synchronous").fetchone()[0]
        if journal != "wal" or synchronous != _FULL:
            raise LocalError(
                "bus-not-durable",
                "The bus cannot promise to keep what it is given.",
                where=str(path),
                hint="Put the bus on a local disk.",
            )
        self._database.executescript(_SCHEMA)

    def append(self, messages: Sequence[BusMessage]) -> list[int]:
        """Adds all the messages in one durable commit, or none of them, and returns their positions."""
        with self._writing() as database:
            return [
                int(database.execute(_INSERT, (message.key, message.at, message.body)).fetchone()[0])
                for message in messages
            ]

    def read(self, after: int, limit: int) -> list[tuple[int, BusMessage]]:
        """Up to ``limit`` messages that stand behind position ``after``, oldest first."""
        return self._messages("WHERE position > ? ORDER BY position LIMIT ?", (after, limit))

    def find(self, key: bytes) -> list[tuple[int, BusMessage]]:
        """All messages with this key, oldest first."""
        return self._messages("WHERE key = ? ORDER BY position", (key,))

    def last(self) -> int:
        """The position of the newest message; 0 on an empty bus."""
        with self._lock:
            row = self._database.execute("SELECT max(position) FROM message").fetchone()
        return int(row[0] or 0)

    def tally(self, octets: int) -> dict[bytes, int]:
        """How many messages there are for each beginning of a key, ``octets`` long."""
        with self._lock:
            rows = self._database.execute(
                "SELECT substr(key, 1, ?) AS beginning, count(*) FROM message GROUP BY beginning", (octets,)
            ).fetchall()
        return {bytes(beginning): count for beginning, count in rows}

    def close(self) -> None:
        """Lets go of the file."""
        self._database.close()

    def _messages(self, where: str, arguments: tuple[bytes | int, ...]) -> list[tuple[int, BusMessage]]:
        with self._lock:
            rows = self._database.execute(f"SELECT position, key, at, body FROM message {where}", arguments)
            return [(position, BusMessage(key=key, body=body, at=at)) for position, key, at, body in rows]

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
                self._database.execute("COMMIT")
            except BaseException:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise
