"""General-signing: any message with the signature of its originator (Green Book 9.2.7.2.6).

No public known answer says which octets the signature covers. ``Signed`` names the spans; one is the
default, a device profile may name another, and both sides must be set alike.
"""

from enum import StrEnum

from meterkast.model.errors import TrustError
from meterkast.protocols.axdr import encode_length
from meterkast.protocols.dlms.apdu.general import GeneralSigning, Header
from meterkast.protocols.dlms.signature import PublicKey, Signer, verify


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
    message: GeneralSigning, originator: bytes, key: PublicKey, *, span: Signed = Signed.ENCODED
) -> bytes:
    """The content, once the signature holds.

    Args:
        message: as it came.
        originator: system title that the key belongs to.
        key: the originator's public signing key.
        span: what the signature covers.

    Raises:
        TrustError: ``security-title-wrong`` for another originator, or ``signature-wrong``.
    """
    if message.header.originator != originator:
        raise TrustError("security-title-wrong", "The message is from somebody else.")
    verify(key, message.signature, span.octets(message.header, message.content))
    return message.content
