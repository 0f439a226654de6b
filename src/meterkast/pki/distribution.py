"""Handing out what is signed anyway, over plain HTTP: revocation lists (RFC 5280, 4.2.1.13), recipient."""

import re
from collections.abc import Mapping

from cryptography.hazmat.primitives.serialization import Encoding

from meterkast.model.errors import LocalError
from meterkast.outside.https import Request, Response
from meterkast.outside.trust import OPERATOR_ENC, TrustFolder

_PATH = re.compile(
    rf"/crl/(?:(?P<tenant>[a-z0-9-]{{1,32}})/)?(?:(?P<name>[a-z0-9-]{{1,48}})\.crl|{re.escape(OPERATOR_ENC)})"
)


class Distribution:
    """Answers from the trust folders.

    ``GET /crl/NAME.crl`` gives a list in DER (``application/pkix-crl``, RFC 2585); ``/crl/operator-enc.pem``
    the operator's encryption certificate with its chain (``application/pem-certificate-chain``, RFC 8555).

    Args:
        folders: by the short name of the operator; the founder's is empty and stands in no path.
    """

    def __init__(self, folders: Mapping[str, TrustFolder]) -> None:
        self._folders = folders

    def handle(self, request: Request) -> Response:
        """What is asked for, or 404, or 405 for anything but GET."""
        if request.method != "GET":
            return Response(status=405)
        match = _PATH.fullmatch(request.path)
        trust = self._folders.get(match["tenant"] or "") if match else None
        if match is None or trust is None:
            return Response(status=404)
        return _recipient(trust) if match["name"] is None else _list(trust, match["name"])


def _list(trust: TrustFolder, name: str) -> Response:
    revocation_list = trust.crl(name)
    if revocation_list is None:
        return Response(status=404)
    body = revocation_list.public_bytes(Encoding.DER)
    return Response(status=200, content_type="application/pkix-crl", body=body)


def _recipient(trust: TrustFolder) -> Response:
    try:
        chain = trust.operator_enc()
    except LocalError:
        return Response(status=404)
    body = b"".join(each.public_bytes(Encoding.PEM) for each in chain)
    return Response(status=200, content_type="application/pem-certificate-chain", body=body)
