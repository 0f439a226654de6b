"""Who an M-Bus device is: manufacturer, identification number, version and device type."""

from dataclasses import dataclass

from meterkast.model.errors import LocalError

SIZE = 8


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Identity:
    """The Short ID by which a gas meter is bound (DSMR P2 4.2.2): unique in the world.

    Attributes:
        manufacturer: three-letter FLAG code.
        identification: eight digits; other hexadecimal digits stand where a device sends them.
        version: generation of the device, set by its maker.
        device_type: what it measures (``media``).
    """

    manufacturer: str
    identification: str
    version: int
    device_type: int

    @property
    def name(self) -> str:
        """Manufacturer and number, for example ``MKM12345678``."""
        return self.manufacturer + self.identification

    @classmethod
    def decode(cls, octets: bytes) -> "Identity":
        """Eight octets as in the long header: identification, manufacturer, version, device type."""
        return cls(
            manufacturer=decode_manufacturer(octets[4:6]),
            identification=octets[3::-1].hex().upper(),
            version=octets[6],
            device_type=octets[7],
        )

    def encode(self) -> bytes:
        """The octets of the long header, low octet first.

        Raises:
            LocalError: ``mbus-identity-malformed``.
        """
        return (
            self._number() + encode_manufacturer(self.manufacturer) + bytes((self.version, self.device_type))
        )

    def manufacturer_first(self) -> bytes:
        """The same octets in the order of the link address of EN 13757-4, with which every IV begins."""
        return (
            encode_manufacturer(self.manufacturer) + self._number() + bytes((self.version, self.device_type))
        )

    def _number(self) -> bytes:
        try:
            number = bytes.fromhex(self.identification)[::-1]
        except ValueError:
            number = b""
        if len(number) != 4:
            raise LocalError("mbus-identity-malformed", "An M-Bus identification number has eight digits.")
        return number


def decode_manufacturer(octets: bytes) -> str:
    """Three letters of five bits each (EN 62056-21 FLAG code), low octet first."""
    packed = int.from_bytes(octets, "little")
    return "".join(chr(64 + (packed >> shift & 0x1F)) for shift in (10, 5, 0))


def encode_manufacturer(code: str) -> bytes:
    """Two octets, low one first.

    Raises:
        LocalError: ``mbus-identity-malformed`` where the code is not three characters from @ to _.
    """
    if len(code) != 3 or not all(64 <= ord(letter) < 96 for letter in code):
        raise LocalError("mbus-identity-malformed", "A FLAG code has three capital letters.")
    first, second, third = (ord(letter) - 64 for letter in code)
    return (first << 10 | second << 5 | third).to_bytes(2, "little")
