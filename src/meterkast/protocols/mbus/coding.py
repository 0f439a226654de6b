"""How the data octets of a record are written (EN 13757-3, 6.3.3, data field), low octet first."""

import struct
from decimal import Decimal
from enum import IntEnum

from meterkast.model.errors import LocalError


class Coding(IntEnum):
    """The low four bits of the data information field."""

    NO_DATA = 0x0
    INT8 = 0x1
    INT16 = 0x2
    INT24 = 0x3
    INT32 = 0x4
    REAL32 = 0x5
    INT48 = 0x6
    INT64 = 0x7
    SELECTION = 0x8
    BCD2 = 0x9
    BCD4 = 0xA
    BCD6 = 0xB
    BCD8 = 0xC
    VARIABLE = 0xD
    BCD12 = 0xE

    @property
    def size(self) -> int:
        """Octets of data; of a variable one the length octet (LVAR) alone."""
        return _SIZES[self]

    @property
    def is_integer(self) -> bool:
        """Whether the data is a two's complement integer."""
        return self in _INTEGERS

    @property
    def is_bcd(self) -> bool:
        """Whether the data is decimal digits, two to the octet."""
        return self in _BCD


_SIZES = {
    Coding.NO_DATA: 0,
    Coding.INT8: 1,
    Coding.INT16: 2,
    Coding.INT24: 3,
    Coding.INT32: 4,
    Coding.REAL32: 4,
    Coding.INT48: 6,
    Coding.INT64: 8,
    Coding.SELECTION: 0,
    Coding.BCD2: 1,
    Coding.BCD4: 2,
    Coding.BCD6: 3,
    Coding.BCD8: 4,
    Coding.VARIABLE: 1,
    Coding.BCD12: 6,
}
_INTEGERS = frozenset((Coding.INT8, Coding.INT16, Coding.INT24, Coding.INT32, Coding.INT48, Coding.INT64))
_BCD = frozenset((Coding.BCD2, Coding.BCD4, Coding.BCD6, Coding.BCD8, Coding.BCD12))

_TEXT_END = 0xC0
_POSITIVE_END = 0xD0
_NEGATIVE_END = 0xE0
_BINARY_END = 0xF0
_WIDE_BINARY = {0xF0: 16, 0xF1: 20, 0xF2: 24, 0xF3: 28, 0xF4: 32, 0xF5: 48, 0xF6: 64}


def variable_size(lvar: int) -> int | None:
    """Octets that follow this length octet; None where the standard reserves it."""
    if lvar < _TEXT_END:
        return lvar
    if lvar < _BINARY_END:
        return lvar & 0x0F
    return _WIDE_BINARY.get(lvar)


def integer(octets: bytes, *, signed: bool = True) -> Decimal:
    """Type B (signed) or C."""
    return Decimal(int.from_bytes(octets, "little", signed=signed))


def bcd(octets: bytes) -> Decimal | str | None:
    """Type A. The top digit F is a minus sign; other hexadecimal digits show an error: given as text."""
    digits = octets[::-1].hex().upper()
    sign, rest = ("-", digits[1:]) if digits.startswith("F") else ("", digits)
    return Decimal(sign + rest) if rest.isdecimal() else digits or None


def weighed_bcd(octets: bytes) -> Decimal:
    """Hexadecimal digits as widely used readers weigh them: above nine, a tens digit counts nothing.

    Such a number means nothing; it serves to compare with what those readers print.
    """
    total = 0
    for octet in octets[::-1]:
        tens = octet >> 4 if octet >> 4 <= 9 else 0
        total = total * 100 + tens * 10 + (octet & 0x0F)
    return Decimal(total)


def real(octets: bytes) -> Decimal | None:
    """Type H, the shortest decimal that is this float; None for infinities and what is no number."""
    (value,) = struct.unpack("<f", octets)
    for precision in range(6, 10):
        text = f"{value:.{precision}g}"
        if struct.pack("<f", float(text)) == octets:
            break
    number = Decimal(text)
    return number if number.is_finite() else None


def variable(octets: bytes) -> Decimal | str | None:
    """What follows an LVAR octet: text (last character first on the wire), BCD, or binary as hex digits."""
    lvar, content = octets[0], octets[1:]
    if lvar < _TEXT_END:
        return content[::-1].decode("latin-1")
    if lvar < _NEGATIVE_END:
        digits = content[::-1].hex().upper()
        if not digits.isdecimal():
            return digits or None
        return Decimal(digits) if lvar < _POSITIVE_END else -Decimal(digits)
    return content[::-1].hex().upper()


def encode_integer(value: int, coding: Coding) -> bytes:
    """Type B.

    Raises:
        LocalError: ``mbus-value-range`` where it does not fit.
    """
    try:
        return value.to_bytes(coding.size, "little", signed=True)
    except OverflowError:
        raise LocalError("mbus-value-range", f"The value does not fit {coding.name}.") from None


def encode_bcd(value: int, coding: Coding) -> bytes:
    """Type A; a negative value has F in place of its top digit.

    Raises:
        LocalError: ``mbus-value-range`` where it does not fit.
    """
    width = coding.size * 2
    digits = str(value).zfill(width) if value >= 0 else "F" + str(-value).zfill(width - 1)
    if len(digits) != width:
        raise LocalError("mbus-value-range", f"The value does not fit {coding.name}.")
    return bytes.fromhex(digits)[::-1]


def encode_text(text: str) -> bytes:
    """LVAR and characters, last one first.

    Raises:
        LocalError: ``mbus-value-range`` where it is longer than 191 characters or not Latin-1.
    """
    try:
        content = text.encode("latin-1")
    except UnicodeEncodeError:
        raise LocalError("mbus-value-range", "An M-Bus text is written in Latin-1.") from None
    if len(content) >= _TEXT_END:
        raise LocalError("mbus-value-range", "An M-Bus text has at most 191 characters.")
    return bytes((len(content),)) + content[::-1]
