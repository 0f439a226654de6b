"""The responder over HTTP (RFC 6960, appendix A): POST, or GET with the request in the address."""

import binascii
from base64 import b64decode
from datetime import datetime
from urllib.parse import unquote

from meterkast.outside.https import Request, Response
from meterkast.pki.ocsp.responder import Responder

PATH = "/ocsp"
REQUEST_TYPE = "application/ocsp-request"
RESPONSE_TYPE = "application/ocsp-response"


class OcspServer:
    """Hands requests to the responder and its answers back."""

    def __init__(self, responder: Responder) -> None:
        self._responder = responder

    def handle(self, request: Request, now: datetime) -> Response:
        """The response; a request that cannot be read gets the responder's own word for it."""
        if request.method == "GET" and request.path.startswith(PATH + "/"):
            return self._answer(_from_address(request.path[len(PATH) + 1 :]), now)
        if request.path.rstrip("/") != PATH:
            return Response(status=404)
        if request.method != "POST":
            return Response(status=405)
        if request.content_type.partition(";")[0].strip().lower() != REQUEST_TYPE:
            return Response(status=415)
        return self._answer(request.body, now)

    def _answer(self, octets: bytes, now: datetime) -> Response:
        body = self._responder.answer(octets, now)
        return Response(status=200, content_type=RESPONSE_TYPE, body=body)


def _from_address(text: str) -> bytes:
    """The request behind base64 in an address; nothing where it is none, which the responder refuses."""
    try:
        return b64decode(unquote(text), validate=True)
    except (binascii.Error, ValueError):
        return b""
