"""CRC-16 of the P1 telegram: x16 + x15 + x2 + 1, low bit first, initial value 0 (DSMR P1 5.0.2, 6.2).

A telegram comes every second, and octet by octet its CRC would cost more than all the rest. So the telegram
is one polynomial in one long integer. The generator is (x + 1)(x15 + x + 1), and modulo the second factor
x^(15·2^k) = x^(2^k) + 1: one shift and two additions fold a message of any length by 14·2^k bits. Modulo the
first factor only the parity counts. Both remainders together are the remainder of the generator.
"""

_REVERSED = bytes(int(f"{octet:08b}"[::-1], 2) for octet in range(256))
_FACTOR = 0b1000_0000_0000_0011


def crc16(octets: bytes) -> int:
    """The check value over the octets."""
    message = int.from_bytes(octets.translate(_REVERSED), "big") << 16
    rest = message
    for power in reversed(range((message.bit_length() // 15).bit_length() + 1)):
        width, step = 15 << power, 1 << power
        while high := rest >> width:
            rest = rest & ((1 << width) - 1) ^ (high << step) ^ high
    if (rest.bit_count() ^ message.bit_count()) & 1:
        rest ^= _FACTOR
    return int.from_bytes(rest.to_bytes(2, "big").translate(_REVERSED), "little")
