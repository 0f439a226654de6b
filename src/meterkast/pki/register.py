"""The register of the PKI: who is expected and may ask for what, what was issued, what is revoked.

One SQLite file for all operators. Every row belongs to one of them, and is found by that one alone (RQ-31).
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from meterkast.model.errors import LocalError
from meterkast.pki.crossing import Crossings
from meterkast.pki.inventory import Inventory
from meterkast.pki.issued import Issued
from meterkast.pki.register_file import damaged, reading, share, transaction
from meterkast.pki.register_schema import VERSION, bring_up, version_of
from meterkast.pki.revocations import Revocations
from meterkast.pki.used_keys import UsedKeys


class Records:
    """What one operator sees of the register, inside one transaction.

    Attributes:
        inventory: expected devices.
        issued: certificates.
        revocations: what is on the lists, and their numbers.
        keys: what was certified before, whoever it was for.
        crossings: attempts of one operator on what is another's.
    """

    def __init__(self, database: sqlite3.Connection, operator: str) -> None:
        self.inventory = Inventory(database, operator)
        self.issued = Issued(database, operator)
        self.revocations = Revocations(database, operator)
        self.keys = UsedKeys(database, operator)
        self.crossings = Crossings(database, operator)


class Register:
    """One SQLite file; every use is one transaction, from any thread or process.

    One of an earlier version is brought up to this one as it is opened.

    Raises (all methods too):
        LocalError: ``pki-missing`` where there is no folder for it.
        DataError, UnreachableError: as ``transaction``; ``pki-register-newer``.
    """

    def __init__(self, path: Path) -> None:
        if not path.parent.is_dir():
            raise LocalError("pki-missing", "There is no PKI in this folder.", where=str(path.parent))
        self._path = path
        with reading(path) as database:
            found = version_of(database)
        if not found:
            raise damaged(path)
        if found != VERSION:
            self._bring_up()

    @classmethod
    def found(cls, path: Path) -> "Register":
        """The register of a PKI that is being made: an empty one where there is none."""
        if path.parent.is_dir():
            share(path)
            with transaction(path) as database:
                bring_up(database, path)
        return cls(path)

    @contextmanager
    def records(self, operator: str) -> Iterator[Records]:
        """The records of one operator; all that is done inside counts, or nothing where it raises.

        Nobody else writes meanwhile, so that a list that is being signed can never overtake a younger one.
        """
        with transaction(self._path) as database:
            yield Records(database, operator)

    def add_tenant(self, operator: str, slug: str) -> bool:
        """Makes room for an operator; False where it, or its short name, is there already."""
        with transaction(self._path) as database:
            added = database.execute("INSERT OR IGNORE INTO tenant VALUES (?, ?)", (operator, slug))
            return added.rowcount == 1

    def tenants(self) -> dict[str, str]:
        """Short names by operator, the founder with an empty one first."""
        with reading(self._path) as database:
            return dict(database.execute("SELECT operator, slug FROM tenant ORDER BY slug"))

    def owner(self, title: str) -> str | None:
        """The operator that expects a device: the first one to do so, where several do."""
        with reading(self._path) as database:
            query = "SELECT operator FROM device WHERE title = ? ORDER BY rowid LIMIT 1"
            row = database.execute(query, (title,)).fetchone()
            return None if row is None else str(row[0])

    def copy_to(self, backup: Path) -> None:
        """A copy that is whole, whoever writes meanwhile; an earlier one is replaced when it is.

        The file by itself is none while somebody has it open: what was written last stands beside it.
        """
        unfinished = backup.with_name(f".{backup.name}.part")
        unfinished.unlink(missing_ok=True)
        with reading(self._path) as database, closing(sqlite3.connect(unfinished)) as copy:
            database.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
        unfinished.replace(backup)

    def _bring_up(self) -> None:
        share(self._path)
        with transaction(self._path) as database:
            bring_up(database, self._path)
