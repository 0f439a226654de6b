"""One value with its name, unit and instant: what a person or a market party asks for."""

from dataclasses import dataclass
from decimal import Decimal

from meterkast.model.obis import Obis
from meterkast.model.unit import Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A register value at an instant.

    Attributes:
        obis: what it is; None where the meter's message carries no OBIS code and none could be derived.
        value: exact decimal value in ``unit``, or text for identifiers and messages.
        unit: physical unit, ``Unit.NONE`` for plain numbers and text.
        at: Unix seconds; None where the message carries no time.
    """

    obis: Obis | None
    value: Decimal | str
    unit: Unit = Unit.NONE
    at: int | None = None
