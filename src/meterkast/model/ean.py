"""EAN-18: the name of a connection to the grid."""

from dataclasses import dataclass

from meterkast.model.errors import DataError


def check_digit(first17: str) -> int:
    """The GS1 modulo-10 check digit over 17 digits, weights 3 and 1 from the right."""
    weighted = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(first17)))
    return -weighted % 10


@dataclass(frozen=True, slots=True, order=True)
class Ean:
    """An EAN-18 whose check digit holds.

    Raises:
        DataError: ``ean-malformed`` or ``ean-check-digit``.
    """

    digits: str

    def __post_init__(self) -> None:
        if len(self.digits) != 18 or not (self.digits.isascii() and self.digits.isdigit()):
            raise DataError("ean-malformed", "A connection is named by 18 digits.", where="ean")
        if check_digit(self.digits[:17]) != int(self.digits[17]):
            raise DataError("ean-check-digit", "The check digit of the EAN-18 does not hold.", where="ean")

    @classmethod
    def from_number(cls, prefix: str, number: int) -> "Ean":
        """The EAN with this operator prefix and serial number, padded to 17 digits and checked."""
        first17 = prefix + str(number).zfill(17 - len(prefix))
        return cls(first17 + str(check_digit(first17)))

    def __str__(self) -> str:
        return self.digits
