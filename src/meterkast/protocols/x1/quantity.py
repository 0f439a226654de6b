"""What an X1 document can hold about electricity, by OBIS code, and how each number is written."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """How one kind of number is written.

    Attributes:
        unit: as P1 prints it.
        decimals: digits behind the point.
        exponent: the power of ten from the SI unit of a register (Wh, W, V, A) to the written one.
        below: a number is smaller than this, in the written unit; none is negative.
    """

    unit: str
    decimals: int
    exponent: int = 0
    below: int

    def written(self, value: Decimal | int) -> Decimal | None:
        """The value in the written unit, rounded; None where it does not fit."""
        scaled = Decimal(value).scaleb(-self.exponent)
        if not 0 <= scaled < self.below:
            return None
        rounded = round(scaled, self.decimals)
        return rounded if rounded < self.below else None

    def read(self, written: Decimal) -> Decimal | None:
        """The value in the SI unit; None where it was not written like that."""
        fits = 0 <= written < self.below and written == round(written, self.decimals)
        return written.scaleb(self.exponent) if fits else None


_ENERGY = Quantity(unit="kWh", decimals=3, exponent=3, below=1_000_000)
_POWER = Quantity(unit="kW", decimals=3, exponent=3, below=100)
_VOLTAGE = Quantity(unit="V", decimals=1, below=1_000)
_CURRENT = Quantity(unit="A", decimals=2, below=999)
VOLUME = Quantity(unit="m3", decimals=3, exponent=0, below=100_000)

QUANTITIES: Mapping[str, Quantity] = {
    **dict.fromkeys(("1-0:1.8.1", "1-0:1.8.2", "1-0:2.8.1", "1-0:2.8.2"), _ENERGY),
    **dict.fromkeys(("1-0:1.7.0", "1-0:2.7.0"), _POWER),
    **{f"1-0:{group}.7.0": _VOLTAGE for group in (32, 52, 72)},
    **{f"1-0:{group}.7.0": _CURRENT for group in (31, 51, 71)},
    **{f"1-0:{group}.7.0": _POWER for group in (21, 41, 61, 22, 42, 62)},
}
"""In the order of the document."""
