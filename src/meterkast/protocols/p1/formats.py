"""How numbers are printed between the brackets of a telegram."""

from dataclasses import dataclass
from decimal import Decimal

from meterkast.model.errors import LocalError


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """How a number is printed: ``Fn(x,y)`` of the standard, x digits of which y stand behind the dot.

    ``exponent`` is the power of ten from the unit of the value to the printed one.
    """

    width: int
    decimals: int = 0
    unit: str = ""
    exponent: int = 0

    def text(self, value: Decimal | int) -> str:
        """The printed value.

        Raises:
            LocalError: ``p1-value-range`` where it is negative or too great for its digits.
        """
        scaled = round(Decimal(value).scaleb(-self.exponent), self.decimals)
        dot = 1 if self.decimals else 0
        digits = format(scaled, f"0{self.width + dot}.{self.decimals}f")
        if scaled < 0 or len(digits) > self.width + dot:
            raise LocalError("p1-value-range", "The value does not fit its P1 format.")
        return f"{digits}*{self.unit}" if self.unit else digits
