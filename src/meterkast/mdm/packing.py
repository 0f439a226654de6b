"""The payload of a stored meter-day block: a head, then per register its first value and its differences.

Format 1: one octet ``01``, then zlib over

    times     u16 count; u8 1: i64 first, u32 period (a regular grid)
                         u8 0: gaps and series as for a column
    columns   u8 count; each 6 octets OBIS, u8 unit, i8 scaler, gaps, series
    status    gaps, one octet per status present

    gaps      u8 0: none missing; u8 1: a bit per instant, set where the value is present, first bit highest
    series    of the n values present, where n > 0: i64 first, u8 width, n - 1 differences as byte planes

All numbers are little-endian. The width is the smallest of u16, u32 and i64 that holds every difference; a
negative one takes the signed form. Differences are modulo 2**64, so every series of 64-bit values fits.
"""

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from meterkast.model.block import Column, Medium, MeterDayBlock
from meterkast.model.errors import DataError
from meterkast.model.obis import Obis
from meterkast.model.unit import Unit

FORMAT = 1

_LIMIT = 1 << 24
_WIDTHS: dict[int, np.dtype[np.unsignedinteger] | np.dtype[np.signedinteger]] = {
    2: np.dtype("<u2"),
    4: np.dtype("<u4"),
    8: np.dtype("<i8"),
}


def pack(block: MeterDayBlock) -> bytes:
    """The times, columns and status of a block; its device, medium, day and flags are columns of the table.

    Raises:
        DataError: ``block-too-wide`` where a value, a count or a scaler does not fit the format.
    """
    try:
        body = b"".join(
            (
                _pack_times(block.times),
                struct.pack("<B", len(block.columns)),
                *(_pack_column(column) for column in block.columns),
                _pack_gaps(block.status),
                bytes(status for status in block.status if status is not None),
            )
        )
    except (struct.error, OverflowError, ValueError) as error:
        raise DataError("block-too-wide", "A meter-day block holds more than the store can keep.") from error
    return bytes((FORMAT,)) + zlib.compress(body)


def unpack(
    payload: bytes, *, device: str, medium: Medium, day: date, flags: tuple[str, ...]
) -> MeterDayBlock:
    """The block that ``pack`` was given.

    Raises:
        DataError: ``payload-unreadable`` where the octets are not a payload of a known format.
    """
    try:
        cursor = _Cursor(_inflate(payload))
        times = _unpack_times(cursor)
        columns = tuple(_unpack_column(cursor, len(times)) for _ in range(cursor.number("<B")))
        present = _unpack_gaps(cursor, len(times))
        status = _spread(cursor.take(int(present.sum())), present)
        cursor.finish()
        return MeterDayBlock(
            device=device, medium=medium, day=day, times=times, columns=columns, status=status, flags=flags
        )
    except (struct.error, zlib.error, ValueError, KeyError) as error:
        raise DataError("payload-unreadable", "A stored meter-day block cannot be read.") from error


@dataclass(slots=True)
class _Cursor:
    octets: bytes
    offset: int = 0

    def take(self, count: int) -> bytes:
        taken = self.octets[self.offset : self.offset + count]
        if len(taken) != count:
            raise ValueError
        self.offset += count
        return taken

    def number(self, layout: str) -> int:
        value: int = struct.unpack(layout, self.take(struct.calcsize(layout)))[0]
        return value

    def finish(self) -> None:
        if self.offset != len(self.octets):
            raise ValueError


def _inflate(payload: bytes) -> bytes:
    if payload[:1] != bytes((FORMAT,)):
        raise ValueError
    inflater = zlib.decompressobj()
    body = inflater.decompress(payload[1:], _LIMIT)
    if not inflater.eof or inflater.unused_data:
        raise ValueError
    return body


def _pack_times(times: tuple[int, ...]) -> bytes:
    count = struct.pack("<H", len(times))
    if len(times) > 1:
        period = times[1] - times[0]
        if period < 2**32 and times == tuple(range(times[0], times[-1] + 1, period)):
            return count + struct.pack("<BqI", 1, times[0], period)
    return count + b"\x00" + _pack_gaps(times) + _pack_series(times)


def _unpack_times(cursor: _Cursor) -> tuple[int, ...]:
    count = cursor.number("<H")
    if cursor.number("<B") == 1:
        first, period = cursor.number("<q"), cursor.number("<I")
        return tuple(range(first, first + count * period, period))
    _unpack_gaps(cursor, count)
    return tuple(_unpack_series(cursor, count))


def _pack_column(column: Column) -> bytes:
    present = [value for value in column.values if value is not None]
    return b"".join(
        (
            column.obis.to_bytes(),
            struct.pack("<Bb", column.unit, column.scaler),
            _pack_gaps(column.values),
            _pack_series(present),
        )
    )


def _unpack_column(cursor: _Cursor, count: int) -> Column:
    obis = Obis.from_bytes(cursor.take(6))
    unit, scaler = Unit(cursor.number("<B")), cursor.number("<b")
    present = _unpack_gaps(cursor, count)
    series = _unpack_series(cursor, int(present.sum()))
    return Column(obis=obis, unit=unit, scaler=scaler, values=_spread(series, present))


def _pack_gaps(values: Sequence[int | None]) -> bytes:
    present = np.array([value is not None for value in values], dtype=bool)
    return b"\x00" if present.all() else b"\x01" + np.packbits(present).tobytes()


def _unpack_gaps(cursor: _Cursor, count: int) -> NDArray[np.bool_]:
    if cursor.number("<B") == 0:
        return np.ones(count, dtype=bool)
    bits = np.frombuffer(cursor.take(-(-count // 8)), dtype=np.uint8)
    return np.unpackbits(bits, count=count).astype(bool)


def _pack_series(values: Sequence[int]) -> bytes:
    if not values:
        return b""
    differences = _differences(np.array(values, dtype=np.int64))
    width = _width(differences)
    planes = differences.astype(_WIDTHS[width]).view(np.uint8).reshape(-1, width).T
    return struct.pack("<qB", values[0], width) + planes.tobytes()


def _unpack_series(cursor: _Cursor, count: int) -> list[int]:
    if count == 0:
        return []
    first, width = cursor.number("<q"), cursor.number("<B")
    kind = _WIDTHS[width]
    planes = np.frombuffer(cursor.take((count - 1) * width), dtype=np.uint8).reshape(width, count - 1)
    differences = np.ascontiguousarray(planes.T).view(kind).reshape(-1).astype(np.int64)
    values: list[int] = np.cumsum(np.concatenate(([first], differences)), dtype=np.int64).tolist()
    return values


def _differences(values: NDArray[np.int64]) -> NDArray[np.int64]:
    return values[1:] - values[:-1]


def _width(differences: NDArray[np.int64]) -> int:
    least, most = (int(differences.min()), int(differences.max())) if differences.size else (0, 0)
    if least < 0 or most > 0xFFFF_FFFF:
        return 8
    return 2 if most <= 0xFFFF else 4


def _spread(values: Sequence[int], present: NDArray[np.bool_]) -> tuple[int | None, ...]:
    remaining = iter(values)
    return tuple(next(remaining) if there else None for there in present)
