"""What a link tells its owner."""

from dataclasses import dataclass

from meterkast.protocols.hdlc.deframer import Garbage


@dataclass(frozen=True, slots=True)
class Reply:
    """Octets that must go to the peer now."""

    octets: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """The link is up; ``client`` is the address of the client."""

    client: int


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The link is down."""


@dataclass(frozen=True, slots=True)
class Apdu:
    """A whole APDU from the peer, without the LLC header."""

    octets: bytes


@dataclass(frozen=True, slots=True)
class Push:
    """A whole APDU that a server sent by itself, in unnumbered frames, without the LLC header."""

    octets: bytes


Event = Reply | Connected | Disconnected | Apdu | Push | Garbage
