"""CRC-16 of the P1 telegram: x16 + x15 + x2 + 1, low bit first, initial value 0 (DSMR P1 5.0.2, 6.2)."""

from array import array
from functools import cache
from struct import Struct

_POLYNOMIAL = 0xA001
_PAIR = Struct("<H")


def _entry(octet: int) -> int:
    for _ in range(8):
        octet = octet >> 1 ^ (_POLYNOMIAL if octet & 1 else 0)
    return octet


_TABLE = tuple(_entry(octet) for octet in range(256))


@cache
def _pairs() -> "array[int]":
    """The effect of two octets, low one first: a telegram comes every second, and its CRC takes longest."""
    first = [value >> 8 ^ _TABLE[value & 0xFF] for value in _TABLE]
    return array("H", [low ^ high for high in _TABLE for low in first])


def crc16(octets: bytes) -> int:
    """The check value over the octets."""
    value = 0
    even = len(octets) & ~1
    table = _pairs()
    for (pair,) in _PAIR.iter_unpack(octets[:even]):
        value = table[value ^ pair]
    for octet in octets[even:]:
        value = value >> 8 ^ _TABLE[(value ^ octet) & 0xFF]
    return value
