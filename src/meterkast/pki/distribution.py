"""Handing out what is signed anyway, over plain HTTP: lists (RFC 5280, 4.2.1.13), authorities, recipient."""

import json
import logging
import re
from collections.abc import Mapping

from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from meterkast.model.errors import DataError, LocalError
from meterkast.outside.https import Request, Response
from meterkast.outside.trust import CRL_PATTERN, OPERATOR_ENC, TrustFolder
from meterkast.pki.root import links_in

INDEX = "lists.json"
"""What lists there are, for those who follow all of them."""
AUTHORITIES = "authorities.p7c"

_log = logging.getLogger("meterkast.pki")

_PATH = re.compile(r"/crl/(?:(?P<tenant>[a-z0-9-]{1,32})/)?(?P<file>[a-z0-9-]{1,48}\.[a-z0-9]{3,4})")


class Distribution:
    """Answers from the trust folders.

    ``GET /crl/NAME.crl`` gives a list in DER (``application/pkix-crl``, RFC 2585); ``/crl/operator-enc.pem``
    the operator's encryption certificate with its chain (``application/pem-certificate-chain``, RFC 8555);
    ``/crl/authorities.p7c`` links between roots and issuing authorities (``application/pkcs7-mime``, RFC
    5280, 4.2.2.1); ``/crl/lists.json`` the names of all lists.

    Args:
        folders: by the short name of the operator; the founder's is empty and stands in no path.
    """

    def __init__(self, folders: Mapping[str, TrustFolder]) -> None:
        self._folders = folders

    def handle(self, request: Request) -> Response:
        """What is asked for, or 404, or 405 for anything but GET; 500 where a file of ours is damaged."""
        if request.method != "GET":
            return Response(status=405)
        match = _PATH.fullmatch(request.path)
        trust = self._folders.get(match["tenant"] or "") if match else None
        if match is None or trust is None:
            return Response(status=404)
        try:
            return _file(trust, match["file"])
        except DataError as error:
            _log.error("pki-list-unreadable code=%s file=%s", error.code, request.path)
            return Response(status=500)


def _file(trust: TrustFolder, file: str) -> Response:
    name, kind = file.split(".")
    if kind == "crl":
        return _list(trust, name)
    answer = _FILES.get(file)
    return Response(status=404) if answer is None else answer(trust)


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


def _authorities(trust: TrustFolder) -> Response:
    body = pkcs7.serialize_certificates([*links_in(trust), *trust.intermediates()], Encoding.DER)
    return Response(status=200, content_type="application/pkcs7-mime", body=body)


def _index(trust: TrustFolder) -> Response:
    names = [path.name.removesuffix(CRL_PATTERN[1:]) for path in trust.crl_files()]
    return Response(status=200, content_type="application/json", body=json.dumps({"lists": names}).encode())


_FILES = {OPERATOR_ENC: _recipient, AUTHORITIES: _authorities, INDEX: _index}
