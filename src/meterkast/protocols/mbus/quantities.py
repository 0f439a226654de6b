"""What a value information field (VIF) means: the tables of EN 13757-3, 6.4, as data.

Durations are brought to seconds. Where the tables say nothing, the value stands as it was sent.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto


class Form(Enum):
    """How the data octets are to be read."""

    NUMBER = auto()
    FLAGS = auto()
    IDENTIFIER = auto()
    TIME = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What a record measures. The physical value is ``sent * factor + offset`` in ``unit``.

    Attributes:
        quantity: plain name in English, lower case.
        unit: symbol; empty for a plain number.
        qualifiers: what the extensions (VIFE) add, in their order, for example ``per hour``.
    """

    quantity: str
    unit: str = ""
    factor: Decimal = Decimal(1)
    offset: Decimal = Decimal(0)
    form: Form = Form.NUMBER
    qualifiers: tuple[str, ...] = ()


Table = dict[int, Meaning]

RESERVED = Meaning(quantity="reserved")
MANUFACTURER_SPECIFIC = Meaning(quantity="manufacturer specific")

SECONDS = (1, 60, 3600, 86400)


def _powers(first: int, count: int, quantity: str, unit: str, exponent: int) -> Table:
    """``count`` codes from ``first``, each ten times the one before; the first one is ``10**exponent``."""
    return {
        first + step: Meaning(quantity=quantity, unit=unit, factor=Decimal(1).scaleb(exponent + step))
        for step in range(count)
    }


def _durations(first: int, quantity: str, units: tuple[int, ...] = SECONDS) -> Table:
    """Four codes from ``first``: seconds, minutes, hours, days."""
    return {
        first + step: Meaning(quantity=quantity, unit="s", factor=Decimal(seconds))
        for step, seconds in enumerate(units)
    }


def _plain(first: int, *quantities: str, unit: str = "", form: Form = Form.NUMBER) -> Table:
    """Consecutive codes without a scale."""
    return {
        first + step: Meaning(quantity=name, unit=unit, form=form) for step, name in enumerate(quantities)
    }


PRIMARY: Table = {
    **_powers(0x00, 8, "energy", "Wh", -3),
    **_powers(0x08, 8, "energy", "J", 0),
    **_powers(0x10, 8, "volume", "m3", -6),
    **_powers(0x18, 8, "mass", "kg", -3),
    **_durations(0x20, "on time"),
    **_durations(0x24, "operating time"),
    **_powers(0x28, 8, "power", "W", -3),
    **_powers(0x30, 8, "power", "J/h", 0),
    **_powers(0x38, 8, "volume flow", "m3/h", -6),
    **_powers(0x40, 8, "volume flow", "m3/min", -7),
    **_powers(0x48, 8, "volume flow", "m3/s", -9),
    **_powers(0x50, 8, "mass flow", "kg/h", -3),
    **_powers(0x58, 4, "flow temperature", "°C", -3),
    **_powers(0x5C, 4, "return temperature", "°C", -3),
    **_powers(0x60, 4, "temperature difference", "K", -3),
    **_powers(0x64, 4, "external temperature", "°C", -3),
    **_powers(0x68, 4, "pressure", "bar", -3),
    **_plain(0x6C, "date", "date and time", form=Form.TIME),
    **_plain(0x6E, "heat cost allocation"),
    **_durations(0x70, "averaging duration"),
    **_durations(0x74, "actuality duration"),
    **_plain(0x78, "fabrication number", "enhanced identification", form=Form.IDENTIFIER),
    **_plain(0x7A, "bus address"),
    **_plain(0x7E, "any"),
    0x7F: MANUFACTURER_SPECIFIC,
}

EXTENSION_FB: Table = {
    **_powers(0x00, 2, "energy", "Wh", 5),
    **_powers(0x02, 2, "reactive energy", "varh", 3),
    **_powers(0x04, 2, "apparent energy", "VAh", 3),
    **_powers(0x08, 2, "energy", "J", 8),
    **_powers(0x0C, 4, "energy", "cal", 5),
    **_powers(0x10, 2, "volume", "m3", 2),
    **_powers(0x14, 4, "reactive power", "var", 0),
    **_powers(0x18, 2, "mass", "kg", 5),
    **_powers(0x1A, 2, "relative humidity", "%", -1),
    0x20: Meaning(quantity="volume", unit="ft3"),
    0x21: Meaning(quantity="volume", unit="ft3", factor=Decimal("0.1")),
    **_powers(0x28, 2, "power", "W", 5),
    0x2A: Meaning(quantity="phase angle between voltages", unit="°", factor=Decimal("0.1")),
    0x2B: Meaning(quantity="phase angle of current", unit="°", factor=Decimal("0.1")),
    **_powers(0x2C, 4, "frequency", "Hz", -3),
    **_powers(0x30, 2, "power", "J/h", 8),
    **_powers(0x34, 4, "apparent power", "VA", 0),
    **_plain(
        0x68, "resulting rating factor", "thermal output rating factor", "thermal coupling rating factor"
    ),
    **_powers(0x74, 4, "temperature limit", "°C", -3),
    **_powers(0x78, 8, "cumulative maximum of power", "W", -3),
}

EXTENSION_FD: Table = {
    **_powers(0x00, 4, "credit", "", -3),
    **_powers(0x04, 4, "debit", "", -3),
    **_plain(0x08, "access number", "device type", "manufacturer", "parameter set identification"),
    **_plain(0x0C, "model and version", "hardware version", "firmware version", "software version"),
    **_plain(0x10, "customer location", "customer"),
    **_plain(0x12, "access code user", "access code operator", "access code system operator"),
    **_plain(0x15, "access code developer", "password"),
    **_plain(0x17, "error flags", form=Form.FLAGS),
    **_plain(0x18, "error mask", form=Form.FLAGS),
    **_plain(0x19, "security key", form=Form.FLAGS),
    **_plain(0x1A, "digital output", "digital input", form=Form.FLAGS),
    0x1C: Meaning(quantity="baud rate", unit="Bd"),
    **_plain(0x1D, "response delay", "retries", "remote control"),
    **_plain(
        0x20, "first storage number", "last storage number", "size of storage block", "tariff descriptor"
    ),
    **_durations(0x24, "storage interval"),
    0x28: Meaning(quantity="storage interval", unit="mo"),
    0x29: Meaning(quantity="storage interval", unit="a"),
    **_plain(0x2A, "operator specific data"),
    0x2B: Meaning(quantity="second of the time point", unit="s"),
    **_durations(0x2C, "duration since last readout"),
    **_plain(0x30, "start of tariff", form=Form.TIME),
    **_durations(0x31, "duration of tariff", SECONDS[1:]),
    **_durations(0x34, "period of tariff"),
    0x38: Meaning(quantity="period of tariff", unit="mo"),
    0x39: Meaning(quantity="period of tariff", unit="a"),
    **_plain(0x3A, "dimensionless", "wireless data container"),
    **_durations(0x3C, "period of transmissions"),
    **_powers(0x40, 16, "voltage", "V", -9),
    **_powers(0x50, 16, "current", "A", -12),
    **_plain(0x60, "reset counter", "cumulation counter", "control signal", "day of week", "week number"),
    **_plain(0x65, "time of day change", "parameter activation"),
    **_plain(0x67, "special supplier information", form=Form.FLAGS),
    **_durations(0x68, "duration since last cumulation", SECONDS[2:]),
    0x6A: Meaning(quantity="duration since last cumulation", unit="mo"),
    0x6B: Meaning(quantity="duration since last cumulation", unit="a"),
    **_durations(0x6C, "operating time of battery", SECONDS[2:]),
    0x6E: Meaning(quantity="operating time of battery", unit="mo"),
    0x6F: Meaning(quantity="operating time of battery", unit="a"),
    **_plain(0x70, "battery change", form=Form.TIME),
    0x71: Meaning(quantity="received signal", unit="dBm"),
    **_plain(0x72, "daylight saving", "listening window"),
    0x74: Meaning(quantity="remaining life of battery", unit="s", factor=Decimal(86400)),
    **_plain(0x75, "times stopped", "manufacturer data container"),
}

QUALIFIERS: dict[int, str] = {
    0x12: "average",
    0x13: "inverse compact profile",
    0x14: "relative deviation",
    0x15: "no data available",
    0x16: "data overflow",
    0x17: "data underflow",
    0x18: "data error",
    0x1C: "premature end of record",
    0x1D: "standard conform content",
    0x1E: "compact profile with registers",
    0x1F: "compact profile",
    **dict(enumerate(("per second", "per minute", "per hour", "per day", "per week", "per month"), 0x20)),
    **dict(enumerate(("per year", "per revolution", "per input pulse 0", "per input pulse 1"), 0x26)),
    **dict(enumerate(("per output pulse 0", "per output pulse 1", "per litre", "per m3", "per kg"), 0x2A)),
    **dict(enumerate(("per K", "per kWh", "per GJ", "per kW", "per K l", "per V", "per A"), 0x2F)),
    **dict(enumerate(("times s", "times s/V", "times s/A"), 0x36)),
    0x39: "start of",
    0x3A: "uncorrected unit",
    0x3B: "accumulated where positive",
    0x3C: "accumulated where negative",
    0x3E: "at base conditions",
    0x3F: "OBIS declaration",
    0x40: "lower limit",
    0x48: "upper limit",
    0x41: "times below lower limit",
    0x49: "times above upper limit",
    0x68: "while below lower limit",
    0x6C: "while above upper limit",
    0x69: "leakage",
    0x6D: "overflow",
    0x7C: "extended qualifier",
    0x7E: "future value",
    0x7F: "manufacturer specific qualifier",
}
"""Extensions that say something about the value and leave its unit and scale alone."""

_LIMITS = ("lower limit", "upper limit")
_ENDS = ("begin", "end")
_TURNS = ("first", "last")

INSTANT_QUALIFIERS: dict[int, str] = {
    0x40 | upper << 3 | turn << 2 | 0x02 | end: f"{_ENDS[end]} of {_TURNS[turn]} excess of {_LIMITS[upper]}"
    for upper in (0, 1)
    for turn in (0, 1)
    for end in (0, 1)
} | {
    0x68 | turn << 2 | 0x02 | end: f"{_ENDS[end]} of {_TURNS[turn]} occurrence"
    for turn in (0, 1)
    for end in (0, 1)
}
"""Extensions that turn the value into the time of an event."""

DURATION_QUALIFIERS: dict[int, tuple[str, int]] = {
    0x50 | upper << 3 | turn << 2 | step: (f"duration of {_TURNS[turn]} excess of {_LIMITS[upper]}", seconds)
    for upper in (0, 1)
    for turn in (0, 1)
    for step, seconds in enumerate(SECONDS)
} | {
    0x60 | turn << 2 | step: (f"duration of {_TURNS[turn]} occurrence", seconds)
    for turn in (0, 1)
    for step, seconds in enumerate(SECONDS)
}
"""Extensions that turn the value into a duration, with the seconds of one count."""
