"""A bag of certificates: CMS SignedData without content and without signers (RFC 7030, 4.1.3; RFC 5652, 5.1).

Nobody signs such a bag, so it proves nothing, and nothing in it that looks like a signature belongs there. A
library made for signed messages takes several forms of it and passes over what it does not need; this reader
takes the one form that RFC 7030 asks for (AT-30).
"""

from itertools import islice
from typing import Final

from cryptography import x509

from meterkast.model.errors import PeerError
from meterkast.protocols.ber import INTEGER, OBJECT_IDENTIFIER, Element, elements, single
from meterkast.protocols.x509.foreign import read_certificate

_SEQUENCE, _SET, _FIRST = 0x30, 0x31, 0xA0
_SIGNED_DATA: Final = bytes.fromhex("2A864886F70D010702")
_DATA: Final = bytes.fromhex("2A864886F70D010701")
_MOST_OCTETS, _MOST_CERTIFICATES = 1 << 20, 256
"""Roots, links and three generations of authorities of a dozen operators; with ML-DSA one has 7 KiB."""

_BEGINNING: Final = (
    Element(INTEGER, b"\x01"),
    Element(_SET, b""),
    Element(_SEQUENCE, Element(OBJECT_IDENTIFIER, _DATA).encode()),
)
"""Version 1; no digest algorithms, as nobody digests; content of type data, and none of it."""
_NO_SIGNERS: Final = Element(_SET, b"")


def certificates(octets: bytes) -> list[x509.Certificate]:
    """The certificates in a bag, in its order and unbelieved.

    Raises:
        PeerError: ``certs-only-malformed`` for anything else, whatever it is.
    """
    if len(octets) > _MOST_OCTETS:
        raise _malformed()
    try:
        found = [read_certificate(each) for each in _bag(octets)]
    except PeerError as cause:
        raise _malformed() from cause
    return found


def _bag(octets: bytes) -> list[bytes]:
    kind, content = _exactly(octets, _SEQUENCE, 2)
    if kind != Element(OBJECT_IDENTIFIER, _SIGNED_DATA) or content.tag != _FIRST:
        raise _malformed()
    *beginning, bag, signers = _exactly(content.contents, _SEQUENCE, len(_BEGINNING) + 2)
    if tuple(beginning) != _BEGINNING or bag.tag != _FIRST or signers != _NO_SIGNERS:
        raise _malformed()
    held = list(islice(elements(bag.contents), _MOST_CERTIFICATES + 1))
    if len(held) > _MOST_CERTIFICATES or not _is_shortest(held, bag.contents):
        raise _malformed()
    return [each.encode() for each in held]


def _exactly(octets: bytes, tag: int, number: int) -> list[Element]:
    """So many elements in one, each written as DER writes it."""
    whole = single(octets, tag)
    parts = list(elements(whole.contents))
    if len(parts) != number or not _is_shortest(parts, whole.contents) or not _is_shortest([whole], octets):
        raise _malformed()
    return parts


def _is_shortest(parts: list[Element], octets: bytes) -> bool:
    return b"".join(part.encode() for part in parts) == octets


def _malformed() -> PeerError:
    return PeerError("certs-only-malformed", "These octets are not a bag of certificates.")
