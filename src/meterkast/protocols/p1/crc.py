"""CRC-16 of the P1 telegram: x16 + x15 + x2 + 1, low bit first, initial value 0 (DSMR P1 5.0.2, 6.2)."""

_POLYNOMIAL = 0xA001


def _entry(octet: int) -> int:
    for _ in range(8):
        octet = octet >> 1 ^ (_POLYNOMIAL if octet & 1 else 0)
    return octet


_TABLE = tuple(_entry(octet) for octet in range(256))


def crc16(octets: bytes) -> int:
    """The check value over the octets."""
    value = 0
    for octet in octets:
        value = value >> 8 ^ _TABLE[(value ^ octet) & 0xFF]
    return value
