"""The encrypted consumer port of Luxembourg: one telegram in AES-128-GCM.

``DB 08 <system title> 82 <length> 30 <frame counter> <ciphertext> <tag of 12 octets>``; the additional data
is the security control octet and the authentication key (Luxmetering, specification of the P1 port).
"""

from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES128
from cryptography.hazmat.primitives.ciphers.modes import GCM

from meterkast.model.errors import DataError, PeerError, TrustError

TAG = 0xDB
PUBLIC_AUTHENTICATION_KEY = bytes.fromhex("00112233445566778899AABBCCDDEEFF")
"""Printed in the specification and the same in every meter: it keeps nothing secret."""

_TITLE_SIZE = 8
_LENGTH_TAG = 0x82
_SECURITY = 0x30
_MAC_SIZE = 12
_COUNTER_SIZE = 4
_KEY_SIZE = 16
HEADER_SIZE = 18
_SECURED_OVERHEAD = 5 + _MAC_SIZE


@dataclass(frozen=True, slots=True, kw_only=True)
class EncryptedTelegram:
    """An encrypted telegram, its parts still as they were sent."""

    system_title: bytes
    counter: bytes
    ciphertext: bytes
    mac: bytes

    @property
    def length(self) -> int:
        """Octets on the wire."""
        return HEADER_SIZE + len(self.ciphertext) + _MAC_SIZE

    @classmethod
    def parse(cls, octets: bytes) -> "EncryptedTelegram":
        """Takes the frame apart.

        Raises:
            PeerError: ``p1-frame-malformed`` or ``p1-frame-cut``.
        """
        if len(octets) < HEADER_SIZE + _MAC_SIZE:
            raise PeerError(
                "p1-frame-cut", "The encrypted telegram is cut off.", where=f"offset {len(octets)}"
            )
        end = frame_length(octets)
        if end is None:
            raise PeerError("p1-frame-malformed", "The frame is not that of an encrypted consumer port.")
        if len(octets) < end:
            raise PeerError(
                "p1-frame-cut", "The encrypted telegram is cut off.", where=f"offset {len(octets)}"
            )
        return cls(
            system_title=octets[2:10],
            counter=octets[14:HEADER_SIZE],
            ciphertext=octets[HEADER_SIZE : end - _MAC_SIZE],
            mac=octets[end - _MAC_SIZE : end],
        )

    @classmethod
    def seal(
        cls,
        plain: bytes,
        key: bytes,
        auth_key: bytes = PUBLIC_AUTHENTICATION_KEY,
        *,
        system_title: bytes,
        counter: int,
    ) -> "EncryptedTelegram":
        """A plain telegram as a meter with this title sends it; a counter must never come twice under a key.

        Raises:
            DataError: ``p1-key-size``.
        """
        _require_keys(key, auth_key)
        frame = counter.to_bytes(_COUNTER_SIZE, "big")
        encryptor = Cipher(AES128(key), GCM(system_title + frame, min_tag_length=_MAC_SIZE)).encryptor()
        encryptor.authenticate_additional_data(bytes((_SECURITY,)) + auth_key)
        ciphertext = encryptor.update(plain) + encryptor.finalize()
        return cls(
            system_title=system_title, counter=frame, ciphertext=ciphertext, mac=encryptor.tag[:_MAC_SIZE]
        )

    def encode(self) -> bytes:
        """The octets on the wire."""
        length = _SECURED_OVERHEAD + len(self.ciphertext)
        head = (
            bytes((TAG, _TITLE_SIZE)) + self.system_title + bytes((_LENGTH_TAG,)) + length.to_bytes(2, "big")
        )
        return head + bytes((_SECURITY,)) + self.counter + self.ciphertext + self.mac

    def open(self, key: bytes, auth_key: bytes = PUBLIC_AUTHENTICATION_KEY) -> bytes:
        """The plain telegram.

        Raises:
            DataError: ``p1-key-size``.
            TrustError: ``p1-tag-wrong`` where key, authentication key or octets are others.
        """
        _require_keys(key, auth_key)
        mode = GCM(self.system_title + self.counter, self.mac, min_tag_length=_MAC_SIZE)
        decryptor = Cipher(AES128(key), mode).decryptor()
        decryptor.authenticate_additional_data(bytes((_SECURITY,)) + auth_key)
        try:
            return decryptor.update(self.ciphertext) + decryptor.finalize()
        except InvalidTag:
            raise TrustError("p1-tag-wrong", "The telegram does not open with these keys.") from None


def _require_keys(key: bytes, auth_key: bytes) -> None:
    if len(key) != _KEY_SIZE or len(auth_key) != _KEY_SIZE:
        raise DataError("p1-key-size", "A key of the consumer port has 16 octets.")


def frame_length(octets: bytes) -> int | None:
    """Octets of the frame that begins here with its header of 18; None where no such frame begins."""
    length = int.from_bytes(octets[11:13], "big")
    fixed = (octets[0], octets[1], octets[10], octets[13])
    if fixed != (TAG, _TITLE_SIZE, _LENGTH_TAG, _SECURITY) or length < _SECURED_OVERHEAD:
        return None
    return 13 + length
