"""Revocation by list (RFC 5280, 5 and 6.3). Without a current list there is no belief: it fails closed."""

from collections.abc import Iterable
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from meterkast.protocols.x509.refusal import refusal


def require_unrevoked(
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    crls: Iterable[x509.CertificateRevocationList],
    now: datetime,
) -> None:
    """Returns where the issuer's own current list does not name the certificate.

    Raises:
        TrustError: ``certificate-revoked``, or ``certificate-revocation-unknown`` without a current list.
    """
    current = [crl for crl in crls if _covers(crl, issuer, now)]
    if not current:
        raise refusal("certificate-revocation-unknown")
    serial = certificate.serial_number
    if any(crl.get_revoked_certificate_by_serial_number(serial) is not None for crl in current):
        raise refusal("certificate-revoked")


def _covers(crl: x509.CertificateRevocationList, issuer: x509.Certificate, now: datetime) -> bool:
    key = issuer.public_key()
    return (
        crl.issuer == issuer.subject
        and crl.next_update_utc is not None
        and crl.last_update_utc <= now < crl.next_update_utc
        and isinstance(key, ec.EllipticCurvePublicKey)
        and not any(extension.critical for extension in crl.extensions)  # a partial list is not the list
        and crl.is_signature_valid(key)
    )
