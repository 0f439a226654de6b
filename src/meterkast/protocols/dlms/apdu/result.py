"""How a request ended (Green Book 9.5, Data-Access-Result and Action-Result)."""

from enum import IntEnum
from typing import TypeAlias, TypeVar

from meterkast.protocols.axdr import Data, Reader, Writer


class DataAccessResult(IntEnum):
    """Why an attribute was not read or written."""

    SUCCESS = 0
    HARDWARE_FAULT = 1
    TEMPORARY_FAILURE = 2
    READ_WRITE_DENIED = 3
    OBJECT_UNDEFINED = 4
    OBJECT_CLASS_INCONSISTENT = 9
    OBJECT_UNAVAILABLE = 11
    TYPE_UNMATCHED = 12
    SCOPE_OF_ACCESS_VIOLATED = 13
    DATA_BLOCK_UNAVAILABLE = 14
    LONG_GET_ABORTED = 15
    NO_LONG_GET_IN_PROGRESS = 16
    LONG_SET_ABORTED = 17
    NO_LONG_SET_IN_PROGRESS = 18
    DATA_BLOCK_NUMBER_INVALID = 19
    OTHER_REASON = 250


class ActionResult(IntEnum):
    """Why a method was not carried out."""

    SUCCESS = 0
    HARDWARE_FAULT = 1
    TEMPORARY_FAILURE = 2
    READ_WRITE_DENIED = 3
    OBJECT_UNDEFINED = 4
    OBJECT_CLASS_INCONSISTENT = 9
    OBJECT_UNAVAILABLE = 11
    TYPE_UNMATCHED = 12
    SCOPE_OF_ACCESS_VIOLATED = 13
    DATA_BLOCK_UNAVAILABLE = 14
    LONG_ACTION_ABORTED = 15
    NO_LONG_ACTION_IN_PROGRESS = 16
    OTHER_REASON = 250


GetResult: TypeAlias = Data | DataAccessResult
_R = TypeVar("_R", DataAccessResult, ActionResult)


def parse_code(reader: Reader, kind: type[_R]) -> _R:
    """The next octet as a result code.

    Raises:
        PeerError: ``apdu-result-unknown`` where the standard names no such result.
    """
    code = reader.octet()
    try:
        return kind(code)
    except ValueError:
        raise reader.fault("apdu-result-unknown", f"{code} is not a result.", reader.offset - 1) from None


def parse_result(reader: Reader) -> GetResult:
    """Get-Data-Result: 00 and a value, or 01 and a code."""
    return parse_code(reader, DataAccessResult) if parse_choice(reader) else reader.data()


def parse_choice(reader: Reader) -> bool:
    """The tag of a two-way choice.

    Raises:
        PeerError: ``apdu-choice`` for anything but 00 and 01.
    """
    choice = reader.octet()
    if choice > 1:
        raise reader.fault("apdu-choice", f"{choice:02X} stands where 00 or 01 belongs.", reader.offset - 1)
    return bool(choice)


def write_result(writer: Writer, result: GetResult) -> Writer:
    """Get-Data-Result."""
    if isinstance(result, DataAccessResult):
        return writer.octet(1).octet(result)
    return writer.octet(0).data(result)
