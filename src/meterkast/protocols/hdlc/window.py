"""Segments of ours on their way: which may leave, which have arrived (IEC 62056-46, 6.4.4.3; go back N)."""

from collections import deque
from dataclasses import dataclass

from meterkast.model.errors import PeerError
from meterkast.protocols.hdlc.control import MODULO


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One information field.

    Attributes:
        number: N(S), modulo 8.
        octets: the field itself.
        last: no more follow of this APDU.
        closing: the last one before the peer has the word.
    """

    number: int
    octets: bytes
    last: bool
    closing: bool


class Window:
    """The sending side of a connection: one APDU, sent again from the first segment not acknowledged.

    Args:
        size: how many segments may be on their way without acknowledgement, 1 to 7.
        longest: octets in a segment.
    """

    def __init__(self, size: int, longest: int) -> None:
        self._size = size
        self._longest = longest
        self._segments: deque[bytes] = deque()
        self._first = 0  # V(A)
        self._sent = 0  # segments from the first on that have left at least once

    @property
    def is_open(self) -> bool:
        """Whether anything is left to send or to be acknowledged."""
        return bool(self._segments)

    def load(self, octets: bytes) -> None:
        """Takes an APDU with its LLC header; the one before it has been acknowledged."""
        starts = range(0, len(octets), self._longest)
        self._segments.extend(octets[start : start + self._longest] for start in starts)

    def acknowledge(self, number: int) -> bool:
        """N(R) has come: the peer has all segments before it. True where that is news.

        Raises:
            PeerError: ``hdlc-sequence-wrong`` where these segments have never left.
        """
        count = (number - self._first) % MODULO
        if count > self._sent:
            raise PeerError("hdlc-sequence-wrong", "The frame acknowledges what was never sent.")
        for _ in range(count):
            self._segments.popleft()
        self._first, self._sent = number, self._sent - count
        return count > 0

    def flight(self) -> list[Segment]:
        """The segments that leave now: as many as the window holds, from the first one not acknowledged."""
        count = min(self._size, len(self._segments))
        self._sent = count
        return [
            Segment(
                number=(self._first + place) % MODULO,
                octets=self._segments[place],
                last=place == len(self._segments) - 1,
                closing=place == count - 1,
            )
            for place in range(count)
        ]
