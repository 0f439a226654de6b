"""What EST answers: certificates, attributes, or a refusal that says nothing (RFC 7030, 4)."""

from base64 import encodebytes
from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from meterkast.outside.https import Response

CERTIFICATES = "application/pkcs7-mime"
ISSUED = "application/pkcs7-mime; smime-type=certs-only"
ATTRIBUTES = "application/csrattrs"
REQUEST = "application/pkcs10"
SIGNED_REQUEST = "application/pkcs7-mime"


def authorities(certificates: Sequence[x509.Certificate]) -> Response:
    """Roots, links and authorities (4.1.3)."""
    return Response(status=200, content_type=CERTIFICATES, body=_certs_only(certificates))


def issued(certificate: x509.Certificate) -> Response:
    """The certificate that was issued, and it alone (4.2.3)."""
    return Response(status=200, content_type=ISSUED, body=_certs_only([certificate]))


def attributes(der: bytes) -> Response:
    """What a request should have (4.5.2)."""
    return Response(status=200, content_type=ATTRIBUTES, body=encodebytes(der))


def nothing() -> Response:
    """There are no attributes to ask for (4.5.2)."""
    return Response(status=204)


def refused(status: int) -> Response:
    """The same octets for every cause (attacks reference, common rule 3)."""
    return Response(status=status, body=b"refused\n")


def _certs_only(certificates: Sequence[x509.Certificate]) -> bytes:
    return encodebytes(pkcs7.serialize_certificates(list(certificates), Encoding.DER))
