"""ACTION: invoking methods (Green Book 9.3.8)."""

from dataclasses import dataclass
from typing import ClassVar

from meterkast.protocols.axdr import Data, Reader, Writer
from meterkast.protocols.dlms.apdu.block import Block
from meterkast.protocols.dlms.apdu.descriptor import MethodDescriptor
from meterkast.protocols.dlms.apdu.invoke import InvokeId
from meterkast.protocols.dlms.apdu.result import (
    ActionResult,
    GetResult,
    parse_code,
    parse_result,
    write_result,
)


@dataclass(frozen=True, slots=True)
class ActionRequestNormal:
    """Invokes one method."""

    TYPE: ClassVar = (0xC3, 1)
    invoke: InvokeId
    method: MethodDescriptor
    parameters: Data | None = None

    @classmethod
    def parse(cls, reader: Reader) -> "ActionRequestNormal":
        """What follows tag and type."""
        invoke, method = InvokeId.parse(reader), MethodDescriptor.parse(reader)
        return cls(invoke, method, reader.data() if reader.flag() else None)

    def encode(self) -> bytes:
        """The APDU."""
        writer = Writer(*self.TYPE).raw(self.invoke.encode()).raw(self.method.encode())
        if self.parameters is None:
            return writer.flag(False).finish()
        return writer.flag(True).data(self.parameters).finish()


@dataclass(frozen=True, slots=True)
class ActionRequestNextBlock:
    """Asks for the block behind ``block_number`` of what a method returns."""

    TYPE: ClassVar = (0xC3, 2)
    invoke: InvokeId
    block_number: int

    @classmethod
    def parse(cls, reader: Reader) -> "ActionRequestNextBlock":
        """What follows tag and type."""
        return cls(InvokeId.parse(reader), reader.number(4))

    def encode(self) -> bytes:
        """The APDU."""
        return Writer(*self.TYPE).raw(self.invoke.encode()).number(self.block_number, 4).finish()


@dataclass(frozen=True, slots=True)
class ActionRequestWithList:
    """Invokes several methods; one parameter for each, null-data where it has none."""

    TYPE: ClassVar = (0xC3, 3)
    invoke: InvokeId
    methods: tuple[MethodDescriptor, ...]
    parameters: tuple[Data, ...]

    @classmethod
    def parse(cls, reader: Reader) -> "ActionRequestWithList":
        """What follows tag and type.

        Raises:
            PeerError: ``apdu-list`` where parameters and methods differ in number.
        """
        invoke, methods = InvokeId.parse(reader), _methods(reader)
        parameters = tuple([reader.data() for _ in range(reader.length())])
        if len(parameters) != len(methods):
            raise reader.fault("apdu-list", f"{len(parameters)} parameters belong to {len(methods)} methods.")
        return cls(invoke, methods, parameters)

    def encode(self) -> bytes:
        """The APDU."""
        writer = _write_methods(Writer(*self.TYPE).raw(self.invoke.encode()), self.methods)
        writer.length(len(self.parameters))
        for parameter in self.parameters:
            writer.data(parameter)
        return writer.finish()


@dataclass(frozen=True, slots=True)
class ActionRequestWithFirstBlock:
    """Begins to invoke one method whose parameters come in blocks."""

    TYPE: ClassVar = (0xC3, 4)
    invoke: InvokeId
    method: MethodDescriptor
    block: Block

    @classmethod
    def parse(cls, reader: Reader) -> "ActionRequestWithFirstBlock":
        """What follows tag and type."""
        return cls(InvokeId.parse(reader), MethodDescriptor.parse(reader), Block.parse(reader))

    def encode(self) -> bytes:
        """The APDU."""
        writer = Writer(*self.TYPE).raw(self.invoke.encode()).raw(self.method.encode())
        return writer.raw(self.block.encode()).finish()


@dataclass(frozen=True, slots=True)
class ActionRequestWithListAndFirstBlock:
    """Begins to invoke several methods whose parameters come in blocks."""

    TYPE: ClassVar = (0xC3, 5)
    invoke: InvokeId
    methods: tuple[MethodDescriptor, ...]
    block: Block

    @classmethod
    def parse(cls, reader: Reader) -> "ActionRequestWithListAndFirstBlock":
        """What follows tag and type."""
        return cls(InvokeId.parse(reader), _methods(reader), Block.parse(reader))

    def encode(self) -> bytes:
        """The APDU."""
        writer = _write_methods(Writer(*self.TYPE).raw(self.invoke.encode()), self.methods)
        return writer.raw(self.block.encode()).finish()


@dataclass(frozen=True, slots=True)
class ActionRequestWithBlock:
    """The next block of a method's parameters."""

    TYPE: ClassVar = (0xC3, 6)
    invoke: InvokeId
    block: Block

    @classmethod
    def parse(cls, reader: Reader) -> "ActionRequestWithBlock":
        """What follows tag and type."""
        return cls(InvokeId.parse(reader), Block.parse(reader))

    def encode(self) -> bytes:
        """The APDU."""
        return Writer(*self.TYPE).raw(self.invoke.encode()).raw(self.block.encode()).finish()


@dataclass(frozen=True, slots=True)
class ActionResponseNormal:
    """Whether the method was carried out, and what it returned."""

    TYPE: ClassVar = (0xC7, 1)
    invoke: InvokeId
    result: ActionResult
    returned: GetResult | None = None

    @classmethod
    def parse(cls, reader: Reader) -> "ActionResponseNormal":
        """What follows tag and type."""
        return cls(InvokeId.parse(reader), *_outcome(reader))

    def encode(self) -> bytes:
        """The APDU."""
        writer = Writer(*self.TYPE).raw(self.invoke.encode())
        return _write_outcome(writer, self.result, self.returned).finish()


@dataclass(frozen=True, slots=True)
class ActionResponseWithBlock:
    """One block of what a method returned."""

    TYPE: ClassVar = (0xC7, 2)
    invoke: InvokeId
    block: Block

    @classmethod
    def parse(cls, reader: Reader) -> "ActionResponseWithBlock":
        """What follows tag and type."""
        return cls(InvokeId.parse(reader), Block.parse(reader))

    def encode(self) -> bytes:
        """The APDU."""
        return Writer(*self.TYPE).raw(self.invoke.encode()).raw(self.block.encode()).finish()


@dataclass(frozen=True, slots=True)
class ActionResponseWithList:
    """Outcomes of several methods, in the order of the request."""

    TYPE: ClassVar = (0xC7, 3)
    invoke: InvokeId
    outcomes: tuple[tuple[ActionResult, GetResult | None], ...]

    @classmethod
    def parse(cls, reader: Reader) -> "ActionResponseWithList":
        """What follows tag and type."""
        invoke = InvokeId.parse(reader)
        return cls(invoke, tuple([_outcome(reader) for _ in range(reader.length())]))

    def encode(self) -> bytes:
        """The APDU."""
        writer = Writer(*self.TYPE).raw(self.invoke.encode()).length(len(self.outcomes))
        for result, returned in self.outcomes:
            _write_outcome(writer, result, returned)
        return writer.finish()


@dataclass(frozen=True, slots=True)
class ActionResponseNextBlock:
    """This block was taken; send the next."""

    TYPE: ClassVar = (0xC7, 4)
    invoke: InvokeId
    block_number: int

    @classmethod
    def parse(cls, reader: Reader) -> "ActionResponseNextBlock":
        """What follows tag and type."""
        return cls(InvokeId.parse(reader), reader.number(4))

    def encode(self) -> bytes:
        """The APDU."""
        return Writer(*self.TYPE).raw(self.invoke.encode()).number(self.block_number, 4).finish()


def _methods(reader: Reader) -> tuple[MethodDescriptor, ...]:
    return tuple([MethodDescriptor.parse(reader) for _ in range(reader.length())])


def _write_methods(writer: Writer, methods: tuple[MethodDescriptor, ...]) -> Writer:
    writer.length(len(methods))
    for method in methods:
        writer.raw(method.encode())
    return writer


def _outcome(reader: Reader) -> tuple[ActionResult, GetResult | None]:
    return parse_code(reader, ActionResult), parse_result(reader) if reader.flag() else None


def _write_outcome(writer: Writer, result: ActionResult, returned: GetResult | None) -> Writer:
    writer.octet(result)
    return writer.flag(False) if returned is None else write_result(writer.flag(True), returned)
