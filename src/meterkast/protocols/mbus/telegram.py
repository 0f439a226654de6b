"""What a device tells: the header behind the CI field, and the records it announces (EN 13757-3, 5 and 6)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from meterkast.model.errors import PeerError
from meterkast.protocols.mbus import records
from meterkast.protocols.mbus.fixed import FixedData
from meterkast.protocols.mbus.identity import Identity
from meterkast.protocols.mbus.records import ManufacturerData, Record

APPLICATION_ERROR = 0x70
LONG_HEADER = 0x72
LONG_HEADER_HIGH_FIRST = 0x76
NO_HEADER = 0x78
SHORT_HEADER = 0x7A
FIXED_DATA = 0x73
FIXED_DATA_HIGH_FIRST = 0x77
SEND_DATA = 0x51
SEND_DATA_HIGH_FIRST = 0x55

NOT_USED = 0xFFFF
"""An old device that does not know the configuration word fills it so."""

_BLOCK = 16
_SHORT_SIZE = 4
_LONG_SIZE = 12

APPLICATION_ERRORS: Mapping[int, str] = {
    0x00: "unspecified error",
    0x01: "unimplemented CI field",
    0x02: "buffer too long",
    0x03: "too many records",
    0x04: "premature end of record",
    0x05: "more than 10 DIFEs",
    0x06: "more than 10 VIFEs",
    0x08: "application busy",
    0x09: "too many readouts",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The data header: who speaks, in what state, and how what follows is encrypted.

    Attributes:
        identity: None in a short header, which leaves it to the link layer.
        access: counts the answers of the device.
        status: the status octet; unprotected, and 0 in Dutch meters (DSMR P2).
        configuration: the configuration word, once called signature.
    """

    identity: Identity | None
    access: int
    status: int
    configuration: int = 0

    @property
    def mode(self) -> int:
        """The encryption mode; 0 is none."""
        return 0 if self.configuration == NOT_USED else self.configuration >> 8 & 0x1F

    @property
    def encrypted_size(self) -> int:
        """Octets of ciphertext that follow, for modes that encrypt in blocks of AES."""
        return (self.configuration >> 4 & 0x0F) * _BLOCK

    @property
    def size(self) -> int:
        """Octets on the wire."""
        return _SHORT_SIZE if self.identity is None else _LONG_SIZE

    @classmethod
    def decode(cls, ci: int, payload: bytes) -> "Header":
        """The header in front of a payload.

        Raises:
            PeerError: ``mbus-header-short``.
        """
        size = _SHORT_SIZE if ci == SHORT_HEADER else _LONG_SIZE
        if len(payload) < size:
            raise PeerError(
                "mbus-header-short", f"The data header has {size} octets.", where=f"offset {len(payload)}"
            )
        *_, access, status, low, high = payload[:size]
        if ci == LONG_HEADER_HIGH_FIRST:
            low, high = high, low
        return cls(
            identity=None if ci == SHORT_HEADER else Identity.decode(_identity_octets(ci, payload)),
            access=access,
            status=status,
            configuration=high << 8 | low,
        )

    def encode(self) -> bytes:
        """The header for CI 72 or, without an identity, for CI 7A."""
        identity = b"" if self.identity is None else self.identity.encode()
        return identity + bytes((self.access, self.status)) + self.configuration.to_bytes(2, "little")


@dataclass(frozen=True, slots=True, kw_only=True)
class VariableData:
    """Records, with the header in front of them where there is one."""

    header: Header | None
    records: tuple[Record | ManufacturerData, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EncryptedData:
    """A header and what its mode made unreadable, with the octets that follow in clear."""

    header: Header
    ciphertext: bytes
    clear: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationError:
    """The device could not do what it was asked (CI 70); ``code`` None where it does not say why."""

    code: int | None

    @property
    def text(self) -> str:
        """The reason in words."""
        return (
            APPLICATION_ERRORS[0]
            if self.code is None
            else APPLICATION_ERRORS.get(self.code, "reserved error")
        )


Telegram = VariableData | EncryptedData | FixedData | ApplicationError


def parse(ci: int, payload: bytes) -> Telegram:
    """What the payload of a long frame tells.

    Raises:
        PeerError: ``mbus-ci-unknown``, ``mbus-header-short``, ``mbus-ciphertext-cut`` and those of
            ``records.decode``, whose offsets count from the end of the header.
    """
    if ci == APPLICATION_ERROR:
        return ApplicationError(code=payload[0] if payload else None)
    if ci in (FIXED_DATA, FIXED_DATA_HIGH_FIRST):
        return FixedData.decode(payload, high_first=_order(ci) == "big")
    if ci in (NO_HEADER, SEND_DATA, SEND_DATA_HIGH_FIRST):
        return VariableData(header=None, records=tuple(records.decode(payload, _order(ci))))
    if ci in (LONG_HEADER, LONG_HEADER_HIGH_FIRST, SHORT_HEADER):
        header = Header.decode(ci, payload)
        content = payload[header.size :]
        if header.mode:
            return _encrypted(header, content)
        return VariableData(header=header, records=tuple(records.decode(content, _order(ci))))
    raise PeerError("mbus-ci-unknown", f"The control information {ci:02X} is not one that is read here.")


def _order(ci: int) -> Literal["little", "big"]:
    return "big" if ci in (LONG_HEADER_HIGH_FIRST, FIXED_DATA_HIGH_FIRST, SEND_DATA_HIGH_FIRST) else "little"


def _identity_octets(ci: int, payload: bytes) -> bytes:
    """The identity, low octet of each field first."""
    if _order(ci) == "little":
        return payload[:8]
    return payload[3::-1] + payload[5:3:-1] + payload[6:8]


def _encrypted(header: Header, content: bytes) -> EncryptedData:
    if len(content) < header.encrypted_size:
        raise PeerError("mbus-ciphertext-cut", "Fewer octets follow than the configuration word announces.")
    return EncryptedData(
        header=header, ciphertext=content[: header.encrypted_size], clear=content[header.encrypted_size :]
    )
