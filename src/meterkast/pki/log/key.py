"""The key of a log, for those who read it: certified by the PKI, or in a file that came by another way."""

from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from meterkast.model.errors import DataError, LocalError
from meterkast.outside.trust import TrustFolder
from meterkast.protocols.merkle import LogKey
from meterkast.protocols.x509 import Purpose, validate
from meterkast.protocols.x509.foreign import HOSTILE

KEY_FILE = "log.pem"
"""In the trust folder: the certificate of the log's key, then its chain."""


def certified_key(trust: TrustFolder, now: datetime) -> LogKey:
    """The key of the log that a trust folder vouches for.

    Raises:
        LocalError: ``log-key-missing``.
        DataError: ``log-key-malformed``.
        TrustError: as ``validate``.
    """
    chain = _certificates(trust.path / KEY_FILE)
    validate(chain[0], trust.intermediates(), trust.anchors(), trust.crls(), now, Purpose.LOG)
    return _log_key(chain[0].public_key(), trust.path / KEY_FILE)


def key_in_file(path: Path) -> LogKey:
    """The key in a file, PEM, public key or certificate, believed as it stands.

    Raises:
        LocalError: ``log-key-missing``.
        DataError: ``log-key-malformed``.
    """
    octets = _read(path)
    if b"BEGIN CERTIFICATE" in octets:
        return _log_key(_certificates(path)[0].public_key(), path)
    try:
        return _log_key(load_pem_public_key(octets), path)
    except (ValueError, UnsupportedAlgorithm) as cause:
        raise _malformed(path) from cause


def _certificates(path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(_read(path))
    except HOSTILE as cause:
        raise _malformed(path) from cause


def _log_key(key: object, path: Path) -> LogKey:
    if not isinstance(key, LogKey):
        raise _malformed(path)
    return key


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as cause:
        raise LocalError("log-key-missing", "There is no key of the log.", where=str(path)) from cause


def _malformed(path: Path) -> DataError:
    return DataError("log-key-malformed", "The file holds no key that a log signs with.", where=str(path))
