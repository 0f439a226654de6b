"""An answer that is too long for one message, on its way out block by block, to a GET or to an ACTION."""

from dataclasses import dataclass, field
from typing import Final

from meterkast.protocols.dlms.apdu import (
    ActionResponseWithBlock,
    Block,
    GetResponseWithBlock,
    InvokeId,
)

_OVERHEAD: Final = 1 + 1 + 1 + 1 + 4 + 1 + 3  # tag, type, invoke-id, last, number, choice, length


@dataclass(slots=True)
class LongAnswer:
    """What has not gone yet.

    Attributes:
        left: the octets.
        is_get: whether a GET is answered; else it is an ACTION.
        size: the longest message the client takes.
        number: of the last block that went.
    """

    left: bytes = field(repr=False)
    is_get: bool
    size: int
    number: int = 0

    def next_block(self, invoke: InvokeId) -> bytes:
        """The message with the next block."""
        size = self.size - _OVERHEAD
        octets, self.left = self.left[:size], self.left[size:]
        self.number += 1
        if self.is_get:
            return GetResponseWithBlock(invoke, not self.left, self.number, octets).encode()
        return ActionResponseWithBlock(invoke, Block(not self.left, self.number, octets)).encode()
