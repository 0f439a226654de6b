"""Following a PKI from another machine: its lists and authorities come into a trust folder of one's own.

For head-end and intake that share no disk with the PKI. The transport is plain HTTP: what is taken is vouched
for by roots and authorities that the folder has, and younger than what it has; nothing is taken away. Whoever
is in between can hold back what is new, and then everything is refused when the last list ends. New roots are
brought by hand.
"""

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from meterkast.model.errors import DataError, PeerError, UnreachableError
from meterkast.outside.trust import CHAIN, TrustFolder
from meterkast.pki.distribution import AUTHORITIES, INDEX
from meterkast.protocols.x509.certs_only import certificates
from meterkast.protocols.x509.list_place import ListPlace, list_places, may_follow, place_of

_NAME = re.compile(r"[a-z0-9-]{1,48}")
_MOST_LISTS = 4096

Get = Callable[[str], bytes | None]
"""Gives what stands under a path of the list server; None where it cannot be had."""


class Followed(NamedTuple):
    """How many lists and authorities were new."""

    lists: int
    authorities: int


def follow(trust: TrustFolder, get: Get, now: datetime) -> Followed:
    """Takes over what is new, from where the authorities of the folder have their lists.

    Args:
        trust: a folder of our own, with roots.
        get: the way to the list server.
        now: real time.

    Raises:
        UnreachableError: ``pki-lists-unreachable`` where the server does not say what there is.
        PeerError: ``pki-lists-malformed`` or ``certs-only-malformed``.
    """
    lists = authorities = 0
    for base in sorted(_bases(trust)):
        names = _index(get(f"{base}/{INDEX}"))
        authorities += _learn(trust, get(f"{base}/{AUTHORITIES}"), now)
        lists += sum(_take(trust, get, base, name) for name in names)
    return Followed(lists=lists, authorities=authorities)


def _bases(trust: TrustFolder) -> set[str]:
    """The folders on the list server in which the operator's authorities say that their lists stand."""
    return {
        place.path.rpartition("/")[0]
        for authority in trust.intermediates()
        for place in list_places(authority)
        if place.issuer == authority.subject.public_bytes()
    }


def _index(body: bytes | None) -> list[str]:
    if body is None:
        message = "The list server does not say which lists there are."
        raise UnreachableError("pki-lists-unreachable", message)
    try:
        names = json.loads(body)["lists"]
        if len(names) > _MOST_LISTS or not all(_NAME.fullmatch(name) for name in names):
            raise _malformed()
    except (ValueError, TypeError, KeyError, RecursionError) as cause:
        raise _malformed() from cause
    return list(names)


def _learn(trust: TrustFolder, body: bytes | None, now: datetime) -> int:
    """Living authorities, and links between roots, below what the folder has; gives how many are new."""
    if body is None:
        return 0
    held = [each for each in trust.intermediates() if each.not_valid_after_utc > now]
    known = [*trust.anchors(), *held]
    strangers = [each for each in certificates(body) if each not in known and each.not_valid_after_utc > now]
    learned: list[x509.Certificate] = []
    while found := [each for each in strangers if any(_vouches(one, each) for one in (*known, *learned))]:
        learned += found
        strangers = [each for each in strangers if each not in found]
    if learned:
        trust.publish(CHAIN, [*held, *learned])
    return len(learned)


def _vouches(authority: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _take(trust: TrustFolder, get: Get, base: str, name: str) -> bool:
    body = get(f"{base}/{name}.crl")
    try:
        fetched = None if body is None else x509.load_der_x509_crl(body)
    except ValueError:
        return False
    if fetched is None:
        return False
    authorities = [*trust.anchors(), *trust.intermediates()]
    file = f"{name}.crl"
    places = [each for each in _places(authorities, fetched) if each.path.rpartition("/")[2] == file]
    is_new = any(may_follow(fetched, _held(trust, name), place, authorities) for place in places)
    if is_new:
        trust.publish(f"{name}.crl.pem", [fetched])
    return is_new


def _places(
    authorities: list[x509.Certificate], fetched: x509.CertificateRevocationList
) -> Iterator[ListPlace]:
    """Where a list may stand: where it says itself, or where its authority says."""
    yield from place_of(fetched)
    for authority in authorities:
        yield from list_places(authority)


def _held(trust: TrustFolder, name: str) -> x509.CertificateRevocationList | None:
    try:
        return trust.crl(name)
    except DataError:
        return None


def _malformed() -> PeerError:
    return PeerError("pki-lists-malformed", "What the list server says cannot be read.")
