"""Enrolment over Secure Transport (RFC 7030, 8951), sans-IO: a request and the time in, a response out.

A gateway shows its birth certificate in TLS and asks, per purpose, for an operational one. What it gets is
decided by the inventory and the profile; the request contributes the key.
"""

import binascii
import logging
import re
from base64 import b64decode, encodebytes
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from meterkast.model.errors import PeerError, TrustError
from meterkast.model.identity import SystemTitle
from meterkast.outside.https import Request, Response
from meterkast.outside.trust import TrustFolder
from meterkast.pki.authority import Authority
from meterkast.protocols.x509 import Purpose, validate

REQUEST_TYPE = "application/pkcs10"
RESPONSE_TYPE = "application/pkcs7-mime; smime-type=certs-only"

_PATH = re.compile(r"/\.well-known/est/(?:(?P<label>tls|sig|enc)/)?(?P<operation>[a-z]+)")
_NOT_OFFERED = frozenset({"simplereenroll", "serverkeygen", "fullcmc", "csrattrs"})
_log = logging.getLogger("meterkast.pki")


class EstServer:
    """Answers enrolment for one authority; ``manufacturers`` are those whose birth certificates count."""

    def __init__(self, authority: Authority, manufacturers: TrustFolder) -> None:
        self._authority = authority
        self._manufacturers = manufacturers

    def handle(self, request: Request, now: datetime) -> Response:
        """The response; a refusal says no more than its status, the log says why."""
        match = _PATH.fullmatch(request.path)
        if match is None:
            return Response(status=404)
        label, operation = match["label"], match["operation"]
        if operation in _NOT_OFFERED:
            return Response(status=501)
        if operation == "cacerts":
            allowed = request.method == "GET"
            return _certificates(self._authority.authorities()) if allowed else Response(status=405)
        if operation != "simpleenroll" or label is None:
            return Response(status=404)
        return self._enrol(request, Purpose(label), now) if request.method == "POST" else Response(status=405)

    def _enrol(self, request: Request, purpose: Purpose, now: datetime) -> Response:
        if request.content_type.partition(";")[0].strip().lower() != REQUEST_TYPE:
            return Response(status=415)
        title: SystemTitle | None = None
        try:
            title = self._born(request.peer, now)
            return _certificates(self._authority.issue(_octets(request.body), purpose, title, now))
        except (PeerError, TrustError) as error:
            event = "pki-enrolment-refused code=%s holder=%s purpose=%s peer=%s"
            _log.warning(event, error.code, title, purpose, request.address)
            return Response(status=400 if isinstance(error, PeerError) else 403, body=b"refused\n")

    def _born(self, peer: bytes | None, now: datetime) -> SystemTitle:
        """The device at the other end, by its birth certificate; an operational one is refused (AT-10)."""
        if peer is None:
            raise TrustError("pki-birth-missing", "The request is not accepted.")
        known = self._manufacturers
        born = validate(
            x509.load_der_x509_certificate(peer), [], known.anchors(), known.crls(), now, Purpose.BIRTH
        )
        if born.title is None:
            raise TrustError("pki-birth-missing", "The request is not accepted.")
        return born.title


def _octets(body: bytes) -> bytes:
    try:
        return b64decode(b"".join(body.split()), validate=True)
    except binascii.Error as cause:
        raise PeerError("pki-request-malformed", "The certification request cannot be read.") from cause


def _certificates(certificates: list[x509.Certificate]) -> Response:
    body = encodebytes(pkcs7.serialize_certificates(certificates, Encoding.DER))
    return Response(status=200, content_type=RESPONSE_TYPE, body=body)
