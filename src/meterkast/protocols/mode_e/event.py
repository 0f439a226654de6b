"""What either side of an opening asks of its owner, in this order."""

from dataclasses import dataclass

from meterkast.protocols.mode_e.identification import Identification


@dataclass(frozen=True, slots=True)
class Say:
    """Octets that must go to the far end now, parity included."""

    octets: bytes


@dataclass(frozen=True, slots=True)
class Speed:
    """Once everything said has left, the line goes on at this speed in baud."""

    baud: int


@dataclass(frozen=True, slots=True)
class Identified:
    """The meter has named itself."""

    identification: Identification


@dataclass(frozen=True, slots=True)
class Opened:
    """HDLC may begin, eight bits without parity; ``rest`` has come behind the opening and belongs to it."""

    rest: bytes = b""


Event = Say | Speed | Identified | Opened
