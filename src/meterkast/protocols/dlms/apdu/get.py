"""GET: reading attributes (Green Book 9.3.6)."""

from dataclasses import dataclass
from typing import ClassVar

from meterkast.protocols.axdr import Reader, Writer
from meterkast.protocols.dlms.apdu.descriptor import AttributeDescriptor
from meterkast.protocols.dlms.apdu.invoke import InvokeId
from meterkast.protocols.dlms.apdu.result import (
    DataAccessResult,
    GetResult,
    parse_choice,
    parse_code,
    parse_result,
    write_result,
)
from meterkast.protocols.dlms.apdu.selection import Selection, parse_selection, write_selection


@dataclass(frozen=True, slots=True)
class GetRequestNormal:
    """Asks for one attribute."""

    TYPE: ClassVar = (0xC0, 1)
    invoke: InvokeId
    attribute: AttributeDescriptor
    selection: Selection | None = None

    @classmethod
    def parse(cls, reader: Reader) -> "GetRequestNormal":
        """What follows tag and type."""
        return cls(InvokeId.parse(reader), AttributeDescriptor.parse(reader), parse_selection(reader))

    def encode(self) -> bytes:
        """The APDU."""
        writer = Writer(*self.TYPE).raw(self.invoke.encode()).raw(self.attribute.encode())
        return write_selection(writer, self.selection).finish()


@dataclass(frozen=True, slots=True)
class GetRequestNext:
    """Asks for the block behind ``block_number``."""

    TYPE: ClassVar = (0xC0, 2)
    invoke: InvokeId
    block_number: int

    @classmethod
    def parse(cls, reader: Reader) -> "GetRequestNext":
        """What follows tag and type."""
        return cls(InvokeId.parse(reader), reader.number(4))

    def encode(self) -> bytes:
        """The APDU."""
        return Writer(*self.TYPE).raw(self.invoke.encode()).number(self.block_number, 4).finish()


@dataclass(frozen=True, slots=True)
class GetRequestWithList:
    """Asks for several attributes at once."""

    TYPE: ClassVar = (0xC0, 3)
    invoke: InvokeId
    attributes: tuple[tuple[AttributeDescriptor, Selection | None], ...]

    @classmethod
    def parse(cls, reader: Reader) -> "GetRequestWithList":
        """What follows tag and type."""
        return cls(InvokeId.parse(reader), parse_attributes(reader))

    def encode(self) -> bytes:
        """The APDU."""
        writer = Writer(*self.TYPE).raw(self.invoke.encode())
        return write_attributes(writer, self.attributes).finish()


@dataclass(frozen=True, slots=True)
class GetResponseNormal:
    """The value of one attribute, or why there is none."""

    TYPE: ClassVar = (0xC4, 1)
    invoke: InvokeId
    result: GetResult

    @classmethod
    def parse(cls, reader: Reader) -> "GetResponseNormal":
        """What follows tag and type."""
        return cls(InvokeId.parse(reader), parse_result(reader))

    def encode(self) -> bytes:
        """The APDU."""
        return write_result(Writer(*self.TYPE).raw(self.invoke.encode()), self.result).finish()


@dataclass(frozen=True, slots=True)
class GetResponseWithBlock:
    """One block of a long value's octets, or why there is none."""

    TYPE: ClassVar = (0xC4, 2)
    invoke: InvokeId
    last: bool
    block_number: int
    result: bytes | DataAccessResult

    @classmethod
    def parse(cls, reader: Reader) -> "GetResponseWithBlock":
        """What follows tag and type."""
        invoke, last, number = InvokeId.parse(reader), reader.flag(), reader.number(4)
        failed = parse_choice(reader)
        return cls(invoke, last, number, parse_code(reader, DataAccessResult) if failed else reader.string())

    def encode(self) -> bytes:
        """The APDU."""
        writer = Writer(*self.TYPE).raw(self.invoke.encode()).flag(self.last).number(self.block_number, 4)
        if isinstance(self.result, DataAccessResult):
            return writer.octet(1).octet(self.result).finish()
        return writer.octet(0).string(self.result).finish()


@dataclass(frozen=True, slots=True)
class GetResponseWithList:
    """Values of several attributes, in the order of the request."""

    TYPE: ClassVar = (0xC4, 3)
    invoke: InvokeId
    results: tuple[GetResult, ...]

    @classmethod
    def parse(cls, reader: Reader) -> "GetResponseWithList":
        """What follows tag and type."""
        invoke = InvokeId.parse(reader)
        return cls(invoke, tuple([parse_result(reader) for _ in range(reader.length())]))

    def encode(self) -> bytes:
        """The APDU."""
        writer = Writer(*self.TYPE).raw(self.invoke.encode()).length(len(self.results))
        for result in self.results:
            write_result(writer, result)
        return writer.finish()


def parse_attributes(reader: Reader) -> tuple[tuple[AttributeDescriptor, Selection | None], ...]:
    """A list of attributes, each with its optional selection."""
    count = reader.length()
    return tuple([(AttributeDescriptor.parse(reader), parse_selection(reader)) for _ in range(count)])


def write_attributes(
    writer: Writer, attributes: tuple[tuple[AttributeDescriptor, Selection | None], ...]
) -> Writer:
    """A list of attributes, each with its optional selection."""
    writer.length(len(attributes))
    for attribute, selection in attributes:
        write_selection(writer.raw(attribute.encode()), selection)
    return writer
