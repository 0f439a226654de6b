"""Rows that are all alike, read at once: where every tag stands is known before the first octet is read.

A profile of 96 quarter-hours is the same structure 96 times. Once its layout is known, one strided
comparison per mark (tag, number of cells, length of a string) proves that all rows have it, and only then are
the values taken out. Without that proof a row shifted by one octet would read as numbers.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat, starmap
from struct import Struct
from struct import error as StructError
from typing import Final

from meterkast.protocols.axdr.data import Data
from meterkast.protocols.axdr.kind import MOMENTS, NUMBERS, Kind

_STRINGS: Final = frozenset({Kind.OCTET_STRING, Kind.VISIBLE_STRING})
WORTH_A_LAYOUT: Final = 4
"""From this many rows on a layout costs less than it saves."""

_MOST_CELLS: Final = 64
_STRING_SIZES: Final = range(1, 0x80)

_new = tuple.__new__


@dataclass(frozen=True, slots=True)
class Cell:
    """One column: its kind, and how many octets its contents have in every row."""

    kind: Kind
    size: int


class RowLayout:
    """Where the marks and the values of a row stand.

    Args:
        cells: the columns in their order.
        tagged: whether the rows carry their tags, as in an array; those of a compact array do not.
    """

    def __init__(self, cells: tuple[Cell, ...], *, tagged: bool = True) -> None:
        marks = bytearray((Kind.STRUCTURE, len(cells)) if tagged else ())
        places = list(range(len(marks)))
        places_of_values: list[int] = []
        offset, code = len(marks), f">{len(marks)}x"
        for cell in cells:
            own = ([cell.kind] if tagged else []) + ([cell.size] if cell.kind in _STRINGS else [])
            places += range(offset, offset + len(own))
            marks += bytes(own)
            offset += len(own)
            places_of_values.append(offset)
            number = NUMBERS.get(cell.kind)
            code += "x" * len(own) + (number.format[1:] if number else f"{cell.size}s")
            offset += cell.size
        self.cells: Final = cells
        self.offsets: Final = tuple(places_of_values)
        self.width: Final = offset
        self.values: Final = 1 + len(cells)
        self._marks: Final = tuple((at, bytes((mark,))) for at, mark in zip(places, marks, strict=True))
        self._struct: Final = Struct(code)

    def holds(self, octets: bytes, start: int, count: int) -> bool:
        """Whether ``count`` rows of this layout, and no fewer, begin at ``start``."""
        width = self.width
        end = start + count * width
        if end > len(octets):
            return False
        return all([octets[start + at : end : width] == mark * count for at, mark in self._marks])  # noqa: C419 - faster

    def rows(self, octets: bytes, start: int, count: int) -> Iterator[Data]:
        """The rows as structures; they must have been proved with ``holds``."""
        table = self._struct.iter_unpack(memoryview(octets)[start : start + count * self.width])
        by_column = zip(*table, strict=True)
        columns = [self._column(cell, values) for cell, values in zip(self.cells, by_column, strict=True)]
        return map(_new, repeat(Data), zip(repeat(Kind.STRUCTURE), zip(*columns, strict=True)))

    def pack(self, rows: Sequence[Data]) -> bytes | None:
        """The octets of rows; None where one of them is of another layout or holds what does not fit it."""
        width = len(self.cells)
        if any(row.kind is not Kind.STRUCTURE or len(row.items) != width for row in rows):
            return None
        columns = zip(*[row.items for row in rows], strict=True)
        values = [_values(cell, column) for cell, column in zip(self.cells, columns, strict=True)]
        if None in values:
            return None
        try:
            packed = bytearray().join(starmap(self._struct.pack, zip(*values, strict=True)))
        except (StructError, OverflowError):
            return None
        for at, mark in self._marks:
            packed[at :: self.width] = mark * len(rows)
        return bytes(packed)

    @staticmethod
    def _column(cell: Cell, values: tuple[object, ...]) -> Iterable[Data]:
        """The cells of a column; where all are the same, as a status mostly is, one value stands for all."""
        if cell.kind is Kind.VISIBLE_STRING:
            values = tuple([str(value, "latin-1") for value in values if isinstance(value, bytes)])
        if values.count(values[0]) == len(values):
            return repeat(Data(cell.kind, values[0]), len(values))  # type: ignore[arg-type]
        return map(_new, repeat(Data), zip(repeat(cell.kind), values))


def layout_of(row: Data, *, tagged: bool = True) -> RowLayout | None:
    """The layout of this row; None where it is no structure of numbers, moments and short strings."""
    if row.kind is not Kind.STRUCTURE or not 0 < len(row.items) <= _MOST_CELLS:
        return None
    cells = [_cell(item) for item in row.items]
    whole = tuple([cell for cell in cells if cell is not None])
    return _layout(whole, tagged) if len(whole) == len(cells) else None


@lru_cache(maxsize=128)
def _layout(cells: tuple[Cell, ...], tagged: bool) -> RowLayout:
    return RowLayout(cells, tagged=tagged)


def _values(cell: Cell, column: Sequence[Data]) -> Sequence[object] | None:
    """The contents of a column for packing; None where they do not fit the cell."""
    kinds, values = zip(*column, strict=True)
    if kinds.count(cell.kind) != len(kinds):
        return None
    if cell.kind in NUMBERS:
        return values
    if cell.kind is Kind.VISIBLE_STRING:
        values = tuple([_latin(value) for value in values])
    fitting = [isinstance(value, bytes) and len(value) == cell.size for value in values]
    return values if all(fitting) else None


def _latin(value: object) -> bytes:
    """Text as octets; what is none, or cannot be written so, has no octets and will not fit."""
    try:
        return value.encode("latin-1") if isinstance(value, str) else b""
    except UnicodeEncodeError:
        return b""


def _cell(item: Data) -> Cell | None:
    kind, value = item
    if kind in NUMBERS:
        return Cell(kind, NUMBERS[kind].size)
    if kind in MOMENTS:
        return Cell(kind, MOMENTS[kind])
    if kind in _STRINGS and isinstance(value, bytes | str) and len(value) in _STRING_SIZES:
        return Cell(kind, len(value))
    return None
