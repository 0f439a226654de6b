"""Who a device is: the DLMS system title."""

import re
from dataclasses import dataclass

from meterkast.model.errors import DataError

_TEXT = re.compile(r"([A-Z]{3})([0-9A-F]{10})")


@dataclass(frozen=True, slots=True, order=True)
class SystemTitle:
    """Eight octets: the maker's three-letter FLAG code and a five-octet serial (Green Book 4.1.8.1.6).

    Written as the three letters followed by ten hexadecimal digits, for example ``MKG0000000001``.
    """

    octets: bytes

    def __post_init__(self) -> None:
        if len(self.octets) != 8 or not self.octets[:3].isalpha() or not self.octets[:3].isupper():
            raise DataError(
                "system-title-malformed", "A system title is three capital letters and five octets."
            )

    @classmethod
    def parse(cls, text: str) -> "SystemTitle":
        """Reads the written form.

        Raises:
            DataError: ``system-title-malformed``.
        """
        match = _TEXT.fullmatch(text)
        if match is None:
            raise DataError(
                "system-title-malformed",
                f"{text!r} is not a system title.",
                hint="Write three capitals and ten hexadecimal digits, such as MKG0000000001.",
            )
        return cls(match[1].encode("ascii") + bytes.fromhex(match[2]))

    @classmethod
    def of(cls, manufacturer: str, serial: int) -> "SystemTitle":
        """The title of this manufacturer's device with this serial number (0 to 2**40 - 1)."""
        return cls(manufacturer.encode("ascii") + serial.to_bytes(5, "big"))

    @property
    def manufacturer(self) -> str:
        """The FLAG code of the manufacturer."""
        return self.octets[:3].decode("ascii")

    def __str__(self) -> str:
        return self.manufacturer + self.octets[3:].hex().upper()
