"""The inventory: gateways an operator expects, and what each may still ask for (RQ-05)."""

import sqlite3
from collections.abc import Iterable
from datetime import datetime

from meterkast.pki.moment import seconds
from meterkast.protocols.x509 import Purpose


class Inventory:
    """The devices of one operator."""

    def __init__(self, database: sqlite3.Connection, operator: str) -> None:
        self._database = database
        self._operator = operator

    def expect(self, title: str, purposes: Iterable[Purpose]) -> None:
        """Puts a new device on the inventory and lets it ask for one certificate per purpose.

        A device that is there already gets nothing by being expected again.
        """
        row = title, self._operator
        if self._database.execute("INSERT OR IGNORE INTO device VALUES (?, ?)", row).rowcount == 1:
            self.admit(title, purposes)

    def keep(self, title: str) -> None:
        """Puts a device on the inventory that was on it before, and may ask for nothing."""
        self._database.execute("INSERT OR IGNORE INTO device VALUES (?, ?)", (title, self._operator))

    def retire(self, title: str, now: datetime) -> None:
        """Takes a device off the inventory, with all that it may ask for, and notes that this was meant."""
        row = title, self._operator
        self._database.execute("DELETE FROM device WHERE title = ? AND operator = ?", row)
        self._database.execute("DELETE FROM admission WHERE holder = ? AND operator = ?", row)
        query = "INSERT OR IGNORE INTO decommissioned VALUES (?, ?, ?)"
        self._database.execute(query, (*row, seconds(now)))

    def is_retired(self, title: str) -> bool:
        """Whether a device was taken out of service, and not brought back."""
        query = "SELECT 1 FROM decommissioned WHERE title = ? AND operator = ?"
        return self._database.execute(query, (title, self._operator)).fetchone() is not None

    def bring_back(self, title: str) -> None:
        """A device that was taken out of service may be expected again."""
        query = "DELETE FROM decommissioned WHERE title = ? AND operator = ?"
        self._database.execute(query, (title, self._operator))

    def knows(self, title: str) -> bool:
        """Whether a device is this operator's."""
        query = "SELECT 1 FROM device WHERE title = ? AND operator = ?"
        return self._database.execute(query, (title, self._operator)).fetchone() is not None

    def devices(self) -> list[tuple[str, str]]:
        """System title and operator of every device that is expected or enrolled."""
        query = "SELECT title, operator FROM device WHERE operator = ? ORDER BY title"
        return self._database.execute(query, (self._operator,)).fetchall()

    def admit(self, title: str, purposes: Iterable[Purpose]) -> None:
        """Lets a device ask once for each of these."""
        rows = [(title, purpose, self._operator) for purpose in purposes]
        self._database.executemany("INSERT OR IGNORE INTO admission VALUES (?, ?, ?)", rows)

    def may_ask(self, title: str) -> bool:
        """Whether a device may still ask for anything."""
        query = "SELECT 1 FROM admission WHERE holder = ? AND operator = ? LIMIT 1"
        return self._database.execute(query, (title, self._operator)).fetchone() is not None

    def use_admission(self, title: str, purpose: Purpose) -> bool:
        """Uses up what a device may ask for; False where it may not, or not any more."""
        query = "DELETE FROM admission WHERE holder = ? AND purpose = ? AND operator = ?"
        return self._database.execute(query, (title, purpose, self._operator)).rowcount == 1

    def close_admissions(self) -> int:
        """Nobody may ask for anything until released anew; gives how many admissions are gone."""
        query = "DELETE FROM admission WHERE operator = ?"
        return self._database.execute(query, (self._operator,)).rowcount
