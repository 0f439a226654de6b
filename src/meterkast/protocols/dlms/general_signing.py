"""General-signing: any message with the signature of its originator (Green Book 9.2.7.2.6).

No public known answer says which octets the signature covers. ``Signed`` names the spans; one is the
default, a device profile may name another, and both sides must be set alike.
"""

from enum import StrEnum
from typing import Final

from meterkast.model.errors import PeerError, TrustError
from meterkast.protocols.axdr import encode_length
from meterkast.protocols.dlms import apdu
from meterkast.protocols.dlms.apdu.general import GeneralSigning, Header
from meterkast.protocols.dlms.signature import PublicKey, Signer, verify

_FIELDS: Final = 5
_TITLE: Final = 8


class Signed(StrEnum):
    """What the signature covers."""

    ENCODED = "encoded"  # header fields and content, each with its length
    BARE = "bare"  # header fields and content, one behind the other
    CONTENT = "content"  # the content alone

    def octets(self, header: Header, content: bytes) -> bytes:
        """The covered octets."""
        if self is Signed.CONTENT:
            return content
        if self is Signed.BARE:
            return b"".join(header.values) + content
        return header.encode() + encode_length(len(content)) + content


def sign_message(
    header: Header, content: bytes, signer: Signer, *, span: Signed = Signed.ENCODED
) -> GeneralSigning:
    """The message with its originator's signature."""
    return GeneralSigning(header, content, signer(span.octets(header, content)))


def signed_content(
    message: GeneralSigning,
    originator: bytes,
    key: PublicKey,
    *,
    span: Signed = Signed.ENCODED,
    high_s: bool = False,
) -> bytes:
    """The content, once the signature holds.

    Args:
        message: as it came.
        originator: system title that the key belongs to.
        key: the originator's public signing key.
        span: what the signature covers.
        high_s: takes signatures with a high s, as devices send that do not know our rule.

    Raises:
        TrustError: ``security-title-wrong`` for another originator, or ``signature-wrong``.
    """
    if message.header.originator != originator:
        raise _foreign()
    verify(key, message.signature, span.octets(message.header, message.content), high_s=high_s)
    return message.content


def open_signed(octets: bytes, originator: bytes, key: PublicKey, *, span: Signed = Signed.ENCODED) -> bytes:
    """The same from a message as it came, for whoever opens them by the thousand.

    What the signature covers by default stands in one piece in the message, where its lengths are written as
    every sender writes them; otherwise the general decoder reads it. Both give the same.

    Raises:
        TrustError: as for ``signed_content``.
        PeerError: ``apdu-…`` or ``axdr-…`` where it is no such message.
    """
    places = _places(octets) if span is Signed.ENCODED else None
    if places is None:
        message = apdu.decode(octets)
        if not isinstance(message, GeneralSigning):
            raise PeerError("apdu-unexpected", "The message is no general-signing.")
        return signed_content(message, originator, key, span=span)
    title, content, signature = places
    if octets[title : title + _TITLE] != originator:
        raise _foreign()
    verify(key, octets[signature + 1 :], octets[1:signature])
    return octets[content:signature]


def _places(octets: bytes) -> tuple[int, int, int] | None:
    """Where originator, content and signature stand, if tag and lengths are as usual."""
    size, at = len(octets), 1
    lengths = []
    for _ in range(_FIELDS):
        if at >= size:
            return None
        lengths.append(octets[at])
        at += 1 + octets[at]
    if at >= size or octets[0] != GeneralSigning.TYPE[0] or max(lengths) > 0x7F:
        return None
    if lengths[1] != _TITLE or lengths[2] not in (0, _TITLE):
        return None
    content = at + 1 + (octets[at] & 0x7F if octets[at] & 0x80 else 0)
    signature = content + (int.from_bytes(octets[at + 1 : content], "big") or octets[at])
    if signature >= size or octets[at:content] != encode_length(signature - content):
        return None
    usual = octets[signature] == size - signature - 1 <= 0x7F
    return (2 + lengths[0] + 1, content, signature) if usual else None


def _foreign() -> TrustError:
    return TrustError("security-title-wrong", "The message is from somebody else.")
