"""What a monitor remembers between two looks: the last checkpoint, every certificate, and alarms."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from meterkast.model.errors import DataError, LocalError
from meterkast.pki.log.monitor.alarm import Alarm, StandingAlarm

_SCHEMA = """
CREATE TABLE IF NOT EXISTS view (one INTEGER PRIMARY KEY CHECK (one = 1), checkpoint BLOB) STRICT;
CREATE TABLE IF NOT EXISTS certificate (
    fingerprint BLOB PRIMARY KEY, holder TEXT, purpose TEXT, serial TEXT,
    begins INTEGER, ends INTEGER, logged INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS certificate_holder ON certificate (holder, purpose) WHERE holder IS NOT NULL;
CREATE TABLE IF NOT EXISTS alarm (
    number INTEGER PRIMARY KEY, code TEXT NOT NULL, message TEXT NOT NULL, entry INTEGER,
    holder TEXT NOT NULL, serial TEXT NOT NULL, found_at INTEGER NOT NULL, settled INTEGER NOT NULL DEFAULT 0
) STRICT;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """A certificate of the operator that the log holds."""

    holder: str
    purpose: str
    serial: str
    begins: datetime
    ends: datetime
    logged: datetime


class Notebook:
    """One SQLite file. What happens inside ``page`` is kept as a whole, or not at all."""

    def __init__(self, path: Path) -> None:
        try:
            self._database = sqlite3.connect(path, isolation_level=None)
            self._database.execute("PRAGMA synchronous = FULL")
            self._database.executescript(_SCHEMA)
        except sqlite3.Error as cause:
            raise DataError(
                "monitor-state-unreadable", "The state of the monitor is unusable.", where=str(path)
            ) from cause

    def close(self) -> None:
        """Lets go of the file."""
        self._database.close()

    @contextmanager
    def page(self) -> Iterator[None]:
        """A transaction."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._database.execute("COMMIT")
        except BaseException:
            self._database.execute("ROLLBACK")
            raise

    def checkpoint(self) -> bytes | None:
        """The last checkpoint that was checked; None at first."""
        row = self._database.execute("SELECT checkpoint FROM view").fetchone()
        return None if row is None else bytes(row[0])

    def put_checkpoint(self, octets: bytes) -> None:
        """Keeps a checkpoint that was checked."""
        self._database.execute("INSERT OR REPLACE INTO view VALUES (1, ?)", (octets,))

    def knows(self, fingerprint: bytes) -> bool:
        """Whether the log holds this certificate."""
        query = "SELECT 1 FROM certificate WHERE fingerprint = ?"
        return self._database.execute(query, (fingerprint,)).fetchone() is not None

    def note(self, fingerprint: bytes, noted: Noted | None) -> None:
        """Keeps that the log holds a certificate, with its details where it is the operator's."""
        details: tuple[str | int | None, ...] = (None,) * 6
        if noted is not None:
            times = (int(each.timestamp()) for each in (noted.begins, noted.ends, noted.logged))
            details = (noted.holder, noted.purpose, noted.serial, *times)
        self._database.execute(
            "INSERT INTO certificate VALUES (?, ?, ?, ?, ?, ?, ?)", (fingerprint, *details)
        )

    def of(self, holder: str, purpose: str) -> list[Noted]:
        """The operator's certificates of this holder and purpose."""
        query = (
            "SELECT holder, purpose, serial, begins, ends, logged FROM certificate"
            " WHERE holder = ? AND purpose = ?"
        )
        return [
            Noted(
                holder=row[0],
                purpose=row[1],
                serial=row[2],
                begins=_at(row[3]),
                ends=_at(row[4]),
                logged=_at(row[5]),
            )
            for row in self._database.execute(query, (holder, purpose))
        ]

    def raise_alarms(self, alarms: Iterable[Alarm], now: datetime) -> None:
        """Keeps alarms, each once while it stands."""
        for alarm in alarms:
            self._raise(alarm, now)

    def last_alarm(self) -> int:
        """The number of the latest alarm, settled or not; 0 where there was none."""
        return int(self._database.execute("SELECT coalesce(max(number), 0) FROM alarm").fetchone()[0])

    def standing(self, *, since: int = 0) -> list[StandingAlarm]:
        """Every alarm that is not settled, oldest first; those with a number above ``since`` are new."""
        query = (
            "SELECT number, code, message, entry, holder, serial, found_at FROM alarm"
            " WHERE settled = 0 ORDER BY number"
        )
        return [
            StandingAlarm(
                number=row[0],
                alarm=Alarm(code=row[1], message=row[2], index=row[3], holder=row[4], serial=row[5]),
                found_at=row[6],
                new=row[0] > since,
            )
            for row in self._database.execute(query)
        ]

    def settle(self, number: int) -> None:
        """Somebody has looked into an alarm.

        Raises:
            LocalError: ``monitor-alarm-unknown`` where no alarm with this number stands.
        """
        done = self._database.execute(
            "UPDATE alarm SET settled = 1 WHERE number = ? AND settled = 0", (number,)
        )
        if done.rowcount != 1:
            raise LocalError("monitor-alarm-unknown", f"No alarm stands under the number {number}.")

    def _raise(self, alarm: Alarm, now: datetime) -> None:
        same = (alarm.code, alarm.index, alarm.holder, alarm.serial)
        query = (
            "SELECT 1 FROM alarm WHERE settled = 0 AND code = ? AND entry IS ? AND holder = ? AND serial = ?"
        )
        if self._database.execute(query, same).fetchone() is not None:
            return
        row = (alarm.code, alarm.message, alarm.index, alarm.holder, alarm.serial, int(now.timestamp()))
        query = "INSERT INTO alarm (code, message, entry, holder, serial, found_at) VALUES (?, ?, ?, ?, ?, ?)"
        self._database.execute(query, row)


def _at(moment: int) -> datetime:
    return datetime.fromtimestamp(moment, UTC)
