"""What both sides can do: user-information of an association that opens (Green Book 9.4.2, 9.5)."""

from dataclasses import dataclass
from enum import IntFlag
from typing import ClassVar, Final

from meterkast.protocols.axdr import Reader, Writer

_CONFORMANCE_TAG: Final = bytes.fromhex("5F1F0400")  # application tag 31, 4 octets, no unused bits
_DLMS_VERSION: Final = 6
VAA_NAME_LN: Final = 0x0007


class Conformance(IntFlag):
    """Services on offer; bit 0 of the standard is the highest of 24."""

    GENERAL_PROTECTION = 1 << 22
    GENERAL_BLOCK_TRANSFER = 1 << 21
    READ = 1 << 20
    WRITE = 1 << 19
    UNCONFIRMED_WRITE = 1 << 18
    DELTA_VALUE_ENCODING = 1 << 17
    ATTRIBUTE0_WITH_SET = 1 << 15
    PRIORITY_MANAGEMENT = 1 << 14
    ATTRIBUTE0_WITH_GET = 1 << 13
    BLOCK_TRANSFER_WITH_GET = 1 << 12
    BLOCK_TRANSFER_WITH_SET = 1 << 11
    BLOCK_TRANSFER_WITH_ACTION = 1 << 10
    MULTIPLE_REFERENCES = 1 << 9
    INFORMATION_REPORT = 1 << 8
    DATA_NOTIFICATION = 1 << 7
    ACCESS = 1 << 6
    PARAMETERIZED_ACCESS = 1 << 5
    GET = 1 << 4
    SET = 1 << 3
    SELECTIVE_ACCESS = 1 << 2
    EVENT_NOTIFICATION = 1 << 1
    ACTION = 1 << 0


@dataclass(frozen=True, slots=True, kw_only=True)
class InitiateRequest:
    """What the client proposes. ``max_pdu_size`` is the longest APDU it takes; 0 means no limit."""

    TYPE: ClassVar = (0x01,)
    conformance: Conformance
    max_pdu_size: int
    dedicated_key: bytes | None = None
    response_allowed: bool = True
    quality_of_service: int | None = None
    version: int = _DLMS_VERSION

    @classmethod
    def parse(cls, reader: Reader) -> "InitiateRequest":
        """What follows the tag."""
        return cls(
            dedicated_key=reader.string() if reader.flag() else None,
            response_allowed=reader.flag() if reader.flag() else True,
            quality_of_service=reader.octet() if reader.flag() else None,
            version=reader.octet(),
            conformance=_conformance(reader),
            max_pdu_size=reader.number(2),
        )

    def encode(self) -> bytes:
        """The APDU."""
        writer = Writer(*self.TYPE)
        if self.dedicated_key is None:
            writer.flag(False)
        else:
            writer.flag(True).string(self.dedicated_key)
        if self.response_allowed:
            writer.flag(False)
        else:
            writer.flag(True).flag(False)
        _write_quality(writer, self.quality_of_service).octet(self.version)
        return _write_conformance(writer, self.conformance).number(self.max_pdu_size, 2).finish()


@dataclass(frozen=True, slots=True, kw_only=True)
class InitiateResponse:
    """What the server settles on."""

    TYPE: ClassVar = (0x08,)
    conformance: Conformance
    max_pdu_size: int
    quality_of_service: int | None = None
    version: int = _DLMS_VERSION
    vaa_name: int = VAA_NAME_LN

    @classmethod
    def parse(cls, reader: Reader) -> "InitiateResponse":
        """What follows the tag."""
        return cls(
            quality_of_service=reader.octet() if reader.flag() else None,
            version=reader.octet(),
            conformance=_conformance(reader),
            max_pdu_size=reader.number(2),
            vaa_name=reader.number(2),
        )

    def encode(self) -> bytes:
        """The APDU."""
        writer = _write_quality(Writer(*self.TYPE), self.quality_of_service).octet(self.version)
        _write_conformance(writer, self.conformance)
        return writer.number(self.max_pdu_size, 2).number(self.vaa_name, 2).finish()


def _conformance(reader: Reader) -> Conformance:
    if reader.take(4) != _CONFORMANCE_TAG:
        raise reader.fault("apdu-conformance", "The conformance block does not begin 5F 1F 04 00.")
    return Conformance(reader.number(3))


def _write_conformance(writer: Writer, conformance: Conformance) -> Writer:
    return writer.raw(_CONFORMANCE_TAG).number(conformance, 3)


def _write_quality(writer: Writer, quality: int | None) -> Writer:
    return writer.flag(False) if quality is None else writer.flag(True).octet(quality)
