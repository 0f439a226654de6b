"""A SET or ACTION that comes to a server in blocks: collected, bounded, and whole in the end."""

from dataclasses import dataclass, field
from typing import TypeAlias

from meterkast.model.errors import PeerError
from meterkast.protocols.axdr import Data, Reader
from meterkast.protocols.axdr import decode as decode_data
from meterkast.protocols.dlms.apdu import (
    ActionRequestNormal,
    ActionRequestWithFirstBlock,
    ActionRequestWithList,
    ActionRequestWithListAndFirstBlock,
    Block,
    SetRequestNormal,
    SetRequestWithFirstBlock,
    SetRequestWithList,
    SetRequestWithListAndFirstBlock,
)

ASSEMBLY_LIMIT = 1 << 16

First: TypeAlias = (
    SetRequestWithFirstBlock
    | SetRequestWithListAndFirstBlock
    | ActionRequestWithFirstBlock
    | ActionRequestWithListAndFirstBlock
)
Whole: TypeAlias = SetRequestNormal | SetRequestWithList | ActionRequestNormal | ActionRequestWithList


@dataclass(slots=True)
class Assembly:
    """The blocks of one request that are here already."""

    first: First
    limit: int = ASSEMBLY_LIMIT
    number: int = 0
    octets: bytearray = field(default_factory=bytearray, repr=False)

    @property
    def is_set(self) -> bool:
        """Whether a SET is being assembled; else it is an ACTION."""
        return isinstance(self.first, SetRequestWithFirstBlock | SetRequestWithListAndFirstBlock)

    def take(self, block: Block) -> bool:
        """Adds the next block; whether it was the last.

        Raises:
            PeerError: ``dlms-block-number`` out of order, ``dlms-block-limit`` beyond the limit.
        """
        if block.number != self.number + 1:
            raise PeerError("dlms-block-number", "A block is out of order.")
        if len(self.octets) + len(block.octets) > self.limit:
            raise PeerError("dlms-block-limit", f"The request exceeds {self.limit} octets.")
        self.octets += block.octets
        self.number = block.number
        return block.last

    def whole(self) -> Whole:
        """The request as if it had come in one message.

        Raises:
            PeerError: ``axdr-…`` where the blocks do not hold its values, ``apdu-list`` for another number
                of values than names.
        """
        octets, first = bytes(self.octets), self.first
        match first:
            case SetRequestWithFirstBlock():
                return SetRequestNormal(first.invoke, first.attribute, first.selection, decode_data(octets))
            case SetRequestWithListAndFirstBlock():
                return SetRequestWithList(
                    first.invoke, first.attributes, _values(octets, len(first.attributes))
                )
            case ActionRequestWithFirstBlock():
                return ActionRequestNormal(first.invoke, first.method, decode_data(octets))
            case ActionRequestWithListAndFirstBlock():
                return ActionRequestWithList(first.invoke, first.methods, _values(octets, len(first.methods)))


def _values(octets: bytes, count: int) -> tuple[Data, ...]:
    reader = Reader(octets)
    values = tuple([reader.data() for _ in range(reader.length())])
    reader.finish()
    if len(values) != count:
        raise PeerError("apdu-list", f"{len(values)} values belong to {count} names.")
    return values
