"""Protection of messages with AES-GCM, and the HLS5 challenge (Green Book 9.2.2.7, 9.2.7.2, 9.2.7.4).

The tag has 12 octets and the nonce is system title and invocation counter: never protect two messages with
the same key, title and counter.
"""

from enum import IntFlag
from hmac import compare_digest
from typing import Final

from meterkast.model.errors import LocalError, PeerError, TrustError
from meterkast.protocols.dlms.aead import TAG_LENGTH, Aead, tag_wrong

_SUITE: Final = 0x0F
_KEY_LENGTHS: Final = {0: 16, 1: 16, 2: 32}


class SecurityControl(IntFlag):
    """The octet in front of a protected message; its low four bits name the suite."""

    AUTHENTICATED = 0x10
    ENCRYPTED = 0x20
    BROADCAST_KEY = 0x40
    COMPRESSED = 0x80


AUTHENTICATED_ENCRYPTED: Final = SecurityControl.AUTHENTICATED | SecurityControl.ENCRYPTED


def is_authenticated(control: int) -> bool:
    """Whether a message with this security control octet carries a tag."""
    return bool(control & SecurityControl.AUTHENTICATED)


def is_encrypted(control: int) -> bool:
    """Whether a message with this security control octet is ciphertext."""
    return bool(control & SecurityControl.ENCRYPTED)


def fits(key: bytes, control: int) -> bool:
    """Whether the key has the length that the security suite asks for: 16 octets, in suite 2 32."""
    return len(key) == _KEY_LENGTHS.get(control & _SUITE)


def protect(
    plaintext: bytes,
    *,
    key: bytes,
    auth_key: bytes,
    title: bytes,
    counter: int,
    control: int = AUTHENTICATED_ENCRYPTED,
) -> bytes:
    """What follows the invocation counter of a protected message: the text, then the tag if there is one.

    Args:
        plaintext: the APDU in the clear.
        key: encryption key, 16 octets (suites 0 and 1) or 32 (suite 2).
        auth_key: authentication key.
        title: system title of the sender, 8 octets.
        counter: invocation counter, never used before with this key and title.
        control: security control octet.

    Raises:
        LocalError: ``security-key`` or ``security-nonce`` for lengths that do not fit.
    """
    nonce = _nonce(title, counter)
    aead = Aead(_fitting(key, control))
    associated = bytes((control,)) + auth_key
    if not is_encrypted(control):
        if not is_authenticated(control):
            return plaintext
        return plaintext + aead.seal(nonce, b"", associated + plaintext)
    if not is_authenticated(control):
        return aead.stream(nonce, plaintext)
    return aead.seal(nonce, plaintext, associated)


def unprotect(
    payload: bytes,
    *,
    key: bytes,
    auth_key: bytes,
    title: bytes,
    counter: int,
    control: int,
    tag_required: bool = True,
    compressed: bool = False,
) -> bytes:
    """The plaintext of a protected message; none of it comes out before its tag holds.

    Args:
        payload: what follows the invocation counter.
        key: encryption key.
        auth_key: authentication key.
        title: system title of the sender.
        counter: invocation counter as sent.
        control: security control octet as sent.
        tag_required: refuse messages that carry no tag; without, their text is readable and proves nothing.
        compressed: take a compressed message too; what comes out is compressed then (see ``compression``).

    Raises:
        TrustError: ``security-tag-wrong``, or ``security-policy`` where there is no tag and one is required.
        PeerError: ``security-compressed`` for compressed messages, unless they are asked for,
            ``security-suite`` for unknown suites.
        LocalError: ``security-key`` or ``security-nonce`` for lengths that do not fit.
    """
    if control & SecurityControl.COMPRESSED and not compressed:
        raise PeerError("security-compressed", "Compressed messages are not supported.")
    if control & _SUITE not in _KEY_LENGTHS:
        raise PeerError("security-suite", "The security suite of the message is unknown.")
    nonce = _nonce(title, counter)
    if not is_authenticated(control):
        if tag_required:
            raise TrustError("security-policy", "The message is not authenticated.")
        if not is_encrypted(control):
            return payload
        return Aead(_fitting(key, control)).stream(nonce, payload)
    aead, associated = Aead(_fitting(key, control)), bytes((control,)) + auth_key
    if is_encrypted(control):
        return aead.open(nonce, payload, associated)
    if len(payload) < TAG_LENGTH:
        raise tag_wrong()
    text, tag = payload[:-TAG_LENGTH], payload[-TAG_LENGTH:]
    aead.open(nonce, tag, associated + text)
    return text


def gmac(key: bytes, auth_key: bytes, title: bytes, counter: int, octets: bytes, *, suite: int = 0) -> bytes:
    """The 12-octet tag over octets that stay in the clear.

    Raises:
        LocalError: as for ``protect``.
    """
    control = SecurityControl.AUTHENTICATED | suite
    sealed = protect(octets, key=key, auth_key=auth_key, title=title, counter=counter, control=control)
    return sealed[-TAG_LENGTH:]


def hls5_response(
    key: bytes, auth_key: bytes, title: bytes, counter: int, challenge: bytes, *, suite: int = 0
) -> bytes:
    """Passes 3 and 4 of HLS5: security control, our counter, GMAC over the other side's challenge.

    Raises:
        LocalError: as for ``protect``.
    """
    tag = gmac(key, auth_key, title, counter, challenge, suite=suite)
    return bytes((SecurityControl.AUTHENTICATED | suite,)) + counter.to_bytes(4, "big") + tag


def hls5_verify(
    key: bytes, auth_key: bytes, title: bytes, challenge: bytes, response: bytes, *, suite: int = 0
) -> int:
    """Checks the other side's answer to our challenge; gives the counter it used, for the replay check.

    Args:
        key: encryption key.
        auth_key: authentication key.
        title: system title of the side that answered.
        challenge: what we sent.
        response: what came back.
        suite: security suite of the proof.

    Raises:
        TrustError: ``hls-refused`` whatever is wrong with it.
    """
    counter = int.from_bytes(response[1:5], "big")
    if not compare_digest(response, hls5_response(key, auth_key, title, counter, challenge, suite=suite)):
        raise TrustError("hls-refused", "The answer to the challenge does not hold.")
    return counter


def _nonce(title: bytes, counter: int) -> bytes:
    if len(title) != 8 or not 0 <= counter <= 0xFFFFFFFF:
        raise LocalError("security-nonce", "A nonce is a system title of 8 octets and a counter of 32 bits.")
    return title + counter.to_bytes(4, "big")


def _fitting(key: bytes, control: int) -> bytes:
    if not fits(key, control):
        raise LocalError("security-key", "The key does not have the length that the security suite asks for.")
    return key
