"""What comes in on a connection: which segment is next, and the APDU they make (IEC 62056-46, 6.4.4.3)."""

from enum import Enum, auto

from meterkast.model.errors import PeerError
from meterkast.protocols.hdlc.control import MODULO
from meterkast.protocols.hdlc.frame import Frame
from meterkast.protocols.hdlc.parameters import Parameters


class Place(Enum):
    """Where a segment stands by its number."""

    NEXT = auto()
    AHEAD = auto()  # one before it is missing
    BEHIND = auto()  # it has come before
    NOWHERE = auto()


class Reception:
    """The receiving side of a connection.

    Args:
        agreed: sizes and windows in force.
        limit: longest APDU in octets, LLC header included.
    """

    def __init__(self, agreed: Parameters, limit: int) -> None:
        self._agreed = agreed
        self._limit = limit
        self._segments = bytearray()
        self.expected = 0
        """V(R): the number of the next segment."""

    @property
    def octets(self) -> int:
        """How much of an APDU is here."""
        return len(self._segments)

    @property
    def is_overfull(self) -> bool:
        """Whether the peer sends more than any APDU has."""
        return len(self._segments) > self._limit

    def hands_over(self, frame: Frame) -> bool:
        """Whether the peer now waits for us. With a window of 1 some devices leave the poll bit out."""
        return frame.control.poll or self._agreed.receive_window == 1

    def place(self, number: int) -> Place:
        """Where the segment with this number stands; with a window above 4, ahead goes before behind."""
        ahead, window = (number - self.expected) % MODULO, self._agreed.receive_window
        if ahead < window:
            return Place.AHEAD if ahead else Place.NEXT
        return Place.BEHIND if MODULO - ahead <= window else Place.NOWHERE

    def take(self, frame: Frame) -> None:
        """Takes the next segment.

        Raises:
            PeerError: ``hdlc-length-wrong`` where it is longer than agreed.
        """
        if len(frame.information) > self._agreed.receive:
            raise PeerError("hdlc-length-wrong", "The information field is longer than agreed.")
        self.expected = (self.expected + 1) % MODULO
        self._segments += frame.information

    def whole(self) -> bytes:
        """The APDU with its LLC header; what comes next belongs to another one."""
        octets = bytes(self._segments)
        self._segments.clear()
        return octets
