"""ACCESS: several reads, writes and calls in one message (Green Book 9.3.5)."""

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar, TypeAlias

from meterkast.protocols.axdr import Data, Reader, Writer
from meterkast.protocols.dlms.apdu.descriptor import AttributeDescriptor, MethodDescriptor
from meterkast.protocols.dlms.apdu.invoke import LongInvokeId
from meterkast.protocols.dlms.apdu.result import ActionResult, DataAccessResult, parse_code
from meterkast.protocols.dlms.apdu.selection import Selection, parse_bare_selection


class AccessKind(IntEnum):
    """What is done, as the choice in front of each result says."""

    GET = 1
    SET = 2
    ACTION = 3


@dataclass(frozen=True, slots=True)
class AccessGet:
    """Reads an attribute; its data in the request is null-data."""

    KIND: ClassVar = AccessKind.GET
    attribute: AttributeDescriptor
    selection: Selection | None = None

    def encode(self) -> bytes:
        """The specification with its choice."""
        if self.selection is None:
            return b"\x01" + self.attribute.encode()
        return b"\x04" + self.attribute.encode() + self.selection.encode()


@dataclass(frozen=True, slots=True)
class AccessSet:
    """Writes an attribute; its data is the value."""

    KIND: ClassVar = AccessKind.SET
    attribute: AttributeDescriptor
    selection: Selection | None = None

    def encode(self) -> bytes:
        """The specification with its choice."""
        if self.selection is None:
            return b"\x02" + self.attribute.encode()
        return b"\x05" + self.attribute.encode() + self.selection.encode()


@dataclass(frozen=True, slots=True)
class AccessAction:
    """Invokes a method; its data is the parameter."""

    KIND: ClassVar = AccessKind.ACTION
    method: MethodDescriptor

    def encode(self) -> bytes:
        """The specification with its choice."""
        return b"\x03" + self.method.encode()


AccessSpecification: TypeAlias = AccessGet | AccessSet | AccessAction
AccessResult: TypeAlias = DataAccessResult | ActionResult


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """What is to be done, in order, and one value for each."""

    TYPE: ClassVar = (0xD9,)
    invoke: LongInvokeId
    date_time: bytes
    specifications: tuple[AccessSpecification, ...]
    values: tuple[Data, ...]

    @classmethod
    def parse(cls, reader: Reader) -> "AccessRequest":
        """What follows the tag.

        Raises:
            PeerError: ``apdu-list`` where values and specifications differ in number.
        """
        invoke, date_time = LongInvokeId.parse(reader), reader.string()
        specifications = tuple([_specification(reader) for _ in range(reader.length())])
        values = tuple([reader.data() for _ in range(reader.length())])
        if len(values) != len(specifications):
            raise reader.fault("apdu-list", f"{len(values)} values belong to {len(specifications)} requests.")
        return cls(invoke, date_time, specifications, values)

    def encode(self) -> bytes:
        """The APDU."""
        writer = Writer(*self.TYPE).raw(self.invoke.encode()).string(self.date_time)
        writer.length(len(self.specifications))
        for specification in self.specifications:
            writer.raw(specification.encode())
        return _write_values(writer, self.values).finish()


@dataclass(frozen=True, slots=True)
class AccessResponse:
    """One value and one result for each request; null-data where there is no value."""

    TYPE: ClassVar = (0xDA,)
    invoke: LongInvokeId
    date_time: bytes
    values: tuple[Data, ...]
    kinds: tuple[AccessKind, ...]
    results: tuple[AccessResult, ...]
    specifications: tuple[AccessSpecification, ...] | None = None

    @classmethod
    def parse(cls, reader: Reader) -> "AccessResponse":
        """What follows the tag.

        Raises:
            PeerError: ``apdu-list`` where values and results differ in number.
        """
        invoke, date_time = LongInvokeId.parse(reader), reader.string()
        repeated = reader.flag()
        specifications = tuple([_specification(reader) for _ in range(reader.length())]) if repeated else None
        values = tuple([reader.data() for _ in range(reader.length())])
        ended = [_result(reader) for _ in range(reader.length())]
        if len(values) != len(ended):
            raise reader.fault("apdu-list", f"{len(values)} values belong to {len(ended)} results.")
        kinds, results = tuple([kind for kind, _ in ended]), tuple([result for _, result in ended])
        return cls(invoke, date_time, values, kinds, results, specifications)

    def encode(self) -> bytes:
        """The APDU."""
        writer = Writer(*self.TYPE).raw(self.invoke.encode()).string(self.date_time)
        writer.flag(self.specifications is not None)
        if self.specifications is not None:
            writer.length(len(self.specifications))
            for specification in self.specifications:
                writer.raw(specification.encode())
        _write_values(writer, self.values).length(len(self.results))
        for kind, result in zip(self.kinds, self.results, strict=True):
            writer.octet(kind).octet(result)
        return writer.finish()


def _specification(reader: Reader) -> AccessSpecification:
    choice = reader.octet()
    match choice:
        case 1:
            return AccessGet(AttributeDescriptor.parse(reader))
        case 2:
            return AccessSet(AttributeDescriptor.parse(reader))
        case 3:
            return AccessAction(MethodDescriptor.parse(reader))
        case 4:
            return AccessGet(AttributeDescriptor.parse(reader), parse_bare_selection(reader))
        case 5:
            return AccessSet(AttributeDescriptor.parse(reader), parse_bare_selection(reader))
    raise reader.fault("apdu-choice", f"{choice:02X} names no kind of access.", reader.offset - 1)


def _result(reader: Reader) -> tuple[AccessKind, AccessResult]:
    choice = reader.octet()
    if choice in (AccessKind.GET, AccessKind.SET):
        return AccessKind(choice), parse_code(reader, DataAccessResult)
    if choice == AccessKind.ACTION:
        return AccessKind.ACTION, parse_code(reader, ActionResult)
    raise reader.fault("apdu-choice", f"{choice:02X} names no kind of access.", reader.offset - 1)


def _write_values(writer: Writer, values: tuple[Data, ...]) -> Writer:
    writer.length(len(values))
    for value in values:
        writer.data(value)
    return writer
