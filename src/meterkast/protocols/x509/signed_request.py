"""A certification request that the holder of a certificate signs (PKCS#10 in CMS SignedData, RFC 5652, 5).

A certificate for servers is none to show as a client in TLS (RFC 5280, 4.2.1.12). So a server that wants its
next one has its present key sign the request, as CMC and SCEP do (RFC 5272; RFC 8894, 2.3): the key that it
asks for signs inside, the key that it has signs outside. One form counts: one certificate, one signer, ECDSA
with SHA-256 over the request itself, no attributes. ``openssl cms -sign -binary -nodetach -noattr`` makes it.
"""

from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from meterkast.model.errors import LocalError, PeerError
from meterkast.protocols.ber import INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, Element, elements, single
from meterkast.protocols.x509.foreign import HOSTILE, read_certificate

_SEQUENCE, _SET, _FIRST = 0x30, 0x31, 0xA0
_SIGNED_DATA: Final = Element(OBJECT_IDENTIFIER, bytes.fromhex("2A864886F70D010702"))
_DATA: Final = Element(OBJECT_IDENTIFIER, bytes.fromhex("2A864886F70D010701"))
_SHA256: Final = Element(OBJECT_IDENTIFIER, bytes.fromhex("608648016503040201"))
_ECDSA_SHA256: Final = Element(OBJECT_IDENTIFIER, bytes.fromhex("2A8648CE3D040302"))
_VERSION: Final = Element(INTEGER, b"\x01")
_NOTHING: Final = Element(0x05, b"")
_MOST_OCTETS = 1 << 15
_OPTIONS = [pkcs7.PKCS7Options.Binary, pkcs7.PKCS7Options.NoAttributes]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRequest:
    """A request and the certificate by whose key it is signed; neither is believed.

    Attributes:
        request: PKCS#10 in DER.
        certificate: of whoever signed it.
    """

    request: bytes
    certificate: x509.Certificate


def sign_request(request: bytes, certificate: x509.Certificate, key: object) -> bytes:
    """The request in CMS, in DER, signed by the key of the certificate.

    Raises:
        LocalError: ``request-signer-kind`` where that key is not on a curve.
    """
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise LocalError("request-signer-kind", "A key of this kind signs no requests.")
    builder = pkcs7.PKCS7SignatureBuilder().set_data(request)
    return builder.add_signer(certificate, key, hashes.SHA256()).sign(Encoding.DER, _OPTIONS)


def read_signed_request(octets: bytes) -> SignedRequest:
    """What is in such a message; its signature holds.

    Raises:
        PeerError: ``signed-request-malformed``, ``signed-request-proof`` where the signature does not hold.
    """
    if len(octets) > _MOST_OCTETS:
        raise _malformed()
    try:
        request, certificate, signature = _parts(octets)
        key = certificate.public_key()
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise _malformed()
        key.verify(signature, request, ec.ECDSA(hashes.SHA256()))
    except HOSTILE as cause:
        raise _malformed() from cause
    except InvalidSignature as cause:
        message = "The request is not signed by the key of the certificate with it."
        raise PeerError("signed-request-proof", message) from cause
    except PeerError as cause:
        raise _malformed() from cause
    return SignedRequest(request=request, certificate=certificate)


def _parts(octets: bytes) -> tuple[bytes, x509.Certificate, bytes]:
    """Request, certificate and signature."""
    kind, content = _exactly(single(octets), _SEQUENCE, 2)
    if kind != _SIGNED_DATA:
        raise _malformed()
    (data,) = _exactly(content, _FIRST, 1)
    version, digests, held, bag, signers = _exactly(data, _SEQUENCE, 5)
    (digest,) = _exactly(digests, _SET, 1)
    (der,) = _exactly(bag, _FIRST, 1)
    (signer,) = _exactly(signers, _SET, 1)
    if version != _VERSION or not _is(digest, _SHA256):
        raise _malformed()
    certificate = read_certificate(der.encode())
    return _content(held), certificate, _signature(signer, certificate)


def _content(held: Element) -> bytes:
    kind, wrapped = _exactly(held, _SEQUENCE, 2)
    (request,) = _exactly(wrapped, _FIRST, 1)
    if kind != _DATA or request.tag != OCTET_STRING:
        raise _malformed()
    return request.contents


def _signature(signer: Element, certificate: x509.Certificate) -> bytes:
    """That of the one signer, who must be the holder of the certificate."""
    version, identity, digest, algorithm, signature = _exactly(signer, _SEQUENCE, 5)
    issuer, serial = _exactly(identity, _SEQUENCE, 2)
    number = int.from_bytes(serial.contents, "big", signed=True)
    known = serial.tag == INTEGER and number == certificate.serial_number
    if not (known and issuer.encode() == certificate.issuer.public_bytes()):
        raise _malformed()
    if version != _VERSION or not (_is(digest, _SHA256) and _is(algorithm, _ECDSA_SHA256)):
        raise _malformed()
    if signature.tag != OCTET_STRING:
        raise _malformed()
    return signature.contents


def _exactly(element: Element, tag: int, number: int) -> list[Element]:
    parts = list(elements(element.contents)) if element.tag == tag else []
    if len(parts) != number:
        raise _malformed()
    return parts


def _is(algorithm: Element, wanted: Element) -> bool:
    """Whether it is this one; parameters are left out or nothing, one as good as the other (RFC 5754, 2)."""
    parts = list(elements(algorithm.contents)) if algorithm.tag == _SEQUENCE else []
    return parts in ([wanted], [wanted, _NOTHING])


def _malformed() -> PeerError:
    return PeerError("signed-request-malformed", "These octets are not a signed certification request.")
