"""Fetching revocation lists: from where certificates say that they are (RFC 5280, 4.2.1.13; RFC 2585)."""

import re
from collections.abc import Iterable

from cryptography import x509

from meterkast.gateway.pki_line import NETWORK, PkiLine
from meterkast.model.errors import DataError, PeerError
from meterkast.outside.trust import TrustFolder
from meterkast.protocols.x509.foreign import read_list
from meterkast.protocols.x509.list_place import list_places, may_follow

_NAME = re.compile(r"([a-z0-9-]{1,48})\.crl")


def fetch_lists(
    trust: TrustFolder,
    certificates: Iterable[x509.Certificate],
    address: tuple[str, int],
    line: PkiLine = NETWORK,
) -> int:
    """Fetches the lists to which certificates point, and keeps those that are genuine and younger.

    The transport is plain HTTP: what is taken is signed by an authority that we hold, numbered higher than
    the list we have, and nothing else. What cannot be fetched stays as it is; the next time comes.

    Args:
        trust: our own trust folder.
        certificates: whose distribution points are asked.
        address: host and port of the operator's list server; the name in an address is not looked up.
        line: the way there.

    Returns:
        How many lists were replaced.
    """
    replaced = 0
    authorities = [*trust.anchors(), *trust.intermediates()]
    for place in sorted({place for certificate in certificates for place in list_places(certificate)}):
        match = _NAME.fullmatch(place.path.rpartition("/")[2])
        fetched = _fetch(line, address, place.path) if match else None
        if match is None or fetched is None:  # an empty list is a list
            continue
        if may_follow(fetched, _held(trust, match[1]), place, authorities):
            trust.publish(f"{match[1]}.crl.pem", [fetched])
            replaced += 1
    return replaced


def _fetch(line: PkiLine, address: tuple[str, int], path: str) -> x509.CertificateRevocationList | None:
    body = line.fetch(address, path)
    try:
        return None if body is None else read_list(body)
    except PeerError:
        return None


def _held(trust: TrustFolder, name: str) -> x509.CertificateRevocationList | None:
    try:
        return trust.crl(name)
    except DataError:
        return None
