"""The EST server: which question gets which answer.

A gateway shows its birth certificate in TLS and asks, per purpose, for an operational one; later it shows
that one and asks for the next. What it gets, inventory and profile decide; the request contributes the key.

A server has its first certificate from whoever founded the PKI and asks here for the next ones, under the
label ``server``. It cannot show the present one in TLS, which is for servers alone, and shows none: its
present key signs the request (``protocols.x509.signed_request``).
"""

import binascii
import logging
import re
from base64 import b64decode
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256

from meterkast.model.errors import (
    DataError,
    LocalError,
    MeterkastError,
    PeerError,
    TrustError,
    UnreachableError,
)
from meterkast.outside.https import Request, Response
from meterkast.outside.trust import TrustFolder
from meterkast.pki.est import response
from meterkast.pki.est.pace import TOO_OFTEN, Pace
from meterkast.pki.est.visitor import Door, ServerVisitor, Visitor
from meterkast.pki.root import links_in
from meterkast.pki.tenants import Tenants
from meterkast.protocols.x509 import Purpose
from meterkast.protocols.x509.attributes import encode_attributes
from meterkast.protocols.x509.foreign import read_certificate

_PATH = re.compile(r"/\.well-known/est/(?:(?P<label>tls|sig|enc|server)/)?(?P<operation>[a-z]+)")
_SERVER = "server"
_METHODS = {
    "cacerts": "GET",
    "csrattrs": "GET",
    "simpleenroll": "POST",
    "simplereenroll": "POST",
    "serverkeygen": "POST",
    "fullcmc": "POST",
}
_NOT_OFFERED = frozenset({"serverkeygen", "fullcmc"})
"""A key that we made would be a key that we know (RQ-04); full CMC is optional (RFC 7030, 4.3)."""

_log = logging.getLogger("meterkast.pki")


class EstServer:
    """Answers for all operators of a PKI; ``manufacturers`` are those whose birth certificates count."""

    def __init__(self, tenants: Tenants, manufacturers: TrustFolder) -> None:
        self._tenants = tenants
        self._door = Door(tenants, manufacturers)
        self._pace = Pace()

    def handle(self, request: Request, now: datetime) -> Response:
        """The response; a refusal says no more than its status, the log says why."""
        try:
            return self._answer(request, now)
        except (LocalError, DataError) as error:  # ours, and no business of the peer's
            _log.error("pki-enrolment-failed code=%s peer=%s", error.code, request.address)
            return response.refused(500)
        except UnreachableError as error:  # a token that is gone comes back
            _log.error("pki-enrolment-failed code=%s peer=%s", error.code, request.address)
            return response.refused(503)

    def _answer(self, request: Request, now: datetime) -> Response:
        match = _PATH.fullmatch(request.path)
        if match is None or match["operation"] not in _METHODS:
            return response.refused(404)
        label, operation = match["label"], match["operation"]
        if request.method != _METHODS[operation]:
            return response.refused(405)
        if operation in _NOT_OFFERED:
            _log.warning("pki-operation-not-offered operation=%s peer=%s", operation, request.address)
            return response.refused(501)
        if operation == "cacerts":
            return self._authorities()
        if label is None:
            # RFC 7030, 4.5.2: without a label there is nothing special to ask for, and nothing to enrol for
            return response.nothing() if operation == "csrattrs" else response.refused(404)
        purpose = Purpose.TLS_SERVER if label == _SERVER else Purpose(label)
        if operation == "csrattrs":
            return self._attributes(purpose, now)
        if purpose is not Purpose.TLS_SERVER:
            return self._certify(request, operation, purpose, now)
        return self._renew_server(request, now) if operation == "simplereenroll" else response.refused(404)

    def _authorities(self) -> Response:
        founder = self._tenants.founder
        others = [each.trust.intermediates() for each in self._tenants.all()]
        issuing = dict.fromkeys(certificate for each in others for certificate in each)
        return response.authorities([*founder.trust.anchors(), *links_in(founder.trust), *issuing])

    def _attributes(self, purpose: Purpose, now: datetime) -> Response:
        rules = self._tenants.founder.rules
        return response.attributes(encode_attributes(rules.key_to_make(rules.profiles[purpose].keys, now)))

    def _certify(self, request: Request, operation: str, purpose: Purpose, now: datetime) -> Response:
        if not _is_of(request, response.REQUEST):
            return response.refused(415)
        visitor: Visitor | None = None
        try:
            if request.peer is not None:  # TLS has proven whose it is; the rest costs more
                self._pace.keep(sha256(request.peer).digest(), now)
            visitor = self._let_in(operation)(request.peer, now)
            authority, title, octets = visitor.authority, visitor.title, _octets(request.body)
            if operation == "simpleenroll":
                chain = authority.issue(octets, purpose, title, now, birth=visitor.birth)
            else:
                chain = authority.renew(octets, purpose, title, now)
            return response.issued(chain[0])
        except (PeerError, TrustError) as error:
            holder = str(visitor.title) if visitor else _claimed(request.peer)
            return _refuse(error, request, purpose, holder)

    def _renew_server(self, request: Request, now: datetime) -> Response:
        if not _is_of(request, response.SIGNED_REQUEST):
            return response.refused(415)
        visitor: ServerVisitor | None = None
        try:
            visitor = self._door.server(_octets(request.body), now)
            self._pace.keep(visitor.name.encode(), now)
            return response.issued(visitor.authority.renew_server(visitor.request, visitor.name, now)[0])
        except (PeerError, TrustError) as error:
            return _refuse(error, request, Purpose.TLS_SERVER, visitor.name if visitor else "nobody")

    def _let_in(self, operation: str) -> Callable[[bytes | None, datetime], Visitor]:
        return self._door.newborn if operation == "simpleenroll" else self._door.enrolled


def _refuse(error: MeterkastError, request: Request, purpose: Purpose, holder: str) -> Response:
    event = "pki-enrolment-refused code=%s holder=%s purpose=%s peer=%s"
    _log.warning(event, error.code, holder, purpose, request.address)
    if error.code == TOO_OFTEN:
        return response.refused(429)
    return response.refused(400 if isinstance(error, PeerError) else 403)


def _is_of(request: Request, content_type: str) -> bool:
    return request.content_type.partition(";")[0].strip().lower() == content_type


def _claimed(peer: bytes | None) -> str:
    """The number of the certificate that was shown, believed or not, for the log."""
    try:
        return f"serial-{read_certificate(peer).serial_number:x}" if peer else "nobody"
    except PeerError:
        return "nobody"


def _octets(body: bytes) -> bytes:
    try:
        return b64decode(b"".join(body.split()), validate=True)
    except binascii.Error as cause:
        raise PeerError("pki-request-malformed", "The certification request cannot be read.") from cause
