"""Revocation by list (RFC 5280, 5 and 6.3). Without a current list there is no belief: it fails closed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeGuard

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, mldsa

from meterkast.protocols.x509.algorithm import Algorithms, Status, signed_with
from meterkast.protocols.x509.refusal import refusal

SigningKey = (
    ec.EllipticCurvePublicKey | mldsa.MLDSA44PublicKey | mldsa.MLDSA65PublicKey | mldsa.MLDSA87PublicKey
)


_REMEMBERED = 64
_signed_lists: dict[int, tuple[x509.CertificateRevocationList, SigningKey]] = {}
"""Lists whose signature holds, by identity: the same object cannot say anything else later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """From when up to, and not including, when a judgement holds with nothing else changed."""

    since: datetime
    until: datetime

    def __and__(self, other: "Window") -> "Window":
        return Window(since=max(self.since, other.since), until=min(self.until, other.until))


def require_unrevoked(
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    crls: Iterable[x509.CertificateRevocationList],
    now: datetime,
    *,
    algorithms: Algorithms,
) -> Window:
    """Returns where a current list of the issuer covers the certificate, and none names it.

    A list counts while the algorithm of its signature does (RQ-30). One that is one of several (a shard)
    counts for the certificates alone that point at it: its issuing distribution point must be one of their
    distribution points (RFC 5280, 6.3.3).

    Returns:
        How long that holds: until the list ends, or another one that is here already begins.

    Raises:
        TrustError: ``certificate-revoked``, or ``certificate-revocation-unknown`` without a current list.
    """
    key, name = issuer.public_key(), issuer.subject
    theirs = [crl for crl in crls if crl.issuer == name and _covers(crl, certificate)]
    current = [
        crl
        for crl in theirs
        if _is_current(crl, now)
        and algorithms.status(signed_with(crl), now) is not Status.FORBIDDEN
        and signs_lists(key)
        and _signed(crl, key)
    ]
    if not current:
        raise refusal("certificate-revocation-unknown")
    serial = certificate.serial_number
    if any(crl.get_revoked_certificate_by_serial_number(serial) is not None for crl in current):
        raise refusal("certificate-revoked")
    ends = [crl.next_update_utc for crl in current if crl.next_update_utc is not None]
    beginnings = [crl.last_update_utc for crl in theirs if crl.last_update_utc > now]
    last = algorithms.until({signed_with(crl) or "" for crl in current})
    return Window(since=max(crl.last_update_utc for crl in current), until=min((*ends, *beginnings, last)))


def signs_lists(key: object) -> TypeGuard[SigningKey]:
    """Whether it is a kind of key that our authorities sign with."""
    return isinstance(key, SigningKey)


def _signed(crl: x509.CertificateRevocationList, key: SigningKey) -> bool:
    """Each certificate asks for the list of its authority again: one that was looked at is remembered."""
    kept = _signed_lists.get(id(crl))
    if kept is not None and kept[0] is crl and kept[1] == key:
        return True
    if not crl.is_signature_valid(key):
        return False
    _signed_lists[id(crl)] = crl, key
    while len(_signed_lists) > _REMEMBERED:
        _signed_lists.pop(next(iter(_signed_lists)), None)
    return True


def _is_current(crl: x509.CertificateRevocationList, now: datetime) -> bool:
    return crl.next_update_utc is not None and crl.last_update_utc <= now < crl.next_update_utc


def _covers(crl: x509.CertificateRevocationList, certificate: x509.Certificate) -> bool:
    scope = None
    for extension in crl.extensions:
        if isinstance(extension.value, x509.IssuingDistributionPoint):
            scope = extension.value
        elif extension.critical:  # a delta list, or something we do not know
            return False
    return scope is None or _in_scope(scope, certificate)


def _in_scope(scope: x509.IssuingDistributionPoint, certificate: x509.Certificate) -> bool:
    partial = scope.indirect_crl or scope.only_contains_attribute_certs or scope.only_some_reasons is not None
    if partial or scope.relative_name is not None:
        return False
    if scope.only_contains_ca_certs if not _is_authority(certificate) else scope.only_contains_user_certs:
        return False
    return scope.full_name is None or not _points(certificate).isdisjoint(scope.full_name)


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _points(certificate: x509.Certificate) -> set[x509.GeneralName]:
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound:
        return set()
    # a point with another issuer, or for some reasons alone, says nothing about this issuer's list
    whole = (each for each in points if each.crl_issuer is None and each.reasons is None)
    return {name for point in whole for name in point.full_name or ()}
