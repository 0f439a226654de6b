"""General block transfer: any message in numbered parts (Green Book 9.3.9)."""

from dataclasses import dataclass
from typing import ClassVar

from meterkast.protocols.axdr import Reader, Writer


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneralBlockTransfer:
    """One part.

    ``window`` is how many blocks the sender takes unconfirmed, ``acknowledged`` the last block it got.
    """

    TYPE: ClassVar = (0xE0,)
    last: bool
    streaming: bool
    window: int
    block_number: int
    acknowledged: int
    octets: bytes

    @classmethod
    def parse(cls, reader: Reader) -> "GeneralBlockTransfer":
        """What follows the tag."""
        control = reader.octet()
        return cls(
            last=bool(control & 0x80),
            streaming=bool(control & 0x40),
            window=control & 0x3F,
            block_number=reader.number(2),
            acknowledged=reader.number(2),
            octets=reader.string(),
        )

    def encode(self) -> bytes:
        """The APDU."""
        control = self.last << 7 | self.streaming << 6 | self.window
        writer = Writer(*self.TYPE).octet(control).number(self.block_number, 2).number(self.acknowledged, 2)
        return writer.string(self.octets).finish()
