"""The frame check sequence of HDLC: CRC-16/X-25 (ISO/IEC 13239 annex A), sent low octet first."""


def _row(octet: int) -> int:
    for _ in range(8):
        octet = (octet >> 1) ^ 0x8408 if octet & 1 else octet >> 1
    return octet


_TABLE = tuple(_row(octet) for octet in range(256))


def fcs(octets: bytes) -> bytes:
    """The two check octets as they follow ``octets`` on the wire; for a header they are its HCS."""
    register = 0xFFFF
    for octet in octets:
        register = (register >> 8) ^ _TABLE[(register ^ octet) & 0xFF]
    return (register ^ 0xFFFF).to_bytes(2, "little")
