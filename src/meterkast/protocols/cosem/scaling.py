"""Numbers on the wire to physical values: exact decimals and units (Blue Book 4.3.2, scaler_unit)."""

from dataclasses import dataclass
from decimal import Decimal

from meterkast.model.errors import PeerError
from meterkast.model.unit import Unit
from meterkast.protocols.axdr import Data

_LARGEST_SCALER = 30


@dataclass(frozen=True, slots=True)
class Scaling:
    """Attribute 3 of a register: power of ten, and the unit; None for a unit we have no name for."""

    scaler: int
    unit: Unit | None

    @classmethod
    def from_data(cls, data: Data) -> "Scaling":
        """Reads a scaler_unit.

        Raises:
            PeerError: ``scaler-malformed``.
        """
        match [item.value for item in data.items]:
            case [int(scaler), int(unit)] if -_LARGEST_SCALER <= scaler <= _LARGEST_SCALER:
                return cls(scaler, Unit(unit) if unit in set(Unit) else None)
        raise PeerError("scaler-malformed", "The scaler and unit of a register are malformed.")

    def value(self, data: Data) -> Decimal | None:
        """The physical value; None where there is no number, as before a first reading."""
        number = data.value
        if isinstance(number, bool) or not isinstance(number, int | float):
            return None
        return Decimal(str(number)).scaleb(self.scaler)
