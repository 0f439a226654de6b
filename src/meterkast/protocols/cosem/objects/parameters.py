"""What a client hands to a method or an attribute, taken apart; any other form is ``type-unmatched``."""

from enum import IntEnum
from typing import TypeVar

from meterkast.protocols.axdr import Data, Kind
from meterkast.protocols.dlms.apdu import DataAccessResult
from meterkast.protocols.dlms.object_model import AccessDenied

E = TypeVar("E", bound=IntEnum)


def fields(data: Data, count: int) -> tuple[Data, ...]:
    """The values of a structure of so many."""
    if data.kind is not Kind.STRUCTURE or len(data.items) != count:
        raise malformed()
    return data.items


def items(data: Data) -> tuple[Data, ...]:
    """The values of an array that is not empty."""
    if data.kind is not Kind.ARRAY or not data.items:
        raise malformed()
    return data.items


def number(data: Data, kind: Kind) -> int:
    """A number of this kind."""
    if data.kind is not kind or not isinstance(data.value, int):
        raise malformed()
    return data.value


def member(of: type[E], data: Data) -> E:
    """An enum that has this member."""
    try:
        return of(number(data, Kind.ENUM))
    except ValueError:
        raise malformed() from None


def octet_string(data: Data) -> bytes:
    """Octets."""
    if data.kind is not Kind.OCTET_STRING or not isinstance(data.value, bytes):
        raise malformed()
    return data.value


def malformed() -> AccessDenied:
    """The answer to anything else."""
    return AccessDenied(DataAccessResult.TYPE_UNMATCHED)
