"""Certificates, requests and lists that others hand us: read to their last field, or refused.

The library reads much of them only when it is asked, and then raises a dozen kinds of errors, some of which
have no parent in common. Whatever is read here has shown its names and all of its extensions; what it cannot
show is a refusal of ours (AT-30).
"""

from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding

from meterkast.model.errors import PeerError

HOSTILE: Final = (
    ValueError,
    TypeError,
    OverflowError,
    NotImplementedError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
"""What the library raises for octets that somebody has made up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificationRequest:
    """A request (PKCS#10, RFC 2986), read and not believed.

    Attributes:
        key: the public key that it asks for.
        is_proven: whether the private half of that key has signed it.
        extensions: what it wishes for besides.
        signed: the octets under its signature.
    """

    key: object
    is_proven: bool
    extensions: x509.Extensions
    signed: bytes


def read_certificate(der: bytes) -> x509.Certificate:
    """A certificate with its names and all of its extensions; whether its key is of use is another question.

    Raises:
        PeerError: ``x509-certificate-malformed``.
    """
    try:
        return _shown(x509.load_der_x509_certificate(der))
    except HOSTILE as cause:
        raise _malformed() from cause


def read_certificates(pem: bytes) -> list[x509.Certificate]:
    """The certificates of a file, one at least; raises as ``read_certificate`` does."""
    try:
        return [_shown(each) for each in x509.load_pem_x509_certificates(pem)]
    except HOSTILE as cause:
        raise _malformed() from cause


def read_request(der: bytes) -> CertificationRequest:
    """What a certification request asks for.

    Raises:
        PeerError: ``x509-request-malformed``.
    """
    try:
        request = x509.load_der_x509_csr(der)
        return CertificationRequest(
            key=request.public_key(),
            is_proven=request.is_signature_valid,
            extensions=request.extensions,
            signed=request.tbs_certrequest_bytes,
        )
    except HOSTILE as cause:
        raise PeerError("x509-request-malformed", "The certification request cannot be read.") from cause


def request_octets(octets: bytes) -> bytes:
    """A request in DER, of a file in PEM or DER; what is neither stays as it is, for ``read_request``."""
    if not octets.startswith(b"-----"):
        return octets
    try:
        return x509.load_pem_x509_csr(octets).public_bytes(Encoding.DER)
    except HOSTILE:
        return octets


def read_list(der: bytes) -> x509.CertificateRevocationList:
    """A revocation list with its issuer and all of its extensions; those of its entries nobody asks for.

    Raises:
        PeerError: ``x509-list-malformed``.
    """
    try:
        revocation_list = x509.load_der_x509_crl(der)
        _ = revocation_list.issuer, revocation_list.extensions
    except HOSTILE as cause:
        raise PeerError("x509-list-malformed", "The revocation list cannot be read.") from cause
    return revocation_list


def _shown(certificate: x509.Certificate) -> x509.Certificate:
    _ = certificate.issuer, certificate.subject, certificate.extensions
    return certificate


def _malformed() -> PeerError:
    return PeerError("x509-certificate-malformed", "The certificate cannot be read.")
