"""A COSEM data value and short constructors for it."""

from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

from meterkast.protocols.axdr.kind import Kind

Value: TypeAlias = "bool | int | float | bytes | str | tuple[Data, ...] | None"


class Data(NamedTuple):
    """A typed value. A named tuple, since a message holds hundreds of them and tuples are made fastest.

    ``value`` is None for null-data and dont-care, a tuple of Data for arrays, structures and compact
    arrays, text for visible and UTF-8 strings, text of ``0`` and ``1`` for bit strings, octets for octet
    strings and moments, a number otherwise. Ranges are checked on encoding.
    """

    kind: Kind
    value: Value = None

    @property
    def items(self) -> tuple["Data", ...]:
        """The elements of an array, structure or compact array; empty for every other kind."""
        return self.value if isinstance(self.value, tuple) else ()


def null() -> Data:
    """Nothing: an optional value left out."""
    return Data(Kind.NULL)


def array(items: Iterable[Data]) -> Data:
    """Elements of one and the same type."""
    return Data(Kind.ARRAY, tuple(items))


def structure(items: Iterable[Data]) -> Data:
    """Elements that each have a type of their own."""
    return Data(Kind.STRUCTURE, tuple(items))


def compact_array(items: Iterable[Data]) -> Data:
    """Elements of one and the same type, with the type written once."""
    return Data(Kind.COMPACT_ARRAY, tuple(items))


def boolean(value: bool) -> Data:
    """True or false."""
    return Data(Kind.BOOLEAN, value)


def bit_string(bits: str) -> Data:
    """Bits written as ``0`` and ``1``, first bit first."""
    return Data(Kind.BIT_STRING, bits)


def octets(value: bytes) -> Data:
    """An octet string."""
    return Data(Kind.OCTET_STRING, value)


def visible(value: str) -> Data:
    """Text, one octet per character."""
    return Data(Kind.VISIBLE_STRING, value)


def utf8(value: str) -> Data:
    """Text in UTF-8."""
    return Data(Kind.UTF8_STRING, value)


def integer(value: int) -> Data:
    """A signed number of 8 bits."""
    return Data(Kind.INTEGER, value)


def long(value: int) -> Data:
    """A signed number of 16 bits."""
    return Data(Kind.LONG, value)


def double_long(value: int) -> Data:
    """A signed number of 32 bits."""
    return Data(Kind.DOUBLE_LONG, value)


def long64(value: int) -> Data:
    """A signed number of 64 bits."""
    return Data(Kind.LONG64, value)


def unsigned(value: int) -> Data:
    """An unsigned number of 8 bits."""
    return Data(Kind.UNSIGNED, value)


def long_unsigned(value: int) -> Data:
    """An unsigned number of 16 bits."""
    return Data(Kind.LONG_UNSIGNED, value)


def double_long_unsigned(value: int) -> Data:
    """An unsigned number of 32 bits."""
    return Data(Kind.DOUBLE_LONG_UNSIGNED, value)


def long64_unsigned(value: int) -> Data:
    """An unsigned number of 64 bits."""
    return Data(Kind.LONG64_UNSIGNED, value)


def enum(value: int) -> Data:
    """One of a numbered list, 0 to 255."""
    return Data(Kind.ENUM, value)


def float32(value: float) -> Data:
    """An IEEE 754 number of 32 bits."""
    return Data(Kind.FLOAT32, value)


def float64(value: float) -> Data:
    """An IEEE 754 number of 64 bits."""
    return Data(Kind.FLOAT64, value)


def date_time(value: bytes) -> Data:
    """Twelve octets of a COSEM date-time under its own tag."""
    return Data(Kind.DATE_TIME, value)
