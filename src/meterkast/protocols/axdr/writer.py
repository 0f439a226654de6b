"""COSEM data to octets."""

from collections.abc import Callable
from functools import lru_cache
from struct import Struct
from struct import error as StructError
from typing import Final, TypeAlias

from meterkast.model.errors import LocalError
from meterkast.protocols.axdr.data import Data
from meterkast.protocols.axdr.kind import EMPTY, MOMENTS, NUMBERS, Kind
from meterkast.protocols.axdr.row import WORTH_A_LAYOUT, layout_of

_Encoder: TypeAlias = Callable[[Data], bytes]


@lru_cache(maxsize=1024)
def encode_length(length: int) -> bytes:
    """A length in its shortest form: one octet below 128, else 81 to 84 and as many octets.

    Raises:
        LocalError: ``axdr-length`` from 2**32 on.
    """
    if length < 0x80:
        return bytes((length,))
    width = (length.bit_length() + 7) // 8
    if width > 4:
        raise LocalError("axdr-length", "A length has one to four octets.")
    return bytes((0x80 | width,)) + length.to_bytes(width, "big")


def encode(data: Data) -> bytes:
    """The octets of a data value with its tag.

    Raises:
        LocalError: ``axdr-value`` where a value does not fit its kind, ``axdr-compact-array`` where the
            elements of a compact array are not of one type.
    """
    return bytes((data.kind,)) + _contents(data)


class Writer:
    """Collects the octets of a message, field after field; each call returns the writer."""

    def __init__(self, *octets: int) -> None:
        self._octets = bytearray(octets)

    def octet(self, value: int) -> "Writer":
        """One octet."""
        return self.number(value, 1)

    def number(self, value: int, width: int) -> "Writer":
        """An unsigned big-endian number."""
        self._octets += _unsigned(value, width)
        return self

    def flag(self, value: bool) -> "Writer":
        """A boolean without a tag."""
        return self.octet(1 if value else 0)

    def raw(self, octets: bytes) -> "Writer":
        """Octets as they are."""
        self._octets += octets
        return self

    def length(self, value: int) -> "Writer":
        """A length, or a number of elements."""
        return self.raw(encode_length(value))

    def string(self, octets: bytes) -> "Writer":
        """A length and the octets."""
        return self.length(len(octets)).raw(octets)

    def data(self, data: Data) -> "Writer":
        """A data value with its tag."""
        return self.raw(encode(data))

    def finish(self) -> bytes:
        """The message."""
        return bytes(self._octets)


def _unsigned(value: int, width: int) -> bytes:
    try:
        return value.to_bytes(width, "big")
    except OverflowError:
        raise LocalError("axdr-value", f"{value} does not fit in {width} octets.") from None


def _contents(data: Data) -> bytes:
    return _WRITERS[int(data.kind)](data)


def _number(layout: Struct) -> _Encoder:
    pack = layout.pack

    def number(data: Data) -> bytes:
        try:
            return pack(data.value)
        except (StructError, OverflowError):
            raise _misfit(data) from None

    return number


def _moment(size: int) -> _Encoder:
    def moment(data: Data) -> bytes:
        if not isinstance(data.value, bytes) or len(data.value) != size:
            raise _misfit(data)
        return data.value

    return moment


def _empty(data: Data) -> bytes:
    if data.value is not None:
        raise _misfit(data)
    return b""


def _misfit(data: Data) -> LocalError:
    return LocalError("axdr-value", f"A value does not fit its kind {data.kind.label}.")


def _elements(data: Data) -> bytes:
    if not isinstance(data.value, tuple):
        raise _misfit(data)
    rows = _rows(data.value) if data.kind is Kind.ARRAY else None
    return encode_length(len(data.value)) + (rows or b"".join([encode(item) for item in data.value]))


def _rows(items: tuple[Data, ...]) -> bytes | None:
    """Rows that are all alike at once; None where they are not, or too few."""
    layout = layout_of(items[0]) if len(items) >= WORTH_A_LAYOUT else None
    return None if layout is None else layout.pack(items)


def _string(data: Data) -> bytes:
    if not isinstance(data.value, bytes):
        raise _misfit(data)
    return encode_length(len(data.value)) + data.value


def _text(encoding: str) -> _Encoder:
    def text(data: Data) -> bytes:
        if not isinstance(data.value, str):
            raise _misfit(data)
        try:
            octets = data.value.encode(encoding)
        except UnicodeEncodeError:
            raise _misfit(data) from None
        return encode_length(len(octets)) + octets

    return text


def _bits(data: Data) -> bytes:
    if not isinstance(data.value, str) or set(data.value) - {"0", "1"}:
        raise _misfit(data)
    padded = data.value + "0" * (-len(data.value) % 8)
    octets = bytes(int(padded[at : at + 8], 2) for at in range(0, len(padded), 8))
    return encode_length(len(data.value)) + octets


def _boolean(data: Data) -> bytes:
    if not isinstance(data.value, bool):
        raise _misfit(data)
    return b"\x01" if data.value else b"\x00"


def _compact_array(data: Data) -> bytes:
    if not isinstance(data.value, tuple):
        raise _misfit(data)
    shapes = {_shape(item) for item in data.value} or {bytes((Kind.NULL,))}
    if len(shapes) > 1:
        raise LocalError("axdr-compact-array", "The elements of a compact array are of one type.")
    contents = b"".join([_bare(item) for item in data.value])
    if data.value and not contents:
        raise LocalError("axdr-compact-array", "Elements without octets cannot fill a compact array.")
    return shapes.pop() + encode_length(len(contents)) + contents


def _shape(data: Data) -> bytes:
    """The type description of a value as a compact array's element (Green Book 9.5, TypeDescription)."""
    tag = bytes((data.kind,))
    if data.kind is Kind.STRUCTURE:
        return tag + encode_length(len(data.items)) + b"".join([_shape(item) for item in data.items])
    if data.kind is not Kind.ARRAY:
        return tag
    shapes = {_shape(item) for item in data.items}
    if len(shapes) != 1:
        raise LocalError(
            "axdr-compact-array", "An array inside a compact array has elements, all of one type."
        )
    return tag + _unsigned(len(data.items), 2) + shapes.pop()


def _bare(data: Data) -> bytes:
    """The contents of a value whose type, down to every element, is written elsewhere."""
    if data.kind in (Kind.STRUCTURE, Kind.ARRAY):
        return b"".join([_bare(item) for item in data.items])
    return _contents(data)


_WRITERS: Final[dict[int, _Encoder]] = {
    **{kind.value: _number(layout) for kind, layout in NUMBERS.items()},
    **{kind.value: _moment(size) for kind, size in MOMENTS.items()},
    **{kind.value: _empty for kind in EMPTY},
    Kind.ARRAY.value: _elements,
    Kind.STRUCTURE.value: _elements,
    Kind.OCTET_STRING.value: _string,
    Kind.VISIBLE_STRING.value: _text("latin-1"),
    Kind.UTF8_STRING.value: _text("utf-8"),
    Kind.BIT_STRING.value: _bits,
    Kind.BOOLEAN.value: _boolean,
    Kind.COMPACT_ARRAY.value: _compact_array,
}
