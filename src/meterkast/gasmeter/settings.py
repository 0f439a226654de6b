"""What makes one gas meter different from the next."""

from dataclasses import dataclass, field

from meterkast.model.calendar import HOUR
from meterkast.model.errors import DataError
from meterkast.protocols.mbus import media
from meterkast.protocols.mbus.identity import Identity

_EQUIPMENT_LENGTH = 17
_KEY_SIZE = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class GasMeterSettings:
    """Who the meter is, and where its index begins.

    Attributes:
        identification: eight digits.
        user_key: 16 octets, shared with its gateway only; never shown.
        equipment: equipment identifier: 5 characters of code, 10 of serial, 2 of year.
        start: Unix seconds, a whole hour: when it was put on the wall.
        start_index: litres on the register at ``start``.
        manufacturer: FLAG code.
        version: generation of the device.
        address: primary address on the wire, 1 to 250.

    Raises:
        DataError: ``gasmeter-settings``.
    """

    identification: str
    user_key: bytes = field(repr=False)
    equipment: str
    start: int
    start_index: int = 0
    manufacturer: str = "MKM"
    version: int = 1
    address: int = 1

    def __post_init__(self) -> None:
        if len(self.identification) != 8 or not (
            self.identification.isascii() and self.identification.isdigit()
        ):
            raise DataError("gasmeter-settings", "A gas meter has eight digits.", where="identification")
        if len(self.user_key) != _KEY_SIZE:
            raise DataError("gasmeter-settings", f"A user key has {_KEY_SIZE} octets.", where="user_key")
        if len(self.equipment) != _EQUIPMENT_LENGTH or not self.equipment.isascii():
            raise DataError(
                "gasmeter-settings", "An equipment identifier has 17 characters.", where="equipment"
            )
        if self.start % HOUR:
            raise DataError("gasmeter-settings", "A gas meter starts at a whole hour.", where="start")
        if not 1 <= self.address <= 250:
            raise DataError("gasmeter-settings", "A primary address is 1 to 250.", where="address")

    @property
    def identity(self) -> Identity:
        """The Short ID on the wire."""
        return Identity(
            manufacturer=self.manufacturer,
            identification=self.identification,
            version=self.version,
            device_type=media.GAS,
        )
