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
SEND_SHORT_HEADER = 0x5A
SEND_LONG_HEADER = 0x5B
SET_CLOCK = 0x6C
TRANSPORT_SHORT_HEADER = 0x8A
TRANSPORT_LONG_HEADER = 0x8B
TRANSPORT_TO_DEVICE = 0x80
COMPACT = 0x79

NOT_USED = 0xFFFF
"""An old device that does not know the configuration word fills it so."""

_BLOCK = 16
_SHORT_SIZE = 4
_LONG_SIZE = 12
_MODE_TLS = 13
_EXTENDED_MODES = frozenset({7, _MODE_TLS})
"""Modes whose configuration word has one octet more."""

SHORT_HEADERS = frozenset({SHORT_HEADER, SEND_SHORT_HEADER, TRANSPORT_SHORT_HEADER})
LONG_HEADERS = frozenset(
    {
        LONG_HEADER,
        LONG_HEADER_HIGH_FIRST,
        SEND_LONG_HEADER,
        SET_CLOCK,
        TRANSPORT_LONG_HEADER,
        TRANSPORT_TO_DEVICE,
    }
)

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
        """Octets of ciphertext that follow: blocks of AES, in mode 13 the length itself."""
        if self.mode == _MODE_TLS:
            return self.configuration & 0xFF
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
        size = _SHORT_SIZE if ci in SHORT_HEADERS else _LONG_SIZE
        if len(payload) < size:
            raise PeerError(
                "mbus-header-short", f"The data header has {size} octets.", where=f"offset {len(payload)}"
            )
        *_, access, status, low, high = payload[:size]
        if ci == LONG_HEADER_HIGH_FIRST:
            low, high = high, low
        return cls(
            identity=None if ci in SHORT_HEADERS else Identity.decode(_identity_octets(ci, payload)),
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
    """A header and what its mode made unreadable, with the octets that follow in clear.

    ``extension`` is the further octet of the configuration word that modes 7 and 13 have, else None.
    """

    header: Header
    extension: int | None = None
    ciphertext: bytes
    clear: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class CompactData:
    """Values without their meaning (CI 79), which ``compact.decode`` gives them where the format is known."""

    octets: bytes


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


Telegram = VariableData | EncryptedData | FixedData | CompactData | ApplicationError


def parse(ci: int, payload: bytes) -> Telegram:
    """What the payload of a long frame, or of a radio frame behind its link layers, tells.

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
    if ci == COMPACT:
        return CompactData(octets=payload)
    if ci in SHORT_HEADERS | LONG_HEADERS:
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
    begins = 1 if header.mode in _EXTENDED_MODES else 0
    ends = begins + header.encrypted_size
    if len(content) < ends:
        raise PeerError("mbus-ciphertext-cut", "Fewer octets follow than the configuration word announces.")
    return EncryptedData(
        header=header,
        extension=content[0] if begins else None,
        ciphertext=content[begins:ends],
        clear=content[ends:],
    )
