"""OMS security mode 7: AES-128-CBC and AES-CMAC under keys of each message (EN 13757-7, 9; OMS profile B)."""

import hmac
from dataclasses import dataclass
from enum import IntEnum

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES128
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.cmac import CMAC

from meterkast.model.errors import DataError, TrustError
from meterkast.protocols.mbus.identity import Identity
from meterkast.protocols.mbus.mode5 import BLOCK, checked, padded, whole_blocks

MODE = 7
DERIVED = 0x10
"""Configuration extension: the keys are derived with CMAC from key 0."""
_ZERO = bytes(BLOCK)
_FILL = b"\x07" * 7


class Direction(IntEnum):
    """Who sends: the first octet of the derivation."""

    FROM_METER = 0x00
    TO_METER = 0x10


@dataclass(frozen=True, slots=True)
class MessageKeys:
    """The two keys of one message."""

    encryption: bytes
    authentication: bytes

    def __repr__(self) -> str:
        """Nothing of the keys."""
        return "MessageKeys(…)"


def derive(
    key: bytes, device: Identity, counter: int, direction: Direction = Direction.FROM_METER
) -> MessageKeys:
    """The keys of the message with this counter (EN 13757-7, 9.7.2).

    Raises:
        DataError: ``mbus-key-size``.
    """
    if len(key) != BLOCK:
        raise DataError("mbus-key-size", "A user key has 16 octets.")
    tail = counter.to_bytes(4, "little") + device.encode()[:4] + _FILL
    encryption, authentication = (_cmac(key, bytes((direction | which,)) + tail) for which in (0, 1))
    return MessageKeys(encryption, authentication)


def encrypt(keys: MessageKeys, plaintext: bytes) -> bytes:
    """Two filler octets, the plaintext and filler up to whole blocks, encrypted.

    Raises:
        LocalError: ``mbus-plaintext-long``.
    """
    encryptor = Cipher(AES128(keys.encryption), CBC(_ZERO)).encryptor()
    return encryptor.update(padded(plaintext)) + encryptor.finalize()


def decrypt(keys: MessageKeys, ciphertext: bytes) -> bytes:
    """The records, still with the filler around them.

    Raises:
        PeerError: ``mbus-ciphertext-cut``.
        TrustError: ``mbus-decrypt-failed``.
    """
    decryptor = Cipher(AES128(keys.encryption), CBC(_ZERO)).decryptor()
    return checked(decryptor.update(whole_blocks(ciphertext)) + decryptor.finalize())


def authenticate(keys: MessageKeys, covered: bytes, size: int = 8) -> bytes:
    """The authentication code, cut to its size."""
    return _cmac(keys.authentication, covered)[:size]


def verify(keys: MessageKeys, covered: bytes, mac: bytes) -> None:
    """Checks the code of a message.

    Raises:
        TrustError: ``mbus-mac-wrong``: another key, or another message than was sent.
    """
    if not mac or not hmac.compare_digest(authenticate(keys, covered, len(mac)), mac):
        raise TrustError("mbus-mac-wrong", "The authentication code of the telegram does not hold.")


def configuration(ciphertext: bytes) -> int:
    """The configuration word: mode 7 and the number of blocks; ``DERIVED`` follows it on the wire."""
    return MODE << 8 | len(ciphertext) // BLOCK << 4


def _cmac(key: bytes, octets: bytes) -> bytes:
    cmac = CMAC(AES128(key))
    cmac.update(octets)
    return cmac.finalize()
