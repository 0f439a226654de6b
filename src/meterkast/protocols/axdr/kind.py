"""The types of COSEM data and how wide their fixed ones are (Blue Book 4.1.5, Green Book 9.5)."""

from enum import IntEnum
from struct import Struct


class Kind(IntEnum):
    """Tag octet of a COSEM data value."""

    NULL = 0
    ARRAY = 1
    STRUCTURE = 2
    BOOLEAN = 3
    BIT_STRING = 4
    DOUBLE_LONG = 5
    DOUBLE_LONG_UNSIGNED = 6
    OCTET_STRING = 9
    VISIBLE_STRING = 10
    UTF8_STRING = 12
    BCD = 13
    INTEGER = 15
    LONG = 16
    UNSIGNED = 17
    LONG_UNSIGNED = 18
    COMPACT_ARRAY = 19
    LONG64 = 20
    LONG64_UNSIGNED = 21
    ENUM = 22
    FLOAT32 = 23
    FLOAT64 = 24
    DATE_TIME = 25
    DATE = 26
    TIME = 27
    DELTA_INTEGER = 28
    DELTA_LONG = 29
    DELTA_DOUBLE_LONG = 30
    DELTA_UNSIGNED = 31
    DELTA_LONG_UNSIGNED = 32
    DELTA_DOUBLE_LONG_UNSIGNED = 33
    DONT_CARE = 255

    @property
    def label(self) -> str:
        """The name in the standard's spelling, such as ``double-long-unsigned``."""
        return _LABELS.get(self) or self.name.lower().replace("_", "-")


_LABELS = {Kind.NULL: "null-data"}

NUMBERS: dict[Kind, Struct] = {
    Kind.DOUBLE_LONG: Struct(">i"),
    Kind.DOUBLE_LONG_UNSIGNED: Struct(">I"),
    Kind.BCD: Struct(">b"),
    Kind.INTEGER: Struct(">b"),
    Kind.LONG: Struct(">h"),
    Kind.UNSIGNED: Struct(">B"),
    Kind.LONG_UNSIGNED: Struct(">H"),
    Kind.LONG64: Struct(">q"),
    Kind.LONG64_UNSIGNED: Struct(">Q"),
    Kind.ENUM: Struct(">B"),
    Kind.FLOAT32: Struct(">f"),
    Kind.FLOAT64: Struct(">d"),
    Kind.DELTA_INTEGER: Struct(">b"),
    Kind.DELTA_LONG: Struct(">h"),
    Kind.DELTA_DOUBLE_LONG: Struct(">i"),
    Kind.DELTA_UNSIGNED: Struct(">B"),
    Kind.DELTA_LONG_UNSIGNED: Struct(">H"),
    Kind.DELTA_DOUBLE_LONG_UNSIGNED: Struct(">I"),
}
"""Kinds whose contents are one big-endian number."""

MOMENTS: dict[Kind, int] = {Kind.DATE_TIME: 12, Kind.DATE: 5, Kind.TIME: 4}
"""Kinds whose contents are a fixed number of octets."""

EMPTY = frozenset({Kind.NULL, Kind.DONT_CARE})
"""Kinds without contents."""
