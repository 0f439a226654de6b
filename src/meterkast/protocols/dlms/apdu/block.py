"""A numbered part of something too long for one message (Green Book 9.3.4)."""

from dataclasses import dataclass

from meterkast.protocols.axdr import Reader, Writer


@dataclass(frozen=True, slots=True)
class Block:
    """One block: its number from 1, whether it is the last, its octets."""

    last: bool
    number: int
    octets: bytes

    @classmethod
    def parse(cls, reader: Reader) -> "Block":
        """The block that follows in a message."""
        return cls(reader.flag(), reader.number(4), reader.string())

    def encode(self) -> bytes:
        """Flag, number, length and octets."""
        return Writer().flag(self.last).number(self.number, 4).string(self.octets).finish()
