"""Counting what was issued: one operator's fleet, and the certificates that its servers stand on.

Everything is counted by the database, in a connection that only reads: nobody who issues is held up.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from meterkast.model.errors import LocalError
from meterkast.pki.authority import DEVICE_PURPOSES
from meterkast.pki.issued import FleetRow, Issued
from meterkast.pki.moment import moment, seconds
from meterkast.pki.published import list_names
from meterkast.protocols.x509 import Purpose

WITHIN_DAYS = (30, 90, 180, 365)
"""The bounds between which the ends of certificates are counted."""

_DEVICE_PURPOSES = ", ".join("?" * len(DEVICE_PURPOSES))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """So many devices' newest certificates for a purpose, not revoked, end within so many days.

    ``within_days`` is 0 for those that have ended, and None beyond the last bound. Each is counted once.
    """

    purpose: str
    within_days: int | None
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCertificate:
    """The newest certificate of one of the operator's servers or roles; ``issuer`` as registers call it."""

    holder: str
    purpose: str
    issuer: str
    algorithm: str
    since: datetime
    until: datetime


class Census:
    """What the register of a PKI says of one operator; made by ``counting``."""

    def __init__(self, database: sqlite3.Connection, operator: str, slug: str) -> None:
        self.operator = operator
        self.slug = slug
        self._database = database

    def gateways(self) -> int:
        """How many are on the inventory."""
        return self._count("SELECT COUNT(*) FROM device WHERE operator = ?")

    def expected(self) -> int:
        """How many may still ask for a certificate."""
        return self._count("SELECT COUNT(DISTINCT holder) FROM admission WHERE operator = ?")

    def fleet(self, now: datetime) -> list[FleetRow]:
        """Newest certificates of gateways by purpose, algorithm and state."""
        return Issued(self._database, self.operator).fleet(DEVICE_PURPOSES, now)

    def endings(self, now: datetime) -> list[Ending]:
        """The same by when they end."""
        bounds = [0, *WITHIN_DAYS]
        ends = [seconds(now + timedelta(days=days)) for days in bounds]
        choice = " ".join(f"WHEN ends <= ? THEN {days}" for days in bounds)
        query = f"""
            SELECT purpose, CASE {choice} END AS days, COUNT(*) FROM (
                SELECT purpose, ends, revoked_at, MAX(rowid) FROM certificate
                WHERE operator = ? AND purpose IN ({_DEVICE_PURPOSES}) GROUP BY holder, purpose
            ) WHERE revoked_at IS NULL GROUP BY purpose, days ORDER BY purpose, days IS NULL, days
        """
        rows = self._database.execute(query, (*ends, self.operator, *DEVICE_PURPOSES))
        return [Ending(purpose=purpose, within_days=days, count=count) for purpose, days, count in rows]

    def lists(self) -> dict[str, list[str]]:
        """Names of the lists of each issuing authority, by its name."""
        query = "SELECT issuer, shards FROM spread WHERE operator = ?"
        rows = self._database.execute(query, (self.operator,))
        return {name: list_names(name, shards) for name, shards in rows}

    def own(self) -> list[OwnCertificate]:
        """One for each holder and purpose, and of a responder one for each authority it speaks for."""
        query = f"""
            SELECT holder, purpose, issuer, algorithm, issued_at, ends, revoked_at, MAX(rowid)
            FROM certificate WHERE operator = ? AND purpose NOT IN ({_DEVICE_PURPOSES})
            GROUP BY holder, purpose, CASE purpose WHEN ? THEN issuer END ORDER BY holder, purpose, issuer
        """
        rows = self._database.execute(query, (self.operator, *DEVICE_PURPOSES, Purpose.OCSP))
        return [
            OwnCertificate(
                holder=holder,
                purpose=purpose,
                issuer=issuer,
                algorithm=algorithm,
                since=moment(issued_at),
                until=moment(ends),
            )
            for holder, purpose, issuer, algorithm, issued_at, ends, revoked_at, _ in rows
            if revoked_at is None
        ]

    def _count(self, query: str) -> int:
        return int(self._database.execute(query, (self.operator,)).fetchone()[0])


@contextmanager
def counting(register: Path, operator: str | None = None) -> Iterator[Census]:
    """The census of an operator, or of the founder, for as long as the block lasts.

    Raises:
        LocalError: ``pki-missing``, ``pki-tenant-unknown``.
    """
    if not register.is_file():
        raise LocalError("pki-missing", "There is no PKI in this folder.", where=str(register.parent))
    address = f"{register.resolve().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True, timeout=10)) as database:
        for name, slug in database.execute("SELECT operator, slug FROM tenant ORDER BY slug").fetchall():
            if operator in {None, name}:
                yield Census(database, name, slug)
                return
    raise LocalError("pki-tenant-unknown", "The PKI does not know this operator.", where=operator)
