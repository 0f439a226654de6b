"""One second of the consumer port as a line of JSON: what both meters show, under their OBIS codes.

A document stands for itself: whoever joins late, or loses a line, has missed nothing but that second.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from meterkast.model.calendar import iso_local
from meterkast.model.errors import LocalError
from meterkast.protocols.x1 import LINE_LIMIT, PROFILE
from meterkast.protocols.x1.quantity import QUANTITIES, VOLUME

CLOCK, EQUIPMENT, RATE = "0-0:1.0.0", "0-0:96.1.1", "0-0:96.14.0"
CHANNELS = range(1, 5)
MAX_RATE = 9999
MAX_INDEXES = 12
GAS_TYPE = 3
NAME = re.compile(r"[0-9A-Za-z .:/_-]{1,48}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gas:
    """A gas meter.

    Attributes:
        equipment: its name.
        indexes: instants (Unix seconds) and litres, five minutes apart, the oldest first; one to twelve.
    """

    equipment: str
    indexes: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What the meters of a house show at one instant. What is not known is left out.

    Attributes:
        at: Unix seconds.
        equipment: the electricity meter's name; without a meter the gateway's.
        rate: the tariff in force, 1 or 2.
        values: by their codes in ``QUANTITIES``, in Wh, W, V and A.
        gas: by channel, 1 to 4.
    """

    at: int
    equipment: str
    rate: int | None = None
    values: Mapping[str, Decimal] = field(default_factory=dict)
    gas: Mapping[int, Gas] = field(default_factory=dict)

    def encode(self) -> bytes:
        """The document as one line, its line feed included.

        Raises:
            LocalError: ``x1-value-range`` where something does not fit the profile.
        """
        objects = dict(self._objects())
        line = json.dumps({"profile": PROFILE, "objects": objects}, separators=(",", ":")).encode() + b"\n"
        if len(line) > LINE_LIMIT:
            raise _range()
        return line

    def _objects(self) -> Iterator[tuple[str, dict[str, object]]]:
        yield CLOCK, {"value": iso_local(self.at)}
        yield EQUIPMENT, {"value": _checked(self.equipment)}
        if self.rate is not None:
            yield RATE, {"value": _within(self.rate, 0, MAX_RATE)}
        if self.values.keys() - QUANTITIES.keys():
            raise _range()
        for code, quantity in QUANTITIES.items():
            if code in self.values:
                yield code, {"value": _number(quantity.written(self.values[code])), "unit": quantity.unit}
        for channel, meter in sorted(self.gas.items()):
            _within(channel, CHANNELS[0], CHANNELS[-1])
            _within(len(meter.indexes), 1, MAX_INDEXES)
            yield f"0-{channel}:24.1.0", {"value": GAS_TYPE}
            yield f"0-{channel}:96.1.0", {"value": _checked(meter.equipment)}
            *before, last = (
                {"value": _cubic_metres(litres), "at": iso_local(at)} for at, litres in meter.indexes
            )
            yield (
                f"0-{channel}:24.2.1",
                {"value": last["value"], "unit": VOLUME.unit, "at": last["at"], "before": before},
            )


def _number(written: Decimal | None) -> float:
    """A JSON number. Its shortest text has the same digits, since no number here has more than fifteen."""
    if written is None:
        raise _range()
    return float(written)


def _cubic_metres(litres: int) -> float:
    return _number(VOLUME.written(Decimal(litres).scaleb(-3)))


def _checked(name: str) -> str:
    if NAME.fullmatch(name) is None:
        raise _range()
    return name


def _within(value: int, least: int, most: int) -> int:
    if not least <= value <= most:
        raise _range()
    return value


def _range() -> LocalError:
    return LocalError("x1-value-range", "A value does not fit the X1 profile.")
