"""Profiles in bulk: the rows of a message as columns of numbers, without a value object per cell.

For a head-end that takes in whole fleets. The layout of the rows is compiled once; each message is then
checked mark by mark against it and read as a view. A message of any other shape goes to the general decoder
by itself and gives the same table, only slower.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from meterkast.model.errors import PeerError
from meterkast.protocols.axdr import LIMITS, Data, Kind, Reader, array, encode_length, structure
from meterkast.protocols.axdr import decode as decode_data
from meterkast.protocols.axdr.kind import MOMENTS, NUMBERS
from meterkast.protocols.axdr.row import RowLayout
from meterkast.protocols.dlms import apdu
from meterkast.protocols.dlms.apdu import DataNotification, LongInvokeId

Column = NDArray[Any]

_DATA_NOTIFICATION: Final = 0x0F
_HEADER: Final = 6  # tag, long invoke-id, length of the date-time
_DATE_TIME: Final = 12
_ARRAY: Final = bytes((Kind.ARRAY,))
_RESERVED: Final = 0x0F
_OCTETS: Final = frozenset({Kind.OCTET_STRING, Kind.VISIBLE_STRING, *MOMENTS})
_TYPES: Final = {
    kind: np.dtype(layout.format.replace("b", "i1").replace("B", "u1")) for kind, layout in NUMBERS.items()
}


@dataclass(slots=True, eq=False)
class Table:
    """Rows by column. Not frozen, for speed alone: nobody changes one.

    Attributes:
        kinds: kind of each column; None where its cells differ in kind or length.
        columns: numbers as numpy arrays of their own width, big-endian as on the wire; octet strings, texts
            and moments as rows of octets; a column without one kind as an array of ``Data``.
    """

    kinds: tuple[Kind | None, ...]
    columns: tuple[Column, ...]

    def __len__(self) -> int:
        return len(self.columns[0])

    def to_data(self) -> Data:
        """The table as the general decoder gives it: an array of structures."""
        columns = [_cells(kind, column) for kind, column in zip(self.kinds, self.columns, strict=True)]
        return array(structure(row) for row in zip(*columns, strict=True))


@dataclass(slots=True, eq=False)
class TableNotification:
    """A data-notification whose body is a table; ``invoke_octets`` are its long invoke-id as sent."""

    invoke_octets: bytes
    date_time: bytes | None
    table: Table

    @property
    def invoke(self) -> LongInvokeId:
        """The long invoke-id, for confirming."""
        return LongInvokeId.parse(Reader(self.invoke_octets))


class TableReader:
    """Reads messages of one shape.

    Args:
        layout: the rows that are expected, from ``axdr.row.layout_of`` of an example.
    """

    def __init__(self, layout: RowLayout) -> None:
        self._layout: Final = layout
        self._kinds: Final = tuple(cell.kind for cell in layout.cells)
        self._names: Final = tuple(f"c{place}" for place in range(len(layout.cells)))
        self._dtype: Final = np.dtype(
            {
                "names": self._names,
                "formats": [_TYPES.get(cell.kind, (np.uint8, (cell.size,))) for cell in layout.cells],
                "offsets": layout.offsets,
                "itemsize": layout.width,
            }
        )

    def body(self, octets: bytes) -> Table:
        """One data value with its tag: an array of structures.

        Raises:
            PeerError: ``axdr-…`` as for the general decoder, ``table-shape`` where the value is no table.
        """
        return self._view(octets, 0) or as_table(decode_data(octets))

    def notification(self, octets: bytes) -> TableNotification:
        """A data-notification in the clear.

        Raises:
            PeerError: as for the general decoder, ``table-shape`` where it is no notification of a table.
        """
        if len(octets) > _HEADER and octets[0] == _DATA_NOTIFICATION and not octets[1] & _RESERVED:
            body = _HEADER + octets[5]
            table = self._view(octets, body) if octets[5] in (0, _DATE_TIME) else None
            if table is not None:
                return TableNotification(octets[1:5], octets[_HEADER:body] or None, table)
        message = apdu.decode(octets)
        if not isinstance(message, DataNotification):
            raise _no_table()
        return TableNotification(message.invoke.encode(), message.date_time, as_table(message.body))

    def _view(self, octets: bytes, offset: int) -> Table | None:
        """The array that fills the octets from ``offset`` on, if every mark of it stands in its place."""
        layout = self._layout
        count, rest = divmod(len(octets) - offset, layout.width)
        start = offset + rest
        if count == 0 or octets[offset:start] != _ARRAY + encode_length(count):
            return None
        if count * layout.values >= LIMITS.items or len(octets) > LIMITS.octets:
            return None
        if not layout.holds(octets, start, count):
            return None
        rows = np.frombuffer(octets, self._dtype, count, start)
        return Table(self._kinds, tuple([rows[name] for name in self._names]))


def as_table(data: Data) -> Table:
    """A table from what the general decoder gives.

    Raises:
        PeerError: ``table-shape`` for anything but an array of structures of the same number of values.
    """
    rows = data.items
    widths = {len(row.items) if row.kind is Kind.STRUCTURE else 0 for row in rows}
    if data.kind not in (Kind.ARRAY, Kind.COMPACT_ARRAY) or len(widths) != 1 or 0 in widths:
        raise _no_table()
    columns = [_column(cells) for cells in zip(*[row.items for row in rows], strict=True)]
    return Table(tuple([kind for kind, _ in columns]), tuple([column for _, column in columns]))


def _column(cells: Sequence[Data]) -> tuple[Kind | None, Column]:
    kind = cells[0].kind
    values: list[Any] = [cell.value for cell in cells]
    if all(cell.kind is kind for cell in cells):
        if kind in _TYPES:
            return kind, np.array(values, _TYPES[kind])
        if kind in _OCTETS and len({len(value) for value in values}) == 1 and values[0]:
            octets = [value.encode("latin-1") if isinstance(value, str) else value for value in values]
            return kind, np.frombuffer(b"".join(octets), np.uint8).reshape(len(octets), -1)
    objects = np.empty(len(cells), object)
    for place, cell in enumerate(cells):
        objects[place] = cell
    return None, objects


def _cells(kind: Kind | None, column: Column) -> list[Data]:
    if kind is None:
        return list(column)
    if kind in _TYPES:
        return [Data(kind, value) for value in column.tolist()]
    octets = [row.tobytes() for row in column]
    if kind is Kind.VISIBLE_STRING:
        return [Data(kind, each.decode("latin-1")) for each in octets]
    return [Data(kind, each) for each in octets]


def _no_table() -> PeerError:
    return PeerError("table-shape", "The message is no table of rows with the same number of values.")
