"""Radio frames (EN 13757-4, 6): length, control, address and content, in blocks with a CRC each."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from meterkast.model.errors import LocalError, PeerError
from meterkast.protocols.mbus.crc import crc16
from meterkast.protocols.mbus.identity import Identity, decode_manufacturer

SND_NR = 0x44
_HEAD = 10
"""Length, control and address: the first block of format A, and the least that a frame has."""
_CRC = 2
_BLOCK_A = 16
_FIRST_B = 128
"""The first two blocks of format B together, with their CRC."""
_LONGEST = 256
_COUNT_BITS = 0x30


class Format(StrEnum):
    """How a frame is cut into blocks.

    ``A`` has a CRC behind the first 10 octets and behind every 16 that follow; ``B`` has one behind 126
    octets and one behind the rest. ``BARE`` is what many receivers hand on: the CRCs checked and taken out.
    """

    A = "A"
    B = "B"
    BARE = "bare"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One radio frame.

    Attributes:
        control: the C field.
        sender: the link address, of the meter or of the radio adapter in front of it.
        content: what follows the address: CI field and the layers above.
    """

    control: int
    sender: Identity
    content: bytes

    def encode(self, form: Format = Format.A) -> bytes:
        """The frame as it goes on air, or without CRCs.

        Raises:
            LocalError: ``wmbus-frame-long`` where the length field cannot say its length, and
                ``mbus-identity-malformed``.
        """
        body = bytes((self.control,)) + self.sender.manufacturer_first() + self.content
        length = len(body) + (_crcs_b(len(body) + 1) * _CRC if form is Format.B else 0)
        if length >= _LONGEST:
            raise LocalError("wmbus-frame-long", "A radio frame has at most 255 octets behind its length.")
        whole = bytes((length,)) + body
        if form is Format.BARE:
            return whole
        return b"".join(block + crc16(block).to_bytes(_CRC, "big") for block in _cut(whole, form))


@dataclass(frozen=True, slots=True)
class Received:
    """A frame, and how it stood in blocks."""

    frame: Frame
    form: Format


def parse(octets: bytes) -> Received:
    """Exactly one frame, in whichever format its length and its CRCs fit.

    A frame whose length fits a bare one is taken for one, unless the CRCs of format B hold.

    Raises:
        PeerError: ``wmbus-length-wrong`` or ``wmbus-crc-wrong``.
    """
    if len(octets) < _HEAD or octets[0] < _HEAD - 1:
        raise PeerError("wmbus-length-wrong", "The radio frame is shorter than its address.")
    size = octets[0] + 1
    if len(octets) == size:
        whole = _without_crcs(octets, _blocks_b(size)) if size >= _HEAD + _CRC else None
        return Received(_frame(octets), Format.BARE) if whole is None else Received(_frame(whole), Format.B)
    if len(octets) != size_a(size):
        raise PeerError("wmbus-length-wrong", "The length field does not fit the frame.", where="offset 0")
    whole = _without_crcs(octets, _blocks_a(size))
    if whole is None:
        raise PeerError("wmbus-crc-wrong", "The CRC of a block does not hold.")
    return Received(_frame(whole), Format.A)


def looks_like(octets: bytes) -> bool:
    """Whether the octets are a frame with CRCs that hold, or a bare one with a known control field."""
    try:
        received = parse(octets)
    except PeerError:
        return False
    if received.form is not Format.BARE:
        return True
    maker = received.frame.sender.manufacturer
    return function(received.frame.control) != "unknown" and maker.isalpha() and maker.isascii()


def function(control: int) -> str:
    """The name of what the control field asks or answers; the bits that count frames do not matter."""
    return _FUNCTIONS.get(control & ~_COUNT_BITS, "unknown")


def size_a(size: int) -> int:
    """Octets on air in format A of a frame that has ``size`` without its CRCs."""
    return size + _CRC * len(list(_blocks_a(size)))


def on_air(offset: int, form: Format) -> int:
    """Where an octet of the frame stands among the CRCs of its format."""
    if form is Format.A and offset >= _HEAD:
        return offset + _CRC * (1 + (offset - _HEAD) // _BLOCK_A)
    return offset + (_CRC if form is Format.B and offset >= _FIRST_B - _CRC else 0)


def _frame(whole: bytes) -> Frame:
    manufacturer, number = decode_manufacturer(whole[2:4]), whole[7:3:-1].hex().upper()
    sender = Identity(
        manufacturer=manufacturer, identification=number, version=whole[8], device_type=whole[9]
    )
    return Frame(control=whole[1], sender=sender, content=whole[_HEAD:])


def _blocks_a(size: int) -> Iterator[int]:
    """The sizes of the blocks of format A, without CRCs."""
    yield _HEAD
    for begun in range(_HEAD, size, _BLOCK_A):
        yield min(_BLOCK_A, size - begun)


def _blocks_b(on_air: int) -> Iterator[int]:
    """The sizes of the blocks of format B, without CRCs, from the size with them."""
    yield min(on_air, _FIRST_B) - _CRC
    if on_air > _FIRST_B:
        yield on_air - _FIRST_B - _CRC


def _crcs_b(size: int) -> int:
    return 1 if size <= _FIRST_B - _CRC else 2


def _cut(whole: bytes, form: Format) -> Iterator[bytes]:
    """The blocks of a frame without CRCs."""
    size = len(whole)
    sizes = _blocks_a(size) if form is Format.A else _blocks_b(size + _crcs_b(size) * _CRC)
    begun = 0
    for length in sizes:
        yield whole[begun : begun + length]
        begun += length


def _without_crcs(octets: bytes, sizes: Iterator[int]) -> bytes | None:
    """The blocks alone; None where a CRC does not hold."""
    blocks: list[bytes] = []
    begun = 0
    for size in sizes:
        block, crc = octets[begun : begun + size], octets[begun + size : begun + size + _CRC]
        if size < 1 or crc16(block) != int.from_bytes(crc, "big"):
            return None
        blocks.append(block)
        begun += size + _CRC
    return b"".join(blocks)


_FUNCTIONS = {
    0x00: "ACK",
    0x01: "NACK",
    0x06: "CNF-IR",
    0x08: "RSP-UD",
    0x40: "SND-NKE",
    0x43: "SND-UD2",
    0x44: "SND-NR",
    0x46: "SND-IR",
    0x47: "ACC-NR",
    0x48: "ACC-DMD",
    0x4A: "REQ-UD1",
    0x4B: "REQ-UD2",
}
