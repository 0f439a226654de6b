"""Reading a certification request (PKCS#10, RFC 2986). It gives a key, with proof, and nothing else."""

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec

from meterkast.model.errors import PeerError
from meterkast.protocols.x509.conformance import is_device_key


def requested_key(der: bytes) -> ec.EllipticCurvePublicKey:
    """The public key whose private half signed the request (RQ-04).

    Subject, names and extensions the request asks for are not even looked at: the authority sets them all.

    Raises:
        PeerError: ``pki-request-malformed``, ``pki-request-proof`` or ``pki-request-key``.
    """
    try:
        request = x509.load_der_x509_csr(der)
        proven = request.is_signature_valid
        key = request.public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm) as cause:
        raise PeerError("pki-request-malformed", "The certification request cannot be read.") from cause
    if not proven:
        raise PeerError("pki-request-proof", "The request is not signed by the key it asks for.")
    if not isinstance(key, ec.EllipticCurvePublicKey) or not is_device_key(
        key, request.tbs_certrequest_bytes
    ):
        raise PeerError("pki-request-key", "A device's key is on P-256, uncompressed.")
    return key
