"""The inventory: gateways an operator expects, and what each may still ask for (RQ-05)."""

import sqlite3
from collections.abc import Iterable

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
