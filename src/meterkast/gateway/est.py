"""The gateway's half of EST (RFC 7030): what it asks, and what it takes for an answer."""

import binascii
from base64 import b64decode, encodebytes
from collections.abc import Callable

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from meterkast.model.errors import PeerError, TrustError
from meterkast.model.identity import SystemTitle
from meterkast.outside.https import Request, Response
from meterkast.outside.keystore import KeyKind, Keystore
from meterkast.protocols.x509.attributes import decode_attributes
from meterkast.protocols.x509.certs_only import certificates
from meterkast.protocols.x509.identity import hardware_module_name
from meterkast.protocols.x509.purpose import Purpose

ENROL, RENEW = "simpleenroll", "simplereenroll"
_BAD_REQUEST = 400


class EstVisit:
    """One visit to the enrolment server, over a connection that is open."""

    def __init__(self, ask: Callable[[Request], Response]) -> None:
        self._ask = ask

    def kind_wanted(self, purpose: Purpose) -> KeyKind:
        """The kind of key the operator wants to see; P-256 where it does not say."""
        answer = self._get(f"{purpose}/csrattrs")
        name = decode_attributes(_octets(answer.body)) if answer.status == 200 else None
        return KeyKind(name) if name is not None else KeyKind.EC_P256

    def certify(self, operation: str, purpose: Purpose, request: bytes) -> x509.Certificate:
        """The certificate for a request.

        Raises:
            TrustError: ``enrol-refused``; ``enrol-request-refused`` where the request is at fault, such as
                a key that had a certificate before.
            PeerError: ``enrol-answer-malformed``.
        """
        answer = self._ask(
            Request(
                method="POST",
                path=f"/.well-known/est/{purpose}/{operation}",
                content_type="application/pkcs10",
                body=encodebytes(request),
            )
        )
        if answer.status == _BAD_REQUEST:
            message = "The enrolment server refused the key or the request."
            raise TrustError("enrol-request-refused", message, hint="The PKI's log says why.")
        if answer.status != 200:
            message = f"The enrolment server refused the request ({answer.status})."
            raise TrustError(
                "enrol-refused", message, hint="Ask the operator whether this gateway is expected."
            )
        issued = _certificates(answer.body)
        if len(issued) != 1:
            raise _malformed()
        return issued[0]

    def authorities(self) -> list[x509.Certificate]:
        """Roots, links between them and issuing authorities, unbelieved; raises as ``certify`` does."""
        answer = self._get("cacerts")
        if answer.status != 200:
            raise _malformed()
        return _certificates(answer.body)

    def _get(self, path: str) -> Response:
        return self._ask(Request(method="GET", path=f"/.well-known/est/{path}"))


def certification_request(keystore: Keystore, label: str, title: SystemTitle) -> bytes:
    """A request (PKCS#10) that proves possession of a key, in the name of the gateway."""
    signer = keystore.signer(label)
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    name = x509.SubjectAlternativeName([hardware_module_name(title)])
    return builder.add_extension(name, critical=True).sign(signer, signer.digest).public_bytes(Encoding.DER)


def _octets(body: bytes) -> bytes:
    try:
        return b64decode(b"".join(body.split()), validate=True)
    except binascii.Error as cause:
        raise _malformed() from cause


def _certificates(body: bytes) -> list[x509.Certificate]:
    try:
        return certificates(_octets(body))
    except PeerError as cause:
        raise _malformed() from cause


def _malformed() -> PeerError:
    return PeerError("enrol-answer-malformed", "The answer does not hold certificates.")
