"""The extended link layer (EN 13757-4, 12): access, second address, session, and encryption of its own."""

from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES128
from cryptography.hazmat.primitives.ciphers.modes import CTR

from meterkast.model.errors import DataError, LocalError, PeerError, TrustError
from meterkast.protocols.mbus.crc import crc16
from meterkast.protocols.mbus.identity import Identity, decode_manufacturer

SHORT = 0x8C
WITH_SESSION = 0x8D
WITH_ADDRESS = 0x8E
LONG = 0x8F
CODES = frozenset({SHORT, WITH_SESSION, WITH_ADDRESS, LONG})

_ADDRESSED = frozenset({WITH_ADDRESS, LONG})
_ADDRESS = 8
_SESSION = 4
_CRC = 2
_AES_CTR = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtendedLink:
    """The fields in front of the payload.

    Attributes:
        communication: the communication control field.
        access: counts the transmissions.
        address: the other end, where it is named.
        session: the session number with its encryption bits; None where there is no session.
    """

    communication: int
    access: int
    address: Identity | None = None
    session: int | None = None

    @property
    def ci(self) -> int:
        """The control information that announces these fields."""
        if self.session is None:
            return SHORT if self.address is None else WITH_ADDRESS
        return WITH_SESSION if self.address is None else LONG

    @property
    def size(self) -> int:
        """Octets with the CI field, without the payload CRC."""
        address = 0 if self.address is None else _ADDRESS
        return 3 + address + (0 if self.session is None else _SESSION)

    @property
    def encryption(self) -> int:
        """0 is none, 1 is AES-128 in counter mode; the others are reserved."""
        return 0 if self.session is None else self.session >> 29

    @classmethod
    def decode(cls, octets: bytes) -> tuple["ExtendedLink", bytes]:
        """The fields, from the CI field on, and what follows them.

        Raises:
            PeerError: ``wmbus-link-cut``.
        """
        ci = octets[0]
        address_end = 3 + (_ADDRESS if ci in _ADDRESSED else 0)
        end = address_end + (_SESSION if ci in (WITH_SESSION, LONG) else 0)
        if len(octets) < end:
            raise PeerError("wmbus-link-cut", "The extended link layer ends too early.")
        fields = cls(
            communication=octets[1],
            access=octets[2],
            address=_address(octets[3:address_end]) if ci in _ADDRESSED else None,
            session=int.from_bytes(octets[address_end:end], "little") if end > address_end else None,
        )
        return fields, octets[end:]

    def encode(self, payload: bytes, *, sender: Identity, key: bytes | None = None) -> bytes:
        """CI field, fields and payload; in a session also the CRC, encrypted where the session says.

        Raises:
            LocalError: ``wmbus-encryption-unknown`` or ``mbus-identity-malformed``.
            DataError: ``mbus-key-size`` where encryption needs a key of 16 octets.
        """
        head = bytes((self.ci, self.communication, self.access))
        if self.address is not None:
            head += self.address.manufacturer_first()
        if self.session is None:
            return head + payload
        head += self.session.to_bytes(_SESSION, "little")
        checked = crc16(payload).to_bytes(_CRC, "little") + payload
        if self.encryption == 0:
            return head + checked
        if self.encryption != _AES_CTR:
            raise LocalError("wmbus-encryption-unknown", "A session is encrypted with AES in counter mode.")
        return head + self._keystream(checked, sender, key or b"")

    def open(self, carried: bytes, *, sender: Identity, key: bytes | None) -> bytes:
        """The payload of a session behind its CRC.

        Raises:
            PeerError: ``wmbus-link-cut``, ``wmbus-encryption-unknown``, or ``wmbus-payload-crc-wrong`` where
                nothing was encrypted.
            TrustError: ``mbus-decrypt-failed`` where the CRC does not hold after decryption.
            DataError: ``mbus-key-size``.
        """
        if self.session is None:
            return carried
        if len(carried) < _CRC:
            raise PeerError("wmbus-link-cut", "The payload of the session has no CRC.")
        if self.encryption not in (0, _AES_CTR):
            raise PeerError("wmbus-encryption-unknown", "The encryption of the session is reserved.")
        checked = self._keystream(carried, sender, key or b"") if self.encryption else carried
        payload = checked[_CRC:]
        if crc16(payload) != int.from_bytes(checked[:_CRC], "little"):
            if self.encryption:
                raise TrustError("mbus-decrypt-failed", "The telegram does not open with this key.")
            raise PeerError("wmbus-payload-crc-wrong", "The CRC of the session's payload does not hold.")
        return payload

    def _keystream(self, octets: bytes, sender: Identity, key: bytes) -> bytes:
        """Encrypts and decrypts; frame and block counter of a single frame begin at 0."""
        if len(key) != 16:
            raise DataError("mbus-key-size", "A user key has 16 octets.")
        assert self.session is not None
        initial = (
            sender.manufacturer_first()
            + bytes((self.communication,))
            + self.session.to_bytes(_SESSION, "little")
            + bytes(3)
        )
        encryptor = Cipher(AES128(key), CTR(initial)).encryptor()
        return encryptor.update(octets) + encryptor.finalize()


def _address(octets: bytes) -> Identity:
    return Identity(
        manufacturer=decode_manufacturer(octets[:2]),
        identification=octets[5:1:-1].hex().upper(),
        version=octets[6],
        device_type=octets[7],
    )
