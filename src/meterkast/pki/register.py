"""The register of the PKI: who is expected and may ask for what, what was issued, what is revoked.

One SQLite file for all operators. Every row belongs to one of them, and is found by that one alone (RQ-31).
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from meterkast.model.errors import LocalError
from meterkast.pki.crossing import Crossings
from meterkast.pki.inventory import Inventory
from meterkast.pki.issued import Issued
from meterkast.pki.revocations import Revocations

_SCHEMA = """
CREATE TABLE IF NOT EXISTS tenant (operator TEXT PRIMARY KEY, slug TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE IF NOT EXISTS device (
    title TEXT NOT NULL, operator TEXT NOT NULL, PRIMARY KEY (title, operator)
) STRICT;
CREATE TABLE IF NOT EXISTS admission (
    holder TEXT NOT NULL, purpose TEXT NOT NULL, operator TEXT NOT NULL,
    PRIMARY KEY (holder, purpose, operator)
) STRICT;
CREATE TABLE IF NOT EXISTS certificate (
    serial TEXT PRIMARY KEY, operator TEXT NOT NULL, holder TEXT NOT NULL, purpose TEXT NOT NULL,
    issuer TEXT NOT NULL, der BLOB NOT NULL, issued_at INTEGER NOT NULL, revoked_at INTEGER,
    ends INTEGER NOT NULL, algorithm TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS certificate_holder ON certificate (holder, purpose);
CREATE TABLE IF NOT EXISTS revocation (
    operator TEXT NOT NULL, issuer TEXT NOT NULL, shard INTEGER NOT NULL, serial TEXT NOT NULL,
    at INTEGER NOT NULL, until INTEGER NOT NULL, PRIMARY KEY (operator, issuer, serial)
) STRICT;
CREATE TABLE IF NOT EXISTS spread (
    operator TEXT NOT NULL, issuer TEXT NOT NULL, shards INTEGER NOT NULL, PRIMARY KEY (operator, issuer)
) STRICT;
CREATE TABLE IF NOT EXISTS published (
    operator TEXT NOT NULL, list TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (operator, list)
) STRICT;
CREATE TABLE IF NOT EXISTS ahead (
    operator TEXT NOT NULL, list TEXT NOT NULL, begins INTEGER NOT NULL, der BLOB NOT NULL,
    PRIMARY KEY (operator, list, begins)
) STRICT;
CREATE TABLE IF NOT EXISTS event (
    at INTEGER NOT NULL, operator TEXT NOT NULL, code TEXT NOT NULL, subject TEXT NOT NULL
) STRICT;
"""


class Records:
    """What one operator sees of the register, inside one transaction.

    Attributes:
        inventory: expected devices.
        issued: certificates.
        revocations: what is on the lists, and their numbers.
        crossings: attempts of one operator on what is another's.
    """

    def __init__(self, database: sqlite3.Connection, operator: str) -> None:
        self.inventory = Inventory(database, operator)
        self.issued = Issued(database, operator)
        self.revocations = Revocations(database, operator)
        self.crossings = Crossings(database, operator)


class Register:
    """One SQLite file; every use is one transaction, from any thread or process.

    Raises:
        LocalError: ``pki-missing`` where there is no folder for it.
    """

    def __init__(self, path: Path) -> None:
        if not path.parent.is_dir():
            raise LocalError("pki-missing", "There is no PKI in this folder.", where=str(path.parent))
        self._path = path
        with self._transaction() as database:
            if database.execute("PRAGMA user_version").fetchone()[0] == 0:
                for statement in _SCHEMA.split(";"):  # a script would commit each one by itself
                    database.execute(statement)
                database.execute("PRAGMA user_version = 1")

    @contextmanager
    def records(self, operator: str) -> Iterator[Records]:
        """The records of one operator; all that is done inside counts, or nothing where it raises.

        Nobody else writes meanwhile, so that a list that is being signed can never overtake a younger one.
        """
        with self._transaction() as database:
            yield Records(database, operator)

    def add_tenant(self, operator: str, slug: str) -> bool:
        """Makes room for an operator; False where it, or its short name, is there already."""
        with self._transaction() as database:
            added = database.execute("INSERT OR IGNORE INTO tenant VALUES (?, ?)", (operator, slug))
            return added.rowcount == 1

    def tenants(self) -> dict[str, str]:
        """Short names by operator, the founder with an empty one first."""
        with self._transaction() as database:
            return dict(database.execute("SELECT operator, slug FROM tenant ORDER BY slug"))

    def owner(self, title: str) -> str | None:
        """The operator that expects a device: the first one to do so, where several do."""
        with self._transaction() as database:
            query = "SELECT operator FROM device WHERE title = ? ORDER BY rowid LIMIT 1"
            row = database.execute(query, (title,)).fetchone()
            return None if row is None else str(row[0])

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        database = sqlite3.connect(self._path, timeout=10, isolation_level=None)
        try:
            database.execute("PRAGMA synchronous = FULL")
            database.execute("BEGIN IMMEDIATE")
            yield database
            database.commit()
        finally:
            database.close()
