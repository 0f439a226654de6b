"""The CRC of EN 13757: over the blocks of a radio frame, extended link payloads and compact frames.

EN 13757-4, 6.3.1: polynomial 3D65, high bit first, initial 0, complemented at the end.
"""

_POLYNOMIAL = 0x3D65


def crc16(octets: bytes) -> int:
    """The CRC of the octets."""
    register = 0
    for octet in octets:
        register = register << 8 & 0xFFFF ^ _TABLE[register >> 8 ^ octet]
    return register ^ 0xFFFF


def _shifted(octet: int) -> int:
    register = octet << 8
    for _ in range(8):
        register = register << 1 ^ (_POLYNOMIAL if register & 0x8000 else 0)
    return register & 0xFFFF


_TABLE = tuple(_shifted(octet) for octet in range(256))
