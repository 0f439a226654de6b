"""A row of numbers as A-XDR: first value and differences, or runs of equal values. Bounded both ways.

Registers rise by little, so a row is written as its first value and then, per value, the difference to the
last value that was there, in the smallest delta type of COSEM that holds it (Blue Book 4.1.5). A gap is
null-data and never a difference of zero. Status octets and time steps hardly change: they become runs.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import TypeVar

from meterkast.model.errors import DataError, PeerError
from meterkast.protocols.axdr import Data, Kind, array, long64, long_unsigned, null, structure

MAX_LENGTH = 4096

_DELTAS = ((Kind.DELTA_INTEGER, 1 << 7), (Kind.DELTA_LONG, 1 << 15), (Kind.DELTA_DOUBLE_LONG, 1 << 31))
_DELTA_KINDS = frozenset(kind for kind, _ in _DELTAS)
_INT64 = range(-(1 << 63), 1 << 63)

Value = TypeVar("Value", int, str, bytes, tuple[Data, ...])


def typed(data: Data, kind: Kind, of: type[Value]) -> Value:
    """The value inside, which must be of this kind.

    Raises:
        PeerError: ``payload-malformed``.
    """
    if data.kind is not kind or not isinstance(data.value, of):
        raise PeerError("payload-malformed", f"Expected {kind.label}, found {data.kind.label}.")
    return data.value


def fields(data: Data, count: int) -> tuple[Data, ...]:
    """The fields of a structure that must have so many.

    Raises:
        PeerError: ``payload-malformed``.
    """
    items = typed(data, Kind.STRUCTURE, tuple)
    if len(items) != count:
        raise PeerError("payload-malformed", f"Expected {count} fields, found {len(items)}.")
    return items


def encode_series(values: Sequence[int | None]) -> Data:
    """Register values with gaps, as differences.

    Raises:
        DataError: ``payload-too-large`` for too many values, ``payload-value-range`` for one beyond 64 bits.
    """
    _check_length(len(values))
    items: list[Data] = []
    last: int | None = None
    for value in values:
        items.append(null() if value is None else _step(last, value))
        last = last if value is None else value
    return array(items)


def decode_series(data: Data, length: int) -> tuple[int | None, ...]:
    """The register values of a series that must have this length.

    Raises:
        PeerError: ``payload-malformed``.
    """
    items = typed(data, Kind.ARRAY, tuple)
    if len(items) != length:
        raise PeerError("payload-malformed", f"Expected {length} values, found {len(items)}.")
    values: list[int | None] = []
    last: int | None = None
    for item in items:
        if item.kind is Kind.NULL:
            values.append(None)
            continue
        last = _after(last, item)
        values.append(last)
    return tuple(values)


def encode_runs(values: Sequence[int | None]) -> Data:
    """Numbers or gaps as (value, how often) pairs.

    Raises:
        DataError: ``payload-too-large`` or ``payload-value-range``.
    """
    _check_length(len(values))
    return array(
        structure((null() if value is None else _absolute(value), long_unsigned(sum(1 for _ in run))))
        for value, run in groupby(values)
    )


def decode_runs(data: Data) -> tuple[int | None, ...]:
    """The numbers that the runs stand for, at most ``MAX_LENGTH``.

    Raises:
        PeerError: ``payload-malformed``.
    """
    values: list[int | None] = []
    for run in typed(data, Kind.ARRAY, tuple):
        value, count = fields(run, 2)
        repeats = typed(count, Kind.LONG_UNSIGNED, int)
        if len(values) + repeats > MAX_LENGTH:
            raise PeerError("payload-malformed", f"A row has at most {MAX_LENGTH} values.")
        values += [None if value.kind is Kind.NULL else typed(value, Kind.LONG64, int)] * repeats
    return tuple(values)


def _check_length(length: int) -> None:
    if length > MAX_LENGTH:
        raise DataError("payload-too-large", f"A row has at most {MAX_LENGTH} values.")


def _absolute(value: int) -> Data:
    if value not in _INT64:
        raise DataError("payload-value-range", "A register value does not fit 64 bits.")
    return long64(value)


def _step(last: int | None, value: int) -> Data:
    if last is not None:
        difference = value - last
        for kind, end in _DELTAS:
            if -end <= difference < end:
                return Data(kind, difference)
    return _absolute(value)


def _after(last: int | None, item: Data) -> int:
    if last is None or item.kind not in _DELTA_KINDS:
        return typed(item, Kind.LONG64, int)
    value = last + typed(item, item.kind, int)
    if value not in _INT64:
        raise PeerError("payload-malformed", "A difference leads beyond 64 bits.")
    return value
