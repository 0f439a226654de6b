"""Invoke-id and priority: which request an answer belongs to (Green Book 9.3.2)."""

from dataclasses import dataclass

from meterkast.model.errors import LocalError
from meterkast.protocols.axdr import Reader


@dataclass(frozen=True, slots=True)
class InvokeId:
    """One octet: a number of four bits, the service class and the priority."""

    number: int
    confirmed: bool = True
    high_priority: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.number <= 0xF:
            raise LocalError("apdu-invoke-id", "An invoke-id has four bits.")

    @classmethod
    def parse(cls, reader: Reader) -> "InvokeId":
        """The next octet of a message.

        Raises:
            PeerError: ``apdu-invoke-id`` where reserved bits are set.
        """
        octet = reader.octet()
        if octet & 0x30:
            raise reader.fault("apdu-invoke-id", "Reserved bits of the invoke-id are set.", reader.offset - 1)
        return cls(octet & 0xF, confirmed=bool(octet & 0x40), high_priority=bool(octet & 0x80))

    def encode(self) -> bytes:
        """The octet."""
        return bytes((self.number | self.confirmed << 6 | self.high_priority << 7,))


@dataclass(frozen=True, slots=True)
class LongInvokeId:
    """Four octets: a number of 24 bits and four flags."""

    number: int
    confirmed: bool = True
    high_priority: bool = False
    break_on_error: bool = False
    self_descriptive: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.number <= 0xFFFFFF:
            raise LocalError("apdu-invoke-id", "A long invoke-id has 24 bits.")

    @classmethod
    def parse(cls, reader: Reader) -> "LongInvokeId":
        """The next four octets of a message.

        Raises:
            PeerError: ``apdu-invoke-id`` where reserved bits are set.
        """
        value = reader.number(4)
        if value & 0x0F000000:
            raise reader.fault("apdu-invoke-id", "Reserved bits of the invoke-id are set.", reader.offset - 4)
        return cls(
            value & 0xFFFFFF,
            confirmed=bool(value & 1 << 30),
            high_priority=bool(value & 1 << 31),
            break_on_error=bool(value & 1 << 29),
            self_descriptive=bool(value & 1 << 28),
        )

    def encode(self) -> bytes:
        """The four octets."""
        flags = (
            self.self_descriptive << 28
            | self.break_on_error << 29
            | self.confirmed << 30
            | self.high_priority << 31
        )
        return (self.number | flags).to_bytes(4, "big")
