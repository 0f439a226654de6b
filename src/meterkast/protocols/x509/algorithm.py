"""Algorithms by name: which one a key or a signature is of, and whether it may still be used (RQ-30)."""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, mldsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ObjectIdentifier

HYBRID_KEM = "x25519-ml-kem-768"
"""X25519 in the certificate's own key, ML-KEM-768 beside it; named here, recognised in ``recipient``."""

_CURVES: dict[type[ec.EllipticCurve], str] = {ec.SECP256R1: "ec-p256", ec.SECP384R1: "ec-p384"}
_LATTICES: dict[type[object], str] = {
    mldsa.MLDSA44PublicKey: "ml-dsa-44",
    mldsa.MLDSA65PublicKey: "ml-dsa-65",
    mldsa.MLDSA87PublicKey: "ml-dsa-87",
}
_SIGNATURES = {
    "1.2.840.10045.4.3.2": "ecdsa-sha256",
    "1.2.840.10045.4.3.3": "ecdsa-sha384",
    "2.16.840.1.101.3.4.3.17": "ml-dsa-44",
    "2.16.840.1.101.3.4.3.18": "ml-dsa-65",
    "2.16.840.1.101.3.4.3.19": "ml-dsa-87",
}


_NO_END = datetime.max.replace(tzinfo=UTC)


class Status(StrEnum):
    """What may be done with an algorithm: issue and believe, only believe, or neither."""

    ALLOWED = "allowed"
    DEPRECATED = "deprecated"
    FORBIDDEN = "forbidden"


@dataclass(frozen=True, slots=True, kw_only=True)
class Algorithm:
    """When an algorithm begins to count and when it ends; None for an end that is not known yet."""

    name: str
    allowed: date
    deprecated: date | None = None
    forbidden: date | None = None

    def status(self, now: datetime) -> Status:
        """What it is on the day (UTC) of ``now``; before its first day it is forbidden."""
        today = now.date()
        if today < self.allowed or (self.forbidden is not None and today >= self.forbidden):
            return Status.FORBIDDEN
        if self.deprecated is not None and today >= self.deprecated:
            return Status.DEPRECATED
        return Status.ALLOWED


class Algorithms:
    """The registry. What it does not list is forbidden."""

    def __init__(self, rows: Mapping[str, Algorithm]) -> None:
        self._rows = dict(rows)

    def __contains__(self, name: str) -> bool:
        return name in self._rows

    def __iter__(self) -> Iterator[Algorithm]:
        return iter(self._rows.values())

    def status(self, name: str | None, now: datetime) -> Status:
        """Whether ``name`` may be used at ``now``; None, an algorithm without a name, never may."""
        row = self._rows.get(name) if name is not None else None
        return Status.FORBIDDEN if row is None else row.status(now)

    def until(self, names: Container[str]) -> datetime:
        """When the first of these may be believed no more."""
        ends = [each.forbidden for each in self if each.name in names and each.forbidden is not None]
        return min((datetime.combine(day, time(), UTC) for day in ends), default=_NO_END)


def key_algorithm(key: object) -> str | None:
    """The name of a signature key's algorithm; None for one that has no name here."""
    if isinstance(key, ec.EllipticCurvePublicKey):
        return _CURVES.get(type(key.curve))
    return next((name for kind, name in _LATTICES.items() if isinstance(key, kind)), None)


def signature_algorithm(identifier: ObjectIdentifier) -> str | None:
    """The name of the algorithm of a signature; None for one that has no name here."""
    return _SIGNATURES.get(identifier.dotted_string)


def signed_with(signed: x509.Certificate | x509.CertificateRevocationList) -> str | None:
    """With which algorithm a certificate or a list is signed."""
    return signature_algorithm(signed.signature_algorithm_oid)


def is_written_plainly(key: object, signed: bytes) -> bool:
    """Whether a key stands in what was signed as we write it: a named curve, an uncompressed point.

    The library also reads compressed points, and curves spelled out, which RFC 5480 (2.1.1) forbids.
    """
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return True
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) in signed
