"""OBIS codes: the names of measured things (IEC 62056-6-1)."""

import re
from dataclasses import dataclass

from meterkast.model.errors import DataError

_TEXT = re.compile(r"(\d{1,3})-(\d{1,3}):(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:[.*](\d{1,3}))?")


@dataclass(frozen=True, slots=True, order=True)
class Obis:
    """Six value groups A to F, each one octet. F is 255 where it is not written."""

    a: int
    b: int
    c: int
    d: int
    e: int
    f: int = 255

    def __post_init__(self) -> None:
        if not all(0 <= group <= 255 for group in (self.a, self.b, self.c, self.d, self.e, self.f)):
            raise DataError("obis-group-range", "An OBIS value group must be between 0 and 255.")

    @classmethod
    def parse(cls, text: str) -> "Obis":
        """Reads ``1-0:1.8.0``, ``1-0:1.8.0.255`` or ``1-0:1.8.0*255``.

        Raises:
            DataError: ``obis-malformed`` where the text is anything else.
        """
        match = _TEXT.fullmatch(text)
        if match is None:
            raise DataError("obis-malformed", f"{text!r} is not an OBIS code.", hint="Write it as 1-0:1.8.0.")
        groups = [int(group) for group in match.groups(default="255")]
        return cls(*groups)

    @classmethod
    def from_bytes(cls, octets: bytes) -> "Obis":
        """Six octets, A first, as in a COSEM logical name.

        Raises:
            DataError: ``obis-length`` where there are not six.
        """
        if len(octets) != 6:
            raise DataError("obis-length", f"A logical name has 6 octets, not {len(octets)}.")
        return cls(*octets)

    def to_bytes(self) -> bytes:
        """The COSEM logical name: six octets, A first."""
        return bytes((self.a, self.b, self.c, self.d, self.e, self.f))

    def __str__(self) -> str:
        short = f"{self.a}-{self.b}:{self.c}.{self.d}.{self.e}"
        return short if self.f == 255 else f"{short}.{self.f}"
