"""Secondary addresses of the wired M-Bus: a device chosen by who it is (EN 13757-3, selection by CI 52)."""

from dataclasses import dataclass, replace

from meterkast.model.errors import DataError, PeerError
from meterkast.protocols.mbus.identity import Identity, decode_manufacturer, encode_manufacturer

SIZE = 8
_DIGITS = 8
_OPEN_DIGIT = "F"
_OPEN_MANUFACTURER = b"\xff\xff"
_OPEN = 0xFF


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondaryAddress:
    """Who is meant; what is left open fits everybody.

    Attributes:
        identification: eight digits, ``F`` for each one left open.
        manufacturer: FLAG code; None leaves it open.
        version: None leaves it open.
        device_type: what it measures (``media``); None leaves it open.

    Raises:
        DataError: ``mbus-address-malformed``.
    """

    identification: str = _OPEN_DIGIT * _DIGITS
    manufacturer: str | None = None
    version: int | None = None
    device_type: int | None = None

    def __post_init__(self) -> None:
        if len(self.identification) != _DIGITS or set(self.identification) - set("0123456789ABCDEF"):
            raise DataError(
                "mbus-address-malformed",
                "A secondary address has eight digits, F for each one left open.",
                where=self.identification,
            )

    @classmethod
    def of(cls, device: Identity) -> "SecondaryAddress":
        """The address that fits one device alone."""
        return cls(
            identification=device.identification,
            manufacturer=device.manufacturer,
            version=device.version,
            device_type=device.device_type,
        )

    @classmethod
    def decode(cls, octets: bytes) -> "SecondaryAddress":
        """Eight octets as they follow CI 52.

        Raises:
            PeerError: ``mbus-selection-size``.
        """
        if len(octets) != SIZE:
            raise PeerError("mbus-selection-size", f"A selection has {SIZE} octets.")
        manufacturer = octets[4:6]
        return cls(
            identification=octets[3::-1].hex().upper(),
            manufacturer=None if manufacturer == _OPEN_MANUFACTURER else decode_manufacturer(manufacturer),
            version=None if octets[6] == _OPEN else octets[6],
            device_type=None if octets[7] == _OPEN else octets[7],
        )

    def encode(self) -> bytes:
        """The octets behind CI 52, low octet of each field first."""
        manufacturer = (
            _OPEN_MANUFACTURER if self.manufacturer is None else encode_manufacturer(self.manufacturer)
        )
        rest = (_OPEN if field is None else field for field in (self.version, self.device_type))
        return bytes.fromhex(self.identification)[::-1] + manufacturer + bytes(rest)

    def fits(self, device: Identity) -> bool:
        """Whether the device is meant."""
        digits = zip(self.identification, device.identification, strict=True)
        return (
            all(wanted in (_OPEN_DIGIT, digit) for wanted, digit in digits)
            and self.manufacturer in (None, device.manufacturer)
            and self.version in (None, device.version)
            and self.device_type in (None, device.device_type)
        )

    def narrower(self) -> list["SecondaryAddress"]:
        """The ten addresses that together mean the same devices: the first open digit filled in, 0 to 9.

        Empty where no digit is open.
        """
        place = self.identification.find(_OPEN_DIGIT)
        if place < 0:
            return []
        before, behind = self.identification[:place], self.identification[place + 1 :]
        return [replace(self, identification=f"{before}{digit}{behind}") for digit in range(10)]
