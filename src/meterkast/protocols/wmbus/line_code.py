"""How a radio frame stands on air in modes S, T and C: synchronisation and line code (EN 13757-4, 5 to 7).

Chips are the symbols of the modulation, here one per item, 0 or 1, the first on air first. In mode C a chip
is a bit; in mode S a bit is two chips (Manchester), in mode T four bits are six (three out of six).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from meterkast.model.errors import PeerError
from meterkast.protocols.wmbus.frame import Format, size_a

_THREE_OUT_OF_SIX = (
    0b010110, 0b001101, 0b001110, 0b001011, 0b011100, 0b011001, 0b011010, 0b010011,
    0b101100, 0b100101, 0b100110, 0b100011, 0b110100, 0b110001, 0b110010, 0b101001,
)  # fmt: skip
_MANCHESTER = (0b10, 0b01)
_PLAIN = (0, 1)


@dataclass(frozen=True, slots=True)
class Code:
    """A line code: groups of bits to groups of chips.

    Attributes:
        bits: in a group.
        chips: in a group.
        symbols: the chips of each value of a group, the first on air the most significant.
    """

    bits: int
    chips: int
    symbols: Sequence[int]

    def encode(self, octets: bytes) -> list[int]:
        """The chips, the most significant bit of each octet first."""
        groups = (octet >> shift & (1 << self.bits) - 1 for octet in octets for shift in self._shifts)
        return [chip for group in groups for chip in _spread(self.symbols[group], self.chips)]

    def decode(self, chips: Sequence[int], count: int) -> bytes | None:
        """The first ``count`` octets; None where a group of chips is no symbol, or chips are missing."""
        per_octet = 8 // self.bits
        values = {symbol: value for value, symbol in enumerate(self.symbols)}
        octets = bytearray()
        for number in range(count):
            octet = 0
            for place in range(number * per_octet, (number + 1) * per_octet):
                group = chips[place * self.chips : (place + 1) * self.chips]
                value = values.get(_number(group)) if len(group) == self.chips else None
                if value is None:
                    return None
                octet = octet << self.bits | value
            octets.append(octet)
        return bytes(octets)

    @property
    def _shifts(self) -> range:
        return range(8 - self.bits, -1, -self.bits)


class Mode(Enum):
    """A radio mode with its frame format: line code, and the chips that announce a frame."""

    S = (Code(1, 2, _MANCHESTER), "000111011010010110", Format.A)
    T = (Code(4, 6, _THREE_OUT_OF_SIX), "0000111101", Format.A)
    C_A = (Code(1, 1, _PLAIN), "01010100001111010101010011001101", Format.A)
    C_B = (Code(1, 1, _PLAIN), "01010100001111010101010000111101", Format.B)

    def __init__(self, code: Code, synchronisation: str, form: Format) -> None:
        self.code = code
        self.synchronisation = tuple(map(int, synchronisation))
        self.form = form

    def encode(self, frame: bytes, *, preamble: int = 24) -> list[int]:
        """The chips of a frame that has the CRCs of the mode's format; ``preamble`` counts pairs of chips."""
        return [*(0, 1) * preamble, *self.synchronisation, *self.code.encode(frame), 0, 1]


def decode(chips: Sequence[int], mode: Mode) -> bytes:
    """The first whole frame in the chips, with its CRCs.

    Raises:
        PeerError: ``wmbus-no-frame`` where none is announced, or none is whole.
    """
    for begin in _announced(chips, mode.synchronisation):
        behind = chips[begin:]
        length = mode.code.decode(behind, 1)
        if length is None:
            continue
        size = length[0] + 1
        found = mode.code.decode(behind, size_a(size) if mode.form is Format.A else size)
        if found is not None:
            return found
    raise PeerError("wmbus-no-frame", "No whole frame of this mode stands in the chips.")


def _announced(chips: Sequence[int], synchronisation: Sequence[int]) -> Iterator[int]:
    """Where frames begin that are announced."""
    length = len(synchronisation)
    for begin in range(len(chips) - length + 1):
        if tuple(chips[begin : begin + length]) == synchronisation:
            yield begin + length


def _spread(symbol: int, width: int) -> Iterator[int]:
    return (symbol >> shift & 1 for shift in range(width - 1, -1, -1))


def _number(chips: Sequence[int]) -> int:
    number = 0
    for chip in chips:
        number = number << 1 | chip
    return number
