"""Short names, the way of old meters: READ by number instead of by logical name (Green Book 9.3.13)."""

from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from meterkast.protocols.axdr import Data, Reader, Writer
from meterkast.protocols.dlms.apdu.result import DataAccessResult, parse_code

_DATA, _ERROR, _BLOCK = 0, 1, 2


@dataclass(frozen=True, slots=True)
class VariableName:
    """An attribute: base name of the object plus eight for each attribute behind the first."""

    CHOICE: ClassVar = 2
    name: int

    @classmethod
    def parse(cls, reader: Reader) -> "VariableName":
        """What follows the choice."""
        return cls(reader.number(2))

    def encode(self) -> bytes:
        """Choice and name."""
        return Writer(self.CHOICE).number(self.name, 2).finish()


@dataclass(frozen=True, slots=True)
class ParameterizedAccess:
    """Part of an attribute: its name, selector and parameters."""

    CHOICE: ClassVar = 4
    name: int
    selector: int
    parameter: Data

    @classmethod
    def parse(cls, reader: Reader) -> "ParameterizedAccess":
        """What follows the choice."""
        return cls(reader.number(2), reader.octet(), reader.data())

    def encode(self) -> bytes:
        """Choice, name, selector and parameters."""
        return Writer(self.CHOICE).number(self.name, 2).octet(self.selector).data(self.parameter).finish()


@dataclass(frozen=True, slots=True)
class BlockNumberAccess:
    """Asks for the block behind ``block_number``."""

    CHOICE: ClassVar = 5
    block_number: int

    @classmethod
    def parse(cls, reader: Reader) -> "BlockNumberAccess":
        """What follows the choice."""
        return cls(reader.number(2))

    def encode(self) -> bytes:
        """Choice and number."""
        return Writer(self.CHOICE).number(self.block_number, 2).finish()


VariableAccess: TypeAlias = VariableName | ParameterizedAccess | BlockNumberAccess
_ACCESSES: dict[int, type[VariableAccess]] = {
    kind.CHOICE: kind for kind in (VariableName, ParameterizedAccess, BlockNumberAccess)
}


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """Reads variables."""

    TYPE: ClassVar = (0x05,)
    variables: tuple[VariableAccess, ...]

    @classmethod
    def parse(cls, reader: Reader) -> "ReadRequest":
        """What follows the tag."""
        return cls(tuple([_access(reader) for _ in range(reader.length())]))

    def encode(self) -> bytes:
        """The APDU."""
        writer = Writer(*self.TYPE).length(len(self.variables))
        for variable in self.variables:
            writer.raw(variable.encode())
        return writer.finish()


@dataclass(frozen=True, slots=True)
class ReadBlock:
    """Part of an answer that is too long for one message; the whole is the list of results."""

    last: bool
    number: int
    octets: bytes


ReadResult: TypeAlias = Data | DataAccessResult | ReadBlock


@dataclass(frozen=True, slots=True)
class ReadResponse:
    """The values in the order of the request, or one block of them."""

    TYPE: ClassVar = (0x0C,)
    results: tuple[ReadResult, ...]

    @classmethod
    def parse(cls, reader: Reader) -> "ReadResponse":
        """What follows the tag."""
        return cls(parse_read_results(reader))

    def encode(self) -> bytes:
        """The APDU."""
        return Writer(*self.TYPE).raw(encode_read_results(self.results)).finish()


def parse_read_results(reader: Reader) -> tuple[ReadResult, ...]:
    """A list of results."""
    return tuple([_result(reader) for _ in range(reader.length())])


def encode_read_results(results: tuple[ReadResult, ...]) -> bytes:
    """A list of results."""
    writer = Writer().length(len(results))
    for result in results:
        match result:
            case ReadBlock(last, number, octets):
                writer.octet(_BLOCK).flag(last).number(number, 2).string(octets)
            case DataAccessResult():
                writer.octet(_ERROR).octet(result)
            case _:
                writer.octet(_DATA).data(result)
    return writer.finish()


def _access(reader: Reader) -> VariableAccess:
    choice = reader.octet()
    kind = _ACCESSES.get(choice)
    if kind is None:
        raise reader.fault("apdu-choice", f"{choice:02X} names no kind of variable.", reader.offset - 1)
    return kind.parse(reader)


def _result(reader: Reader) -> ReadResult:
    choice = reader.octet()
    match choice:
        case 0:
            return reader.data()
        case 1:
            return parse_code(reader, DataAccessResult)
        case 2:
            return ReadBlock(reader.flag(), reader.number(2), reader.string())
    raise reader.fault("apdu-choice", f"{choice:02X} names no kind of result.", reader.offset - 1)
