"""What a device measures: device types of both headers, and units of the fixed one (EN 13757-3)."""

from dataclasses import replace
from decimal import Decimal

from meterkast.protocols.mbus.quantities import RESERVED, Meaning

DEVICE_TYPES: dict[int, str] = {
    0x00: "other",
    0x01: "oil",
    0x02: "electricity",
    0x03: "gas",
    0x04: "heat (outlet)",
    0x05: "steam",
    0x06: "warm water",
    0x07: "water",
    0x08: "heat cost allocator",
    0x09: "compressed air",
    0x0A: "cooling (outlet)",
    0x0B: "cooling (inlet)",
    0x0C: "heat (inlet)",
    0x0D: "heat and cooling",
    0x0E: "bus",
    0x0F: "unknown",
    0x14: "calorific value",
    0x15: "hot water",
    0x16: "cold water",
    0x17: "dual water",
    0x18: "pressure",
    0x19: "A/D converter",
    0x1A: "smoke detector",
    0x1B: "room sensor",
    0x1C: "gas detector",
    0x20: "breaker",
    0x21: "valve",
    0x25: "customer unit",
    0x28: "waste water",
    0x29: "waste",
    0x31: "communication controller",
    0x32: "unidirectional repeater",
    0x33: "bidirectional repeater",
    0x36: "radio converter, system side",
    0x37: "radio converter, meter side",
}
GAS = 0x03
ELECTRICITY = 0x02

_COUNTER_UNITS: tuple[tuple[int, int, Meaning], ...] = (
    (0x02, 9, Meaning(quantity="energy", unit="Wh")),
    (0x0B, 9, Meaning(quantity="energy", unit="J", factor=Decimal(1000))),
    (0x14, 9, Meaning(quantity="power", unit="W")),
    (0x1D, 9, Meaning(quantity="power", unit="J/h", factor=Decimal(1000))),
    (0x26, 9, Meaning(quantity="volume", unit="m3", factor=Decimal("0.000001"))),
    (0x2F, 9, Meaning(quantity="volume flow", unit="m3/h", factor=Decimal("0.000001"))),
    (0x38, 1, Meaning(quantity="temperature", unit="°C", factor=Decimal("0.001"))),
    (0x39, 1, Meaning(quantity="heat cost allocation")),
    (0x3F, 1, Meaning(quantity="count")),
)
"""First code, how many, and what the first one means; each next code is ten times as much."""

HISTORIC = 0x3E
"""A counter of the fixed data structure that holds a stored value in the unit of the other one."""


def device_type(code: int) -> str:
    """The name of a device type; ``reserved`` where the standard has none."""
    return DEVICE_TYPES.get(code, "reserved")


def counter_meaning(code: int) -> Meaning:
    """What a counter of the fixed data structure measures (physical units, six bits)."""
    for first, count, told in _COUNTER_UNITS:
        if first <= code < first + count:
            return replace(told, factor=told.factor.scaleb(code - first))
    return RESERVED
