"""TLS 1.3 without authorities: each side has made its own certificate, and knows the other's by heart.

For the household's wires, where nobody issues certificates: what was paired is accepted, and nothing else.
"""

import ssl
from collections.abc import Iterable
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from meterkast.model.errors import LocalError
from meterkast.outside.keystore.keystore import Keystore
from meterkast.outside.keystore.kind import KeyKind

_FROM = datetime(2020, 1, 1, tzinfo=UTC)
_FOR_EVER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
"""RFC 5280, 4.1.2.5: a certificate without a well-defined end. Its end is that it is no longer pinned."""


def own_certificate(keystore: Keystore, label: str, name: str) -> bytes:
    """The certificate under this label, DER; the first time a fresh P-256 key makes and signs it.

    Raises:
        DataError: ``keystore-certificate-malformed``.
    """
    if label not in keystore.certified():
        if label not in keystore.labels():
            keystore.generate(label, KeyKind.EC_P256)
        keystore.put_certificate(label, [_self_signed(keystore, label, name)])
    return keystore.certificate(label)[0].public_bytes(Encoding.DER)


def is_pinnable(der: bytes) -> bool:
    """Whether this is a certificate of a P-256 key, signed by that key."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        key = certificate.public_key()
        certificate.verify_directly_issued_by(certificate)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm, x509.InvalidVersion):
        return False
    return isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)


def pinned_context(
    keystore: Keystore,
    label: str,
    pinned: Iterable[bytes],
    *,
    server_side: bool,
    newcomers: bool = False,
) -> ssl.SSLContext:
    """A context with our own certificate, for peers with one of the pinned certificates (DER).

    OpenSSL would also take what a pinned certificate has signed: whoever uses the context still compares the
    peer's certificate with the pinned ones.

    Args:
        keystore: where our key and certificate are.
        label: under which.
        pinned: the certificates of the peers.
        server_side: whether we are the server.
        newcomers: whether a peer that shows no certificate at all may come in.

    Raises:
        LocalError: ``keystore-tls-unusable``, or as ``Keystore.lend``.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server_side else ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_OPTIONAL if newcomers else ssl.CERT_REQUIRED
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    if server_side:
        context.num_tickets = 0  # a resumed session would outlive its pin
    keystore.lend(label, context)
    try:
        for der in pinned:
            context.load_verify_locations(cadata=der)
    except ssl.SSLError as cause:
        message = "A pinned certificate cannot be used for TLS."
        raise LocalError("keystore-tls-unusable", message, where=label) from cause
    return context


def newcomer_context() -> ssl.SSLContext:
    """A client's context before the pairing: it shows no certificate and believes none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _self_signed(keystore: Keystore, label: str, name: str) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(keystore.public_key(label))
        .serial_number(x509.random_serial_number())
        .not_valid_before(_FROM)
        .not_valid_after(_FOR_EVER)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    )
    return builder.sign(keystore.signer(label), hashes.SHA256())
