"""Attempts of one operator on what is another's: it is told nothing, and both are told (AT-32, RQ-31)."""

import logging
import sqlite3
from dataclasses import dataclass
from datetime import datetime

from meterkast.pki.moment import hexadecimal, moment, seconds

_log = logging.getLogger("meterkast.pki")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something an operator should know: ``subject`` is a holder's name or a serial number."""

    at: datetime
    code: str
    subject: str


class Crossings:
    """Seen from the operator that asks."""

    def __init__(self, database: sqlite3.Connection, operator: str) -> None:
        self._database = database
        self._operator = operator

    def holder(self, name: str, now: datetime) -> bool:
        """Notes that this operator asked for a holder, if the holder is another's; gives whether it is."""
        query = """
            SELECT operator FROM device WHERE title = ?
            UNION SELECT operator FROM certificate WHERE holder = ?
        """
        return self._note(query, (name, name), name, now)

    def serial(self, serial: int, now: datetime) -> bool:
        """As ``holder``, for a certificate."""
        number = hexadecimal(serial)
        return self._note("SELECT operator FROM certificate WHERE serial = ?", (number,), number, now)

    def events(self) -> list[Event]:
        """What this operator should know, oldest first."""
        query = "SELECT at, code, subject FROM event WHERE operator = ? ORDER BY rowid"
        rows = self._database.execute(query, (self._operator,))
        return [Event(at=moment(at), code=code, subject=subject) for at, code, subject in rows]

    def tell(self, code: str, subject: str, now: datetime) -> None:
        """One event for this operator alone."""
        self._database.execute(
            "INSERT INTO event VALUES (?, ?, ?, ?)", (seconds(now), self._operator, code, subject)
        )

    def _note(self, query: str, values: tuple[str, ...], subject: str, now: datetime) -> bool:
        owners = {str(owner) for (owner,) in self._database.execute(query, values)}
        if not owners or self._operator in owners:
            return False
        rows = [
            (seconds(now), operator, "pki-tenant-crossed", subject)
            for operator in (self._operator, *sorted(owners))
        ]
        self._database.executemany("INSERT INTO event VALUES (?, ?, ?, ?)", rows)
        _log.warning("pki-tenant-crossed asked_by=%s subject=%s", self._operator, subject)
        return True
