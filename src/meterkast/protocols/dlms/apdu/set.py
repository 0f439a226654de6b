"""SET: writing attributes (Green Book 9.3.7)."""

from dataclasses import dataclass
from typing import ClassVar

from meterkast.protocols.axdr import Data, Reader, Writer
from meterkast.protocols.dlms.apdu.block import Block
from meterkast.protocols.dlms.apdu.descriptor import AttributeDescriptor
from meterkast.protocols.dlms.apdu.get import parse_attributes, write_attributes
from meterkast.protocols.dlms.apdu.invoke import InvokeId
from meterkast.protocols.dlms.apdu.result import DataAccessResult, parse_code
from meterkast.protocols.dlms.apdu.selection import Selection, parse_selection, write_selection


@dataclass(frozen=True, slots=True)
class SetRequestNormal:
    """Writes one attribute."""

    TYPE: ClassVar = (0xC1, 1)
    invoke: InvokeId
    attribute: AttributeDescriptor
    selection: Selection | None
    value: Data

    @classmethod
    def parse(cls, reader: Reader) -> "SetRequestNormal":
        """What follows tag and type."""
        invoke, attribute = InvokeId.parse(reader), AttributeDescriptor.parse(reader)
        return cls(invoke, attribute, parse_selection(reader), reader.data())

    def encode(self) -> bytes:
        """The APDU."""
        writer = Writer(*self.TYPE).raw(self.invoke.encode()).raw(self.attribute.encode())
        return write_selection(writer, self.selection).data(self.value).finish()


@dataclass(frozen=True, slots=True)
class SetRequestWithFirstBlock:
    """Begins to write one attribute whose value comes in blocks."""

    TYPE: ClassVar = (0xC1, 2)
    invoke: InvokeId
    attribute: AttributeDescriptor
    selection: Selection | None
    block: Block

    @classmethod
    def parse(cls, reader: Reader) -> "SetRequestWithFirstBlock":
        """What follows tag and type."""
        invoke, attribute = InvokeId.parse(reader), AttributeDescriptor.parse(reader)
        return cls(invoke, attribute, parse_selection(reader), Block.parse(reader))

    def encode(self) -> bytes:
        """The APDU."""
        writer = Writer(*self.TYPE).raw(self.invoke.encode()).raw(self.attribute.encode())
        return write_selection(writer, self.selection).raw(self.block.encode()).finish()


@dataclass(frozen=True, slots=True)
class SetRequestWithBlock:
    """The next block of a value."""

    TYPE: ClassVar = (0xC1, 3)
    invoke: InvokeId
    block: Block

    @classmethod
    def parse(cls, reader: Reader) -> "SetRequestWithBlock":
        """What follows tag and type."""
        return cls(InvokeId.parse(reader), Block.parse(reader))

    def encode(self) -> bytes:
        """The APDU."""
        return Writer(*self.TYPE).raw(self.invoke.encode()).raw(self.block.encode()).finish()


@dataclass(frozen=True, slots=True)
class SetRequestWithList:
    """Writes several attributes at once; one value for each."""

    TYPE: ClassVar = (0xC1, 4)
    invoke: InvokeId
    attributes: tuple[tuple[AttributeDescriptor, Selection | None], ...]
    values: tuple[Data, ...]

    @classmethod
    def parse(cls, reader: Reader) -> "SetRequestWithList":
        """What follows tag and type.

        Raises:
            PeerError: ``apdu-list`` where values and attributes differ in number.
        """
        invoke, attributes = InvokeId.parse(reader), parse_attributes(reader)
        values = tuple([reader.data() for _ in range(reader.length())])
        if len(values) != len(attributes):
            raise reader.fault("apdu-list", f"{len(values)} values belong to {len(attributes)} attributes.")
        return cls(invoke, attributes, values)

    def encode(self) -> bytes:
        """The APDU."""
        writer = write_attributes(Writer(*self.TYPE).raw(self.invoke.encode()), self.attributes)
        writer.length(len(self.values))
        for value in self.values:
            writer.data(value)
        return writer.finish()


@dataclass(frozen=True, slots=True)
class SetRequestWithListAndFirstBlock:
    """Begins to write several attributes whose values come in blocks."""

    TYPE: ClassVar = (0xC1, 5)
    invoke: InvokeId
    attributes: tuple[tuple[AttributeDescriptor, Selection | None], ...]
    block: Block

    @classmethod
    def parse(cls, reader: Reader) -> "SetRequestWithListAndFirstBlock":
        """What follows tag and type."""
        return cls(InvokeId.parse(reader), parse_attributes(reader), Block.parse(reader))

    def encode(self) -> bytes:
        """The APDU."""
        writer = write_attributes(Writer(*self.TYPE).raw(self.invoke.encode()), self.attributes)
        return writer.raw(self.block.encode()).finish()


@dataclass(frozen=True, slots=True)
class SetResponseNormal:
    """Whether the attribute was written."""

    TYPE: ClassVar = (0xC5, 1)
    invoke: InvokeId
    result: DataAccessResult

    @classmethod
    def parse(cls, reader: Reader) -> "SetResponseNormal":
        """What follows tag and type."""
        return cls(InvokeId.parse(reader), parse_code(reader, DataAccessResult))

    def encode(self) -> bytes:
        """The APDU."""
        return Writer(*self.TYPE).raw(self.invoke.encode()).octet(self.result).finish()


@dataclass(frozen=True, slots=True)
class SetResponseBlock:
    """This block was taken; send the next."""

    TYPE: ClassVar = (0xC5, 2)
    invoke: InvokeId
    block_number: int

    @classmethod
    def parse(cls, reader: Reader) -> "SetResponseBlock":
        """What follows tag and type."""
        return cls(InvokeId.parse(reader), reader.number(4))

    def encode(self) -> bytes:
        """The APDU."""
        return Writer(*self.TYPE).raw(self.invoke.encode()).number(self.block_number, 4).finish()


@dataclass(frozen=True, slots=True)
class SetResponseLastBlock:
    """Whether the attribute was written, after its last block."""

    TYPE: ClassVar = (0xC5, 3)
    invoke: InvokeId
    result: DataAccessResult
    block_number: int

    @classmethod
    def parse(cls, reader: Reader) -> "SetResponseLastBlock":
        """What follows tag and type."""
        return cls(InvokeId.parse(reader), parse_code(reader, DataAccessResult), reader.number(4))

    def encode(self) -> bytes:
        """The APDU."""
        writer = Writer(*self.TYPE).raw(self.invoke.encode()).octet(self.result)
        return writer.number(self.block_number, 4).finish()


@dataclass(frozen=True, slots=True)
class SetResponseLastBlockWithList:
    """Which attributes were written, after the last block."""

    TYPE: ClassVar = (0xC5, 4)
    invoke: InvokeId
    results: tuple[DataAccessResult, ...]
    block_number: int

    @classmethod
    def parse(cls, reader: Reader) -> "SetResponseLastBlockWithList":
        """What follows tag and type."""
        return cls(InvokeId.parse(reader), _results(reader), reader.number(4))

    def encode(self) -> bytes:
        """The APDU."""
        writer = Writer(*self.TYPE).raw(self.invoke.encode()).string(bytes(self.results))
        return writer.number(self.block_number, 4).finish()


@dataclass(frozen=True, slots=True)
class SetResponseWithList:
    """Which attributes were written."""

    TYPE: ClassVar = (0xC5, 5)
    invoke: InvokeId
    results: tuple[DataAccessResult, ...]

    @classmethod
    def parse(cls, reader: Reader) -> "SetResponseWithList":
        """What follows tag and type."""
        return cls(InvokeId.parse(reader), _results(reader))

    def encode(self) -> bytes:
        """The APDU."""
        return Writer(*self.TYPE).raw(self.invoke.encode()).string(bytes(self.results)).finish()


def _results(reader: Reader) -> tuple[DataAccessResult, ...]:
    return tuple([parse_code(reader, DataAccessResult) for _ in range(reader.length())])
