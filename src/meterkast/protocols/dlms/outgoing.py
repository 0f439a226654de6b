"""Something too long for one message, on its way out in numbered blocks."""

from collections.abc import Callable
from dataclasses import dataclass, field

from meterkast.model.errors import PeerError
from meterkast.protocols.dlms.apdu import Block

BLOCK_HEADER = 1 + 4 + 3  # last, number, length


@dataclass(slots=True)
class Outgoing:
    """The octets that have not gone yet.

    Attributes:
        left: what remains.
        frame: makes the message around a block behind the first.
        size: octets of the longest such message.
        number: number of the last block that went.
    """

    left: bytes = field(repr=False)
    frame: Callable[[Block], bytes]
    size: int
    number: int = 0

    def first(self, overhead: int) -> Block:
        """The first block, with room for what stands in front of it."""
        return self._take(self.size - overhead - BLOCK_HEADER)

    def following(self, acknowledged: int) -> bytes:
        """The message with the next block, once the peer has taken the last one.

        Raises:
            PeerError: ``dlms-block-number`` where it acknowledges another, or there are no more.
        """
        if acknowledged != self.number or not self.left:
            raise PeerError("dlms-block-number", "A block is acknowledged out of order.")
        return self.frame(self._take(self.size - len(self.frame(Block(False, 0, b""))) - 2))

    def _take(self, count: int) -> Block:
        block, self.left = self.left[:count], self.left[count:]
        self.number += 1
        return Block(not self.left, self.number, block)
