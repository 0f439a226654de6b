"""Octets to COSEM data: bounded in depth, number and size before anything is allocated."""

from collections.abc import Callable
from dataclasses import dataclass
from struct import Struct
from typing import Final, TypeAlias

from meterkast.model.errors import PeerError
from meterkast.protocols.axdr.cursor import LIMITS, Cursor, Limits
from meterkast.protocols.axdr.data import Data
from meterkast.protocols.axdr.kind import EMPTY, MOMENTS, NUMBERS, Kind
from meterkast.protocols.axdr.row import WORTH_A_LAYOUT, layout_of


class Reader(Cursor):
    """A cursor that also reads data values with their tags."""

    def __init__(self, octets: bytes, offset: int = 0, *, limits: Limits = LIMITS) -> None:
        super().__init__(octets, offset, limits=limits)
        self._limits = limits
        self._items_left = limits.items
        self._depth = 0

    def data(self) -> Data:
        """One data value with its tag."""
        parser = _PARSERS.get(self.octet())
        if parser is None:
            raise self._unknown()
        self._count()
        return parser(self)

    def elements(self, kind: Kind) -> Data:
        """The contents of an array or structure: a count and as many values."""
        count = self.length()
        if count > self.left:
            raise self.fault("axdr-truncated", f"{count} elements do not fit in {self.left} octets.")
        self._enter()
        alike = kind is Kind.ARRAY and count >= WORTH_A_LAYOUT
        items = self._rows(count) if alike else [self.data() for _ in range(count)]
        self._depth -= 1
        return Data(kind, tuple(items))

    def _rows(self, count: int) -> list[Data]:
        """The values of an array: one by one, or all behind the first at once where they have its layout."""
        first = self.data()
        layout, more = layout_of(first), count - 1
        if layout is None or not layout.holds(self.octets, self.offset, more):
            return [first, *[self.data() for _ in range(more)]]
        self._count(more * layout.values)
        start, self.offset = self.offset, self.offset + more * layout.width
        return [first, *layout.rows(self.octets, start, more)]

    def compact_array(self) -> Data:
        """The contents of a compact array: a type description, a length, and values without tags."""
        self._enter()
        shape = self._shape()
        end = self.length() + self.offset
        if end > len(self.octets):
            raise self.fault("axdr-truncated", "A compact array is longer than the message.")
        items = self._alike(shape, end)
        while self.offset < end:
            items.append(self._shaped(shape))
        if self.offset != end:
            raise self.fault("axdr-compact-array", "The elements do not fill their compact array.")
        self._depth -= 1
        return Data(Kind.COMPACT_ARRAY, tuple(items))

    def _alike(self, shape: "_Shape", end: int) -> list[Data]:
        """The elements of a compact array, where all have the layout of the first; else only the first."""
        if self.offset == end:
            return []
        before = self.offset
        first = self._shaped(shape)
        if self.offset == before:
            raise self.fault("axdr-compact-array", "Elements without octets cannot fill a compact array.")
        layout = layout_of(first, tagged=False)
        more, rest = divmod(end - self.offset, layout.width) if layout else (0, 1)
        if layout is None or rest or more < 1 or not layout.holds(self.octets, self.offset, more):
            return [first]
        self._count(more * layout.values)
        start, self.offset = self.offset, end
        return [first, *layout.rows(self.octets, start, more)]

    def _shape(self) -> "_Shape":
        kind = _KINDS.get(self.octet())
        if kind is None:
            raise self._unknown()
        self._count()
        if kind is Kind.ARRAY:
            count = self.number(2)
            self._enter()
            shape = _Shape(kind, (self._shape(),), count)
        elif kind is Kind.STRUCTURE:
            count = self.length()
            if count > self.left:
                raise self.fault("axdr-truncated", f"{count} types do not fit in {self.left} octets.")
            self._enter()
            shape = _Shape(kind, tuple([self._shape() for _ in range(count)]))
        else:
            return _Shape(kind)
        self._depth -= 1
        return shape

    def _shaped(self, shape: "_Shape") -> Data:
        self._count()
        if shape.kind is Kind.STRUCTURE:
            return Data(Kind.STRUCTURE, tuple([self._shaped(part) for part in shape.parts]))
        if shape.kind is Kind.ARRAY:
            return Data(Kind.ARRAY, tuple([self._shaped(shape.parts[0]) for _ in range(shape.count)]))
        return _PARSERS[shape.kind](self)

    def _enter(self) -> None:
        self._depth += 1
        if self._depth > self._limits.depth:
            raise self.fault("axdr-too-deep", f"Values nest more than {self._limits.depth} levels deep.")

    def _unknown(self) -> PeerError:
        at = self.offset - 1
        return self.fault("axdr-tag-unknown", f"{self.octets[at]:02X} is not the tag of a data type.", at)

    def _count(self, values: int = 1) -> None:
        self._items_left -= values
        if self._items_left < 0:
            raise self.fault("axdr-too-many", f"The message holds more than {self._limits.items} values.")


@dataclass(frozen=True, slots=True)
class _Shape:
    """Type description of a compact array's element: a kind, and what it is made of."""

    kind: Kind
    parts: tuple["_Shape", ...] = ()
    count: int = 0


def decode(octets: bytes, *, limits: Limits = LIMITS) -> Data:
    """The one data value that these octets are.

    Raises:
        PeerError: ``axdr-…`` for anything but exactly one well-formed value within the limits.
    """
    reader = Reader(octets, limits=limits)
    data = reader.data()
    reader.finish()
    return data


def decode_prefix(octets: bytes, offset: int = 0, *, limits: Limits = LIMITS) -> tuple[Data, int]:
    """The data value at ``offset`` and the offset behind it.

    Raises:
        PeerError: ``axdr-…`` as for ``decode``, except that octets may follow.
    """
    reader = Reader(octets, offset, limits=limits)
    return reader.data(), reader.offset


_Parser: TypeAlias = Callable[[Reader], Data]


def _number(kind: Kind, layout: Struct) -> _Parser:
    size, unpack = layout.size, layout.unpack
    return lambda reader: Data(kind, unpack(reader.take(size))[0])


def _moment(kind: Kind, size: int) -> _Parser:
    return lambda reader: Data(kind, reader.take(size))


def _empty(kind: Kind) -> _Parser:
    return lambda reader: Data(kind)  # noqa: ARG005 - nothing to read


def _octet_string(reader: Reader) -> Data:
    return Data(Kind.OCTET_STRING, reader.string())


def _visible_string(reader: Reader) -> Data:
    return Data(Kind.VISIBLE_STRING, reader.string().decode("latin-1"))


def _utf8_string(reader: Reader) -> Data:
    start = reader.offset
    try:
        return Data(Kind.UTF8_STRING, reader.string().decode("utf-8"))
    except UnicodeDecodeError:
        raise reader.fault("axdr-text", "A text is not UTF-8.", start) from None


def _bit_string(reader: Reader) -> Data:
    count = reader.length()
    octets = reader.take((count + 7) // 8)
    return Data(Kind.BIT_STRING, "".join(f"{octet:08b}" for octet in octets)[:count])


_KINDS: Final = {kind.value: kind for kind in Kind}
_PARSERS: Final[dict[int, _Parser]] = {
    **{kind.value: _number(kind, layout) for kind, layout in NUMBERS.items()},
    **{kind.value: _moment(kind, size) for kind, size in MOMENTS.items()},
    **{kind.value: _empty(kind) for kind in EMPTY},
    Kind.ARRAY.value: lambda reader: reader.elements(Kind.ARRAY),
    Kind.STRUCTURE.value: lambda reader: reader.elements(Kind.STRUCTURE),
    Kind.BOOLEAN.value: lambda reader: Data(Kind.BOOLEAN, reader.flag()),
    Kind.BIT_STRING.value: _bit_string,
    Kind.OCTET_STRING.value: _octet_string,
    Kind.VISIBLE_STRING.value: _visible_string,
    Kind.UTF8_STRING.value: _utf8_string,
    Kind.COMPACT_ARRAY.value: Reader.compact_array,
}
