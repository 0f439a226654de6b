"""Opening general-glo-ciphering messages by the thousand (Green Book 9.2.7.2.4).

The header is read at fixed places where it stands as every sender writes it, and by the general decoder
otherwise; both give the same.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from meterkast.model.errors import PeerError, TrustError
from meterkast.protocols.axdr import encode_length
from meterkast.protocols.dlms import apdu
from meterkast.protocols.dlms.aead import Aead
from meterkast.protocols.dlms.apdu import GeneralGloCiphering
from meterkast.protocols.dlms.security import AUTHENTICATED_ENCRYPTED

_BEGIN: Final = b"\xdb\x08"
_TITLE_END: Final = 10
_PROTECTION: Final = 5  # security control and counter
_CONTROL: Final = int(AUTHENTICATED_ENCRYPTED)  # a flag is slow to combine


@dataclass(frozen=True, slots=True)
class Keys:
    """Both keys of one device, ready for use."""

    encryption: Aead = field(repr=False)
    authentication: bytes = field(repr=False)


class Opened(NamedTuple):
    """The plaintext of a message, who sent it and under which counter: check that it has risen."""

    title: bytes
    counter: int
    plaintext: bytes


def open_general_glo(octets: bytes, keys: Callable[[bytes], Keys], *, suite: int = 0) -> Opened:
    """Opens a message that is encrypted *and* authenticated; anything less is refused.

    Args:
        octets: the APDU.
        keys: gives the keys of the device with this system title, or raises.
        suite: the security suite of the device; a message in another one is refused.

    Raises:
        PeerError: ``apdu-…`` or ``axdr-…`` where it is no such message.
        TrustError: ``security-policy`` for less protection or another suite, ``security-tag-wrong``.
    """
    title, start = octets[2:_TITLE_END], _protected(octets)
    if start is None:
        message = apdu.decode(octets)
        if not isinstance(message, GeneralGloCiphering):
            raise PeerError("apdu-unexpected", "The message is no general-glo-ciphering.")
        title, start = message.system_title, len(octets) - len(message.payload) - _PROTECTION
    protection, payload = octets[start : start + _PROTECTION], octets[start + _PROTECTION :]
    control, invocation = protection[:1], protection[1:]
    if control[0] != _CONTROL | suite:
        raise TrustError("security-policy", "The message is less protected than agreed.")
    own = keys(title)
    plaintext = own.encryption.open(title + invocation, payload, control + own.authentication)
    return Opened(title, int.from_bytes(invocation, "big"), plaintext)


def _protected(octets: bytes) -> int | None:
    """Where security control stands, if tag, title and length are as usual."""
    if octets[:2] != _BEGIN or len(octets) < _TITLE_END + 2 + _PROTECTION:
        return None
    first = octets[_TITLE_END]
    start = _TITLE_END + 1 + (first & 0x7F if first & 0x80 else 0)
    usual = start + _PROTECTION <= len(octets) and octets[_TITLE_END:start] == encode_length(
        len(octets) - start
    )
    return start if usual else None
