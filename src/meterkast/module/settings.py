"""What a module is made with."""

from dataclasses import dataclass, field

from meterkast.model.errors import LocalError
from meterkast.model.identity import SystemTitle
from meterkast.module.vendor import VendorProfile

PAIRING_KEY_LENGTH = 32
_SERIALS = 10**13


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleSettings:
    """One module in one meter cupboard.

    Attributes:
        profile: how its vendor builds it.
        serial: its number at the vendor, at most thirteen digits.
        phases: 1 or 3.
        pairing_key: shared with its gateway and nobody else; it proves who is at the other end of the local
            line and opens no data. 16 octets for encryption, then 16 for authentication (security suite 0).
        installed_at: Unix seconds of power-up, a whole minute.

    Raises:
        LocalError: ``module-settings``.
    """

    profile: VendorProfile
    serial: int
    phases: int
    pairing_key: bytes = field(repr=False)
    installed_at: int

    def __post_init__(self) -> None:
        faults = {
            "serial": not 0 <= self.serial < _SERIALS,
            "phases": self.phases not in (1, 3),
            "pairing_key": len(self.pairing_key) != PAIRING_KEY_LENGTH,
            "installed_at": self.installed_at % 60 != 0,
        }
        for setting, wrong in faults.items():
            if wrong:
                raise LocalError("module-settings", "A module cannot be made like this.", where=setting)

    @property
    def name(self) -> str:
        """The logical device name: FLAG code and thirteen digits, for example ``KFM5000000000017``."""
        return f"{self.profile.manufacturer}{self.serial:013d}"

    @property
    def title(self) -> SystemTitle:
        """The DLMS system title: FLAG code and the low forty bits of the serial number."""
        return SystemTitle.of(self.profile.manufacturer, self.serial % (1 << 40))
