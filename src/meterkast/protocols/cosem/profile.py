"""Profile buffers on the wire: rows in full, with repetitions left out, or as a compact array.

In a buffer null-data stands for what can be worked out from the row before: the time one capture period
later, or the same value once more; a delta type stands for its sum with the value before (Blue Book 4.3.6,
compression).
"""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise

from meterkast.model.errors import LocalError, PeerError
from meterkast.protocols.axdr import Data, Kind, array, compact_array, null, octets, structure
from meterkast.protocols.axdr.delta import undelta
from meterkast.protocols.cosem.capture import CaptureObject, Row, clock_place
from meterkast.protocols.datetime import CosemDateTime, from_unix_local


class Encoding(StrEnum):
    """How a meter writes its buffer; makers differ, and all three are standard."""

    FULL = "full"
    NULL_DATA = "null-data"
    COMPACT_ARRAY = "compact-array"


def encode_buffer(
    rows: Sequence[Row], capture_objects: Sequence[CaptureObject], capture_period: int, encoding: Encoding
) -> Data:
    """The rows as attribute 2 of a profile. Rows of different types cannot be compact and stand in full.

    Raises:
        LocalError: ``profile-row`` where a row does not fit the columns or lacks a value.
    """
    clock = clock_place(capture_objects)
    table = [_cells(row, clock, len(capture_objects)) for row in rows]
    if encoding is Encoding.NULL_DATA:
        table = list(_compressed(rows, table, clock, capture_period))
    if encoding is Encoding.COMPACT_ARRAY and _uniform(table):
        return compact_array(map(structure, table))
    return array(map(structure, table))


def decode_buffer(data: Data, capture_objects: Sequence[CaptureObject], capture_period: int) -> list[Row]:
    """The rows of attribute 2 of a profile, everything restored that the meter left out.

    Raises:
        PeerError: ``profile-buffer`` for anything but rows of these columns, ``profile-time`` for a row
            whose time neither stands there nor follows from the row before, ``axdr-delta`` for a difference
            from what is no number or to what is out of range.
    """
    if data.kind not in (Kind.ARRAY, Kind.COMPACT_ARRAY):
        raise PeerError("profile-buffer", "The buffer of a profile is an array.")
    clock = clock_place(capture_objects)
    rows: list[Row] = []
    for number, item in enumerate(data.items):
        if item.kind is not Kind.STRUCTURE or len(item.items) != len(capture_objects):
            raise PeerError(
                "profile-buffer", "A row does not have the columns of its profile.", where=f"row {number}"
            )
        rows.append(_restored(item.items, clock, capture_period, rows[-1] if rows else None))
    return rows


def _uniform(table: Sequence[tuple[Data, ...]]) -> bool:
    return len({tuple([cell.kind for cell in cells]) for cells in table}) <= 1


def _cells(row: Row, clock: int | None, columns: int) -> tuple[Data, ...]:
    cells = list(row.values)
    if clock is not None and row.at is not None:
        cells.insert(clock, _moment(row.at))
    if len(cells) != columns or Kind.NULL in [cell.kind for cell in cells]:
        raise LocalError("profile-row", "A row has one value for each column of its profile.")
    return tuple(cells)


@lru_cache(maxsize=2048)
def _moment(at: int) -> Data:
    """The time of a row; the same quarters are asked for again and again."""
    return octets(from_unix_local(at).encode())


def _compressed(
    rows: Sequence[Row], table: Sequence[tuple[Data, ...]], clock: int | None, period: int
) -> Iterator[tuple[Data, ...]]:
    yield from table[:1]
    for (row_before, row), (before, cells) in zip(pairwise(rows), pairwise(table), strict=True):
        regular = row.at == _following(row_before, period)
        yield tuple(
            null() if (regular if place == clock else cell == before[place]) else cell
            for place, cell in enumerate(cells)
        )


def _restored(cells: tuple[Data, ...], clock: int | None, period: int, before: Row | None) -> Row:
    values = [cell for place, cell in enumerate(cells) if place != clock]
    earlier = [None] * len(values) if before is None else before.values
    values = [_value(cell, known) for cell, known in zip(values, earlier, strict=True)]
    at = None if clock is None else _time(cells[clock], period, before)
    return Row(at=at, values=tuple(values))


def _value(cell: Data, before: Data | None) -> Data:
    return before if before is not None and cell.kind is Kind.NULL else undelta(cell, before)


def _time(cell: Data, period: int, before: Row | None) -> int:
    at = None
    if cell.kind is Kind.NULL:
        at = _following(before, period)
    elif cell.kind in (Kind.OCTET_STRING, Kind.DATE_TIME) and isinstance(cell.value, bytes):
        at = CosemDateTime.parse(cell.value).unix()
    if at is None:
        raise PeerError("profile-time", "The time of a row cannot be told.")
    return at


def _following(row: Row | None, period: int) -> int | None:
    """When the next regular row is due."""
    return None if row is None or row.at is None or period == 0 else row.at + period
