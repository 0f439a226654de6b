"""Looks up in the register, without waiting for writers, whether a certificate was issued, and revoked."""

import sqlite3
import threading
from pathlib import Path

from meterkast.pki.moment import hexadecimal, moment
from meterkast.pki.ocsp.responder import Speaker, Standing

_QUERY = "SELECT revoked_at FROM certificate WHERE serial = ? AND issuer = ? AND operator = ?"


class Standings:
    """The register, read only. Each thread has a connection of its own, kept for as long as it lives.

    Args:
        register: the register's file, which is there.
    """

    def __init__(self, register: Path) -> None:
        self._address = f"{register.resolve().as_uri()}?mode=ro"
        self._own = threading.local()

    def find(self, speaker: Speaker, serial: int) -> Standing | None:
        """What stands of the certificate; None where the speaker's authority never issued this number."""
        key = hexadecimal(serial), speaker.authority, speaker.operator
        row = self._connection().execute(_QUERY, key).fetchone()
        return None if row is None else Standing(None if row[0] is None else moment(row[0]))

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._own, "connection", None)
        if connection is None:
            connection = self._own.connection = sqlite3.connect(self._address, uri=True, timeout=10)
        return connection
