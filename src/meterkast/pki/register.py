"""The register of the PKI: which devices are expected, what they may still ask for, and what was issued."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from meterkast.model.errors import LocalError, TrustError
from meterkast.protocols.x509 import Purpose

_SCHEMA = """
CREATE TABLE IF NOT EXISTS device (title TEXT PRIMARY KEY, operator TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS admission (
    holder TEXT NOT NULL, purpose TEXT NOT NULL, PRIMARY KEY (holder, purpose)
) STRICT;
CREATE TABLE IF NOT EXISTS certificate (
    serial TEXT PRIMARY KEY, holder TEXT NOT NULL, purpose TEXT NOT NULL, issuer TEXT NOT NULL,
    der BLOB NOT NULL, issued_at INTEGER NOT NULL, revoked_at INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS certificate_holder ON certificate (holder, purpose);
"""
_COLUMNS = "holder, purpose, issuer, der, issued_at, revoked_at"


Revocations = list[tuple[int, datetime]]


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedCertificate:
    """One certificate this PKI has issued; ``issuer`` is the label of the authority."""

    holder: str
    purpose: Purpose
    issuer: str
    certificate: x509.Certificate
    issued_at: datetime
    revoked_at: datetime | None


class Register:
    """One SQLite file; every call is one transaction, from any thread or process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._transaction() as database:
            database.executescript(_SCHEMA)

    def expect(self, title: str, operator: str, purposes: Iterable[Purpose]) -> None:
        """Puts a new device on the inventory and lets it ask for one certificate per purpose.

        A device that is there already gets nothing by being expected again.
        """
        with self._transaction() as database:
            added = database.execute("INSERT OR IGNORE INTO device VALUES (?, ?)", (title, operator))
            if added.rowcount == 1:
                _admit(database, title, purposes)

    def release(self, title: str, purposes: Iterable[Purpose], now: datetime) -> None:
        """Revokes every certificate of a device and lets it ask anew, both or neither.

        Raises:
            LocalError: ``pki-device-unknown`` where it is not on the inventory.
        """
        with self._transaction() as database:
            known = database.execute("SELECT 1 FROM device WHERE title = ?", (title,)).fetchone()
            if known is None:
                message = "The device is not on the inventory."
                raise LocalError("pki-device-unknown", message, where=title)
            query = "UPDATE certificate SET revoked_at = ? WHERE holder = ? AND revoked_at IS NULL"
            database.execute(query, (int(now.timestamp()), title))
            _admit(database, title, purposes)

    def devices(self) -> list[tuple[str, str]]:
        """The inventory: system title and operator of every device that is expected or enrolled."""
        with self._transaction() as database:
            return database.execute("SELECT title, operator FROM device ORDER BY title").fetchall()

    def issue_once(
        self, holder: str, purpose: Purpose, make: Callable[[], IssuedCertificate]
    ) -> IssuedCertificate:
        """Issues under an admission and uses it up, both or neither.

        Raises:
            TrustError: ``pki-not-admitted`` where the holder may not ask for this certificate (any more).
        """
        with self._transaction() as database:
            admission = (holder, purpose)
            used = database.execute("DELETE FROM admission WHERE holder = ? AND purpose = ?", admission)
            if used.rowcount != 1:
                raise TrustError("pki-not-admitted", "The request is not accepted.")
            issued = make()
            _insert(database, issued)
            return issued

    def record(self, issued: IssuedCertificate) -> None:
        """Keeps what was issued without an admission: the operator's own certificates."""
        with self._transaction() as database:
            _insert(database, issued)

    def issued(self, holder: str) -> list[IssuedCertificate]:
        """Every certificate of a holder, oldest first."""
        with self._transaction() as database:
            query = f"SELECT {_COLUMNS} FROM certificate WHERE holder = ? ORDER BY issued_at, rowid"
            return [_row(row) for row in database.execute(query, (holder,))]

    def revoke(self, serial: int, now: datetime) -> bool:
        """Marks a certificate; False where there is no such certificate or it was revoked before."""
        with self._transaction() as database:
            query = "UPDATE certificate SET revoked_at = ? WHERE serial = ? AND revoked_at IS NULL"
            return database.execute(query, (int(now.timestamp()), _serial(serial))).rowcount == 1

    @contextmanager
    def revocations(self) -> Iterator[Callable[[str], Revocations]]:
        """Serial numbers and moments by authority; nobody revokes or publishes while this is open.

        So a list that is being written can never overtake a younger one.
        """
        query = "SELECT serial, revoked_at FROM certificate WHERE issuer = ? AND revoked_at IS NOT NULL"
        with self._transaction() as database:
            yield lambda issuer: [
                (int(serial, 16), _moment(at)) for serial, at in database.execute(query, (issuer,))
            ]

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


def _admit(database: sqlite3.Connection, holder: str, purposes: Iterable[Purpose]) -> None:
    admissions = [(holder, purpose) for purpose in purposes]
    database.executemany("INSERT OR IGNORE INTO admission VALUES (?, ?)", admissions)


def _insert(database: sqlite3.Connection, issued: IssuedCertificate) -> None:
    certificate = issued.certificate
    database.execute(
        f"INSERT INTO certificate (serial, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, NULL)",
        (
            _serial(certificate.serial_number),
            issued.holder,
            issued.purpose,
            issued.issuer,
            certificate.public_bytes(Encoding.DER),
            int(issued.issued_at.timestamp()),
        ),
    )


def _row(row: tuple[str, str, str, bytes, int, int | None]) -> IssuedCertificate:
    holder, purpose, issuer, der, issued_at, revoked_at = row
    return IssuedCertificate(
        holder=holder,
        purpose=Purpose(purpose),
        issuer=issuer,
        certificate=x509.load_der_x509_certificate(der),
        issued_at=_moment(issued_at),
        revoked_at=None if revoked_at is None else _moment(revoked_at),
    )


def _serial(number: int) -> str:
    return f"{number:x}"


def _moment(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)
