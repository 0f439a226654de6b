"""Enrolling: the gateway makes its own keys and gets the operator's certificates for them (RFC 7030)."""

import binascii
import logging
from base64 import b64decode, encodebytes
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from meterkast.model.errors import PeerError, TrustError
from meterkast.model.identity import SystemTitle
from meterkast.outside.clock import SystemClock
from meterkast.outside.https import Request, fetch
from meterkast.outside.keystore import KeyKind, SoftwareKeystore
from meterkast.outside.trust import TrustFolder
from meterkast.protocols.x509 import Purpose, validate

BIRTH_LABEL = "birth"
PURPOSES = (Purpose.TLS, Purpose.SIG, Purpose.ENC)
_log = logging.getLogger("meterkast.gateway")


def enrol(
    keystore: SoftwareKeystore,
    *,
    est_host: str,
    est_port: int,
    server_name: str,
    trust: TrustFolder,
    title: SystemTitle,
) -> None:
    """Fills the labels ``tls``, ``sig`` and ``enc``: a fresh key each, and its certificate.

    What is there already stays, so an enrolment that was interrupted goes on where it stopped.

    Args:
        keystore: holds the birth key and certificate under ``birth``.
        est_host: address of the enrolment server.
        est_port: its port.
        server_name: the DNS name its certificate must carry.
        trust: the operator's roots, authorities and revocation lists.
        title: our own system title; a certificate that names another is refused.

    Raises:
        UnreachableError: ``https-unreachable``.
        TrustError: ``https-tls-refused``, ``enrol-refused`` (not expected, or enrolled before),
            ``enrol-certificate-foreign``, or a ``certificate-…`` code.
        PeerError: ``enrol-answer-malformed`` or ``https-malformed``.
    """
    address = est_host, est_port
    for purpose in PURPOSES:
        if purpose in keystore.certified():
            continue
        if purpose not in keystore.labels():
            keystore.generate(purpose, KeyKind.EC_P256)
        answer = _ask(keystore, purpose, address, server_name, trust)
        chain = _ours_first(answer, keystore.public_key(purpose))
        _require_believable(chain, purpose, trust, title)
        keystore.put_certificate(purpose, chain)
        _log.info("gateway-enrolled gateway=%s purpose=%s", title, purpose)


def _ask(
    keystore: SoftwareKeystore,
    purpose: Purpose,
    address: tuple[str, int],
    server_name: str,
    trust: TrustFolder,
) -> list[x509.Certificate]:
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    request = builder.sign(keystore.signer(purpose), hashes.SHA256())
    response = fetch(
        address,
        Request(
            method="POST",
            path=f"/.well-known/est/{purpose}/simpleenroll",
            content_type="application/pkcs10",
            body=encodebytes(request.public_bytes(Encoding.DER)),
        ),
        context=keystore.tls_context(BIRTH_LABEL, trust=trust, server_side=False),
        server_name=server_name,
    )
    if response.status != 200:
        message = f"The enrolment server refused the request ({response.status})."
        raise TrustError("enrol-refused", message, hint="Ask the operator whether this gateway is expected.")
    return _certificates(response.body)


def _certificates(body: bytes) -> list[x509.Certificate]:
    try:
        return pkcs7.load_der_pkcs7_certificates(b64decode(b"".join(body.split()), validate=True))
    except (binascii.Error, ValueError) as cause:
        raise PeerError("enrol-answer-malformed", "The answer does not hold certificates.") from cause


def _ours_first(
    certificates: list[x509.Certificate], key: ec.EllipticCurvePublicKey
) -> list[x509.Certificate]:
    """The certificate of our key, then the others: they come as a set (RFC 5652, 10.2.3)."""
    ours = [certificate for certificate in certificates if certificate.public_key() == key]
    if len(ours) != 1:
        raise _foreign()
    return ours + [certificate for certificate in certificates if certificate != ours[0]]


def _require_believable(
    chain: list[x509.Certificate], purpose: Purpose, trust: TrustFolder, title: SystemTitle
) -> None:
    """In our name, and one that others will believe."""
    now = datetime.fromtimestamp(SystemClock().now(), UTC)
    if validate(chain[0], chain[1:], trust.anchors(), trust.crls(), now, purpose).title != title:
        raise _foreign()


def _foreign() -> TrustError:
    return TrustError("enrol-certificate-foreign", "The certificate is of another device or key.")
