"""How a meter names itself: maker, fastest speed, abilities and type (IEC 62056-21, 6.3.2)."""

import re
from dataclasses import dataclass
from typing import Final

from meterkast.model.errors import LocalError, PeerError

SPEEDS: Final = {"0": 300, "1": 600, "2": 1200, "3": 2400, "4": 4800, "5": 9600, "6": 19200}
"""Baud by their signs in modes C and E."""

START_SPEED: Final = 300
"""Baud at which every opening begins, and goes on where one side can do no more (6.1)."""

SIGNS: Final = {baud: sign for sign, baud in SPEEDS.items()}
HDLC: Final = "2"
"""The sign for the binary mode, in identification and acknowledgement."""

_FORM: Final = re.compile(r"/([A-Z]{2}[A-Za-z])([0-6])((?:\\[0-9A-Z])*)([ -.0-\[\]-~]{0,16})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identification:
    """The identification message.

    Attributes:
        maker: three letters, the FLAG code; a small third letter means that the meter reacts within 20 ms.
        speed: fastest speed that the meter offers, in baud.
        abilities: signs that stand behind backslashes; ``2`` is HDLC.
        type: what the maker calls the meter, up to 16 characters without slash and backslash.

    Raises:
        LocalError: ``mode-e-identification-range`` where that cannot be written.
    """

    maker: str
    speed: int
    abilities: str = HDLC
    type: str = ""

    def __post_init__(self) -> None:
        if self.speed not in SIGNS or _FORM.fullmatch(str(self)) is None:
            raise LocalError("mode-e-identification-range", "The identification cannot be written.")

    def __str__(self) -> str:
        """The line without its end."""
        abilities = "".join(f"\\{sign}" for sign in self.abilities)
        return f"/{self.maker}{SIGNS[self.speed]}{abilities}{self.type}"

    @property
    def speaks_hdlc(self) -> bool:
        """Whether mode E leads to HDLC here."""
        return HDLC in self.abilities

    @classmethod
    def parse(cls, line: bytes) -> "Identification":
        """Reads the line without its end.

        Raises:
            PeerError: ``mode-e-identification-malformed``.
        """
        found = _FORM.fullmatch(line.decode("latin-1"))
        if found is None:
            raise PeerError("mode-e-identification-malformed", "The meter's identification is malformed.")
        maker, speed, abilities, kind = found.groups()
        return cls(maker=maker, speed=SPEEDS[speed], abilities=abilities.replace("\\", ""), type=kind)
