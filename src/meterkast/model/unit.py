"""Units of COSEM and M-Bus values (Blue Book, class 3, physical units)."""

from enum import IntEnum


class Unit(IntEnum):
    """The unit codes of the Blue Book that Dutch meters use. ``NONE`` is a plain number."""

    YEAR = 1
    MONTH = 2
    WEEK = 3
    DAY = 4
    HOUR = 5
    MINUTE = 6
    SECOND = 7
    DEGREE = 8
    CELSIUS = 9
    METRE = 11
    CUBIC_METRE = 13
    CUBIC_METRE_CORRECTED = 14
    CUBIC_METRE_PER_HOUR = 15
    LITRE = 19
    KILOGRAM = 20
    PASCAL = 23
    BAR = 24
    JOULE = 25
    WATT = 27
    VOLT_AMPERE = 28
    VAR = 29
    WATT_HOUR = 30
    VOLT_AMPERE_HOUR = 31
    VAR_HOUR = 32
    AMPERE = 33
    COULOMB = 34
    VOLT = 35
    HERTZ = 44
    PERCENT = 56
    NONE = 255

    @property
    def symbol(self) -> str:
        """The symbol as people write it; empty for a plain number."""
        return _SYMBOLS[self]


_SYMBOLS: dict[Unit, str] = {
    Unit.YEAR: "a",
    Unit.MONTH: "mo",
    Unit.WEEK: "wk",
    Unit.DAY: "d",
    Unit.HOUR: "h",
    Unit.MINUTE: "min",
    Unit.SECOND: "s",
    Unit.DEGREE: "°",
    Unit.CELSIUS: "°C",
    Unit.METRE: "m",
    Unit.CUBIC_METRE: "m3",
    Unit.CUBIC_METRE_CORRECTED: "m3",
    Unit.CUBIC_METRE_PER_HOUR: "m3/h",
    Unit.LITRE: "l",
    Unit.KILOGRAM: "kg",
    Unit.PASCAL: "Pa",
    Unit.BAR: "bar",
    Unit.JOULE: "J",
    Unit.WATT: "W",
    Unit.VOLT_AMPERE: "VA",
    Unit.VAR: "var",
    Unit.WATT_HOUR: "Wh",
    Unit.VOLT_AMPERE_HOUR: "VAh",
    Unit.VAR_HOUR: "varh",
    Unit.AMPERE: "A",
    Unit.COULOMB: "C",
    Unit.VOLT: "V",
    Unit.HERTZ: "Hz",
    Unit.PERCENT: "%",
    Unit.NONE: "",
}
