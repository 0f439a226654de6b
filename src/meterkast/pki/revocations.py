"""What is on the revocation lists, their numbers, and lists that were signed ahead."""

import sqlite3
from collections.abc import Iterable
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from meterkast.pki.moment import hexadecimal, moment, seconds


class Revocations:
    """The revocations of one operator's authorities."""

    def __init__(self, database: sqlite3.Connection, operator: str) -> None:
        self._database = database
        self._operator = operator

    def add(self, issuer: str, shard: int, serial: int, *, at: datetime, until: datetime) -> bool:
        """Puts a number on a list, for as long as its certificate would live; False where it was there."""
        row = (self._operator, issuer, shard, hexadecimal(serial), seconds(at), seconds(until))
        query = "INSERT OR IGNORE INTO revocation VALUES (?, ?, ?, ?, ?, ?)"
        return self._database.execute(query, row).rowcount == 1

    def moment(self, issuer: str, serial: int) -> datetime | None:
        """When a number came onto a list; None where it is on none."""
        query = "SELECT at FROM revocation WHERE operator = ? AND issuer = ? AND serial = ?"
        row = self._database.execute(query, (self._operator, issuer, hexadecimal(serial))).fetchone()
        return None if row is None else moment(row[0])

    def on(self, issuer: str, shard: int, *, since: datetime) -> list[tuple[int, datetime]]:
        """Numbers and moments for one list; those whose certificates ended before ``since`` are off it."""
        query = (
            "SELECT serial, at FROM revocation WHERE operator = ? AND issuer = ? AND shard = ? AND until >= ?"
        )
        rows = self._database.execute(query, (self._operator, issuer, shard, seconds(since)))
        return [(int(serial, 16), moment(at)) for serial, at in rows]

    def shards(self, issuer: str, wanted: int) -> int:
        """Over how many lists an authority spreads its revocations, kept from the first time on.

        Certificates name their list, so that the number cannot change while one of them lives.
        """
        row = self._operator, issuer
        self._database.execute("INSERT OR IGNORE INTO spread VALUES (?, ?, ?)", (*row, wanted))
        query = "SELECT shards FROM spread WHERE operator = ? AND issuer = ?"
        return int(self._database.execute(query, row).fetchone()[0])

    def last_number(self, name: str) -> int:
        """The highest number that was reserved for a list; 0 for none."""
        query = "SELECT number FROM published WHERE operator = ? AND list = ?"
        row = self._database.execute(query, (self._operator, name)).fetchone()
        return 0 if row is None else int(row[0])

    def reserve(self, name: str, number: int) -> None:
        """Keeps a number, before a list goes out under it."""
        query = "INSERT OR REPLACE INTO published VALUES (?, ?, ?)"
        self._database.execute(query, (self._operator, name, max(number, self.last_number(name))))

    def put_ahead(self, name: str, lists: Iterable[tuple[datetime, x509.CertificateRevocationList]]) -> None:
        """Keeps lists that begin later, in place of those that were kept."""
        self._database.execute("DELETE FROM ahead WHERE operator = ? AND list = ?", (self._operator, name))
        rows = [
            (self._operator, name, seconds(begins), each.public_bytes(Encoding.DER)) for begins, each in lists
        ]
        self._database.executemany("INSERT INTO ahead VALUES (?, ?, ?, ?)", rows)

    def ahead(self, now: datetime) -> dict[str, x509.CertificateRevocationList]:
        """By name of list, the youngest one kept that has begun."""
        query = """
            SELECT list, der, MAX(begins) FROM ahead WHERE operator = ? AND begins <= ?
            GROUP BY list ORDER BY list
        """
        rows = self._database.execute(query, (self._operator, seconds(now)))
        return {name: x509.load_der_x509_crl(der) for name, der, _ in rows}
