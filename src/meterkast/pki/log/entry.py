"""An entry of the log: a certificate as it was issued, when, and for which operator.

The octets are a MerkleTreeLeaf of Certificate Transparency (RFC 6962, 3.4), so that its programs can read
them. The operator stands in the extensions, which RFC 6962 leaves open and C2SP static-ct-api gives a form.
"""

import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from cryptography import x509

from meterkast.model.errors import LocalError, PeerError
from meterkast.protocols.x509.foreign import read_certificate

MAX_CERTIFICATE = 1 << 15
_HEAD = struct.Struct(
    ">BBQHBH"
)  # v1(0), timestamped_entry(0), milliseconds, x509_entry(0), length in 3 octets
_OPERATOR = 0xE0
_EXTENSION = struct.Struct(">HBH")  # length of all extensions, type, length of this one
_MAX_OPERATOR = 200


@dataclass(frozen=True, kw_only=True)
class LoggedCertificate:
    """What the authority says it has done.

    Attributes:
        der: the certificate, as issued.
        operator: the tenant for whom it was issued.
        at: milliseconds since 1970, UTC.
    """

    der: bytes
    operator: str
    at: int

    @classmethod
    def issued(cls, der: bytes, *, operator: str, now: datetime) -> "LoggedCertificate":
        """What is issued now."""
        return cls(der=der, operator=operator, at=milliseconds(now))

    @cached_property
    def certificate(self) -> x509.Certificate:
        """The certificate, read.

        Raises:
            PeerError: ``log-entry-malformed``.
        """
        try:
            return read_certificate(self.der)
        except PeerError as cause:
            raise _malformed() from cause

    @property
    def moment(self) -> datetime:
        """When it was issued."""
        return datetime.fromtimestamp(self.at / 1000, UTC)

    def encode(self) -> bytes:
        """The octets that the log keeps.

        Raises:
            LocalError: ``log-entry-long`` for a certificate or a name that no log takes.
        """
        operator = self.operator.encode()
        if not 0 < len(self.der) <= MAX_CERTIFICATE or len(operator) > _MAX_OPERATOR:
            raise LocalError(
                "log-entry-long", "The certificate or the operator's name is too long for the log."
            )
        extension = _EXTENSION.pack(3 + len(operator), _OPERATOR, len(operator)) + operator
        return _HEAD.pack(0, 0, self.at, 0, 0, len(self.der)) + self.der + extension


def decode_entry(octets: bytes) -> LoggedCertificate:
    """Reads an entry. Whether the certificate in it can be read is another question.

    Raises:
        PeerError: ``log-entry-malformed``.
    """
    try:
        version, kind, at, entry, high, low = _HEAD.unpack_from(octets)
        end = _HEAD.size + low
        total, extension, length = _EXTENSION.unpack_from(octets, end)
        operator = octets[end + _EXTENSION.size :].decode()
    except (struct.error, UnicodeDecodeError) as cause:
        raise _malformed() from cause
    known = (version, kind, entry, high, extension) == (0, 0, 0, 0, _OPERATOR)
    whole = total == 3 + length and end + _EXTENSION.size + length == len(octets)
    if not (known and whole and 0 < low <= MAX_CERTIFICATE and length <= _MAX_OPERATOR):
        raise _malformed()
    return LoggedCertificate(der=octets[_HEAD.size : end], operator=operator, at=at)


def milliseconds(now: datetime) -> int:
    """Since 1970, UTC: how logs count time."""
    return int(now.timestamp() * 1000)


def _malformed() -> PeerError:
    return PeerError("log-entry-malformed", "An entry of the log holds no certificate.")
