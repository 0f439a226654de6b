"""What was issued: every certificate, whose it is, and whether it was revoked."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from meterkast.model.errors import DataError
from meterkast.pki.moment import hexadecimal, moment, seconds
from meterkast.pki.template import SigningPublicKey
from meterkast.pki.used_keys import key_hash
from meterkast.protocols.x509 import Purpose
from meterkast.protocols.x509.algorithm import HYBRID_KEM, key_algorithm

_COLUMNS = "holder, purpose, issuer, der, issued_at, revoked_at"


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedCertificate:
    """One certificate this PKI has issued; ``issuer`` is the name of the authority."""

    holder: str
    purpose: Purpose
    issuer: str
    certificate: x509.Certificate
    issued_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetRow:
    """So many holders whose newest certificate for a purpose is of this algorithm and in this state.

    The state is ``valid``, ``due`` for renewal (two thirds of its life are over), ``expired`` or ``revoked``.
    """

    purpose: Purpose
    algorithm: str
    state: str
    count: int


class Issued:
    """The certificates of one operator."""

    def __init__(self, database: sqlite3.Connection, operator: str) -> None:
        self._database = database
        self._operator = operator

    def add(self, issued: IssuedCertificate, key: SigningPublicKey | None = None) -> None:
        """Keeps what was issued.

        Args:
            issued: the certificate.
            key: its key, where it is at hand: to read it once more takes time.

        Raises:
            sqlite3.IntegrityError: there is a certificate of this number.
        """
        certificate = issued.certificate
        certified = key or certificate.public_key()
        row = {
            "serial": hexadecimal(certificate.serial_number),
            "operator": self._operator,
            "holder": issued.holder,
            "purpose": issued.purpose,
            "issuer": issued.issuer,
            "der": certificate.public_bytes(Encoding.DER),
            "issued_at": seconds(issued.issued_at),
            "ends": seconds(certificate.not_valid_after_utc),
            "algorithm": key_algorithm(certified) or HYBRID_KEM,
            "key_hash": key_hash(certified),
        }
        query = f"INSERT INTO certificate ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})"
        self._database.execute(query, tuple(row.values()))

    def of(self, holder: str) -> list[IssuedCertificate]:
        """Every certificate of a holder, oldest first."""
        query = (
            f"SELECT {_COLUMNS} FROM certificate WHERE holder = ? AND operator = ? ORDER BY issued_at, rowid"
        )
        return [_row(row) for row in self._database.execute(query, (holder, self._operator))]

    def since(self, position: int, limit: int) -> list[tuple[int, IssuedCertificate]]:
        """Certificates behind a position, in the order of their issue, each with its own position."""
        where = "WHERE rowid > ? AND operator = ? ORDER BY rowid LIMIT ?"
        query = f"SELECT rowid, {_COLUMNS} FROM certificate {where}"
        rows = self._database.execute(query, (position, self._operator, limit))
        return [(row[0], _row(row[1:])) for row in rows]

    def fleet(self, purposes: Iterable[Purpose], now: datetime) -> list[FleetRow]:
        """How the newest certificates of the holders stand, counted."""
        wanted = tuple(purposes)
        query = f"""
            SELECT purpose, algorithm, state, COUNT(*) FROM (
                SELECT purpose, algorithm, MAX(rowid), CASE
                    WHEN revoked_at IS NOT NULL THEN 'revoked'
                    WHEN ends < ? THEN 'expired'
                    WHEN issued_at + (ends - issued_at) * 2 / 3 <= ? THEN 'due'
                    ELSE 'valid' END AS state
                FROM certificate WHERE operator = ? AND purpose IN ({", ".join("?" * len(wanted))})
                GROUP BY holder, purpose
            ) GROUP BY purpose, algorithm, state ORDER BY purpose, algorithm, state
        """
        rows = self._database.execute(query, (seconds(now), seconds(now), self._operator, *wanted))
        return [
            FleetRow(purpose=Purpose(purpose), algorithm=algorithm, state=state, count=count)
            for purpose, algorithm, state, count in rows
        ]

    def knows(self, serial: int) -> bool:
        """Whether there is a certificate of this number."""
        query = "SELECT 1 FROM certificate WHERE serial = ? AND operator = ?"
        return self._database.execute(query, (hexadecimal(serial), self._operator)).fetchone() is not None

    def find(self, serial: int) -> IssuedCertificate | None:
        """The certificate of this number; None where there is no such one."""
        query = f"SELECT {_COLUMNS} FROM certificate WHERE serial = ? AND operator = ?"
        row = self._database.execute(query, (hexadecimal(serial), self._operator)).fetchone()
        return None if row is None else _row(row)

    def revoke(self, serial: int, at: datetime) -> bool:
        """Marks a certificate; False where there is no such one, or it was revoked before."""
        query = (
            "UPDATE certificate SET revoked_at = ? WHERE serial = ? AND operator = ? AND revoked_at IS NULL"
        )
        row = seconds(at), hexadecimal(serial), self._operator
        return self._database.execute(query, row).rowcount == 1


def _row(row: tuple[str, str, str, bytes, int, int | None]) -> IssuedCertificate:
    holder, purpose, issuer, der, issued_at, revoked_at = row
    try:
        certificate = x509.load_der_x509_certificate(der)
    except ValueError as cause:
        message = "The register holds a certificate that is none."
        raise DataError("pki-register-damaged", message, where=holder) from cause
    return IssuedCertificate(
        holder=holder,
        purpose=Purpose(purpose),
        issuer=issuer,
        certificate=certificate,
        issued_at=moment(issued_at),
        revoked_at=None if revoked_at is None else moment(revoked_at),
    )
