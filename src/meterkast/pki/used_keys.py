"""Which public keys had a certificate: each is for one holder and one purpose, and never again after its end.

Who knows a private key can be whoever it was certified for. So a key that was revoked is not made good by a
second certificate, and one key does not stand for two devices or two purposes (RQ-02, RQ-11, AT-45).
"""

import hashlib
import sqlite3
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from meterkast.model.errors import PeerError
from meterkast.outside.keystore import HybridPublicKey
from meterkast.pki.moment import seconds
from meterkast.pki.template import PublicKey
from meterkast.protocols.x509 import Purpose

_FIND = """
    SELECT operator, holder, purpose, serial, revoked_at IS NULL, ends FROM certificate WHERE key_hash = :key
    UNION ALL SELECT operator, title, 'birth', '', 0, 0 FROM birth WHERE key_hash = :key
"""


class UsedKeys:
    """The keys of all operators, asked by one of them: a key is nobody's second one anywhere."""

    def __init__(self, database: sqlite3.Connection, operator: str) -> None:
        self._database = database
        self._operator = operator

    def require_own(
        self, key: PublicKey, purpose: Purpose, holder: str, now: datetime, *, ended: bool = False
    ) -> int | None:
        """The number of a certificate that counts, for this key, holder and purpose; None for a new key.

        Args:
            key: that is asked to be certified.
            purpose: for what.
            holder: for whom, as the register knows it.
            now: real time.
            ended: whether a key may come back whose certificates have ended, which that of a log does.

        Raises:
            PeerError: ``pki-request-key-reused`` where the key is another's or for something else, or where a
                certificate for it was revoked or has ended; that of a birth among them.
        """
        uses = self._database.execute(_FIND, {"key": key_hash(key)}).fetchall()
        own = (self._operator, holder, purpose)
        live = [serial for *_, serial, _, ends in uses if ended or ends > seconds(now)]
        if all(tuple(whose) == own and counts for *whose, _, counts, _ in uses) and (live or not uses):
            return int(live[-1], 16) if live else None
        raise key_reused()

    def born(self, title: str, key: PublicKey | CertificatePublicKeyTypes) -> None:
        """Notes the key of a device's birth: it is for birth alone (RQ-05)."""
        row = key_hash(key), title, self._operator
        self._database.execute("INSERT OR IGNORE INTO birth VALUES (?, ?, ?)", row)


def key_reused() -> PeerError:
    """The refusal of a key; who refuses with it tells the log."""
    return PeerError("pki-request-key-reused", "The key had a certificate before.")


def key_hash(key: PublicKey | CertificatePublicKeyTypes) -> bytes:
    """SHA-256 over the key as certificates carry it; of a hybrid one over its X25519 half."""
    plain = key.x25519 if isinstance(key, HybridPublicKey) else key
    return hashlib.sha256(plain.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
