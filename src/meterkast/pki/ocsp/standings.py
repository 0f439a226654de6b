"""Looks up in the register, without waiting for writers, whether a certificate was issued, and revoked."""

import sqlite3
import threading
from pathlib import Path

from meterkast.pki.moment import hexadecimal, moment
from meterkast.pki.ocsp.responder import Speaker, Standing
from meterkast.pki.register_file import fault, opened

_QUERY = """
    SELECT revoked_at FROM certificate WHERE serial = :serial AND issuer = :issuer AND operator = :operator
    UNION ALL
    SELECT at FROM revocation WHERE serial = :serial AND issuer = :issuer AND operator = :operator
"""


class Standings:
    """The register, read only: what was issued, and what is on its lists, of which it may know no more.

    Each thread has a connection of its own, kept for as long as it lives and the file is the same.

    Args:
        register: the register's file, which is there.
    """

    def __init__(self, register: Path) -> None:
        self._register = register
        self._own = threading.local()

    def find(self, speaker: Speaker, serial: int) -> Standing | None:
        """What stands of the certificate; None where the speaker's authority never issued this number.

        Raises:
            DataError, UnreachableError: as ``reading`` does.
        """
        key = {"serial": hexadecimal(serial), "issuer": speaker.authority, "operator": speaker.operator}
        try:
            rows = self._connection().execute(_QUERY, key).fetchall()
        except (sqlite3.Error, OSError) as error:
            raise fault(error, self._register) from error
        moments = [at for (at,) in rows if at is not None]
        return Standing(moment(min(moments)) if moments else None) if rows else None

    def _connection(self) -> sqlite3.Connection:
        """The one of this thread; a new one where the file was replaced, as by a restore."""
        told = self._register.stat()
        place = told.st_dev, told.st_ino
        connection: sqlite3.Connection | None = getattr(self._own, "connection", None)
        if connection is None or self._own.place != place:
            if connection is not None:
                connection.close()
            connection = self._own.connection = opened(self._register, "ro")
            self._own.place = place
        return connection
