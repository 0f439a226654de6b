"""Handing out what is signed anyway: revocation lists over plain HTTP, as RFC 5280 (4.2.1.13) has it."""

import re

from cryptography.hazmat.primitives.serialization import Encoding

from meterkast.outside.https import Request, Response
from meterkast.outside.trust import TrustFolder

_PATH = re.compile(r"/crl/([a-z0-9-]{1,32})\.crl")


class Distribution:
    """Answers ``GET /crl/NAME.crl`` in DER (``application/pkix-crl``, RFC 2585) from a trust folder."""

    def __init__(self, trust: TrustFolder) -> None:
        self._trust = trust

    def handle(self, request: Request) -> Response:
        """The list, or 404, or 405 for anything but GET."""
        if request.method != "GET":
            return Response(status=405)
        match = _PATH.fullmatch(request.path)
        revocation_list = self._trust.crl(match[1]) if match else None
        if revocation_list is None:
            return Response(status=404)
        body = revocation_list.public_bytes(Encoding.DER)
        return Response(status=200, content_type="application/pkix-crl", body=body)
