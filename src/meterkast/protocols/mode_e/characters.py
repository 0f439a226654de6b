"""Seven bits with even parity, made in software, and the lines they form (IEC 62056-21, 5.2).

Seven bits and a parity bit are the same ten bits on the wire as eight bits without parity. So the line stays
at 8N1 throughout and only its speed changes; no driver has to know about parity.
"""

from typing import Final

from meterkast.model.errors import PeerError

LONGEST_LINE: Final = 64
END: Final = b"\r\n"

_KEPT: Final = 1024

_EVEN: Final = bytes(octet | (octet.bit_count() & 1) << 7 for octet in range(128))


def with_parity(text: bytes) -> bytes:
    """The octets of seven bits as they stand on the wire."""
    return text.translate(_EVEN + bytes(128))


class LineReader:
    """Octets in, lines without parity and line end out, one at a time.

    A line with wrong parity is dropped: the far end gets no answer and repeats itself. A line in which no
    octet has a parity bit is taken too, since some converters take it off.

    Args:
        starts: the characters with which lines begin; what stands before them is noise.
    """

    def __init__(self, starts: bytes) -> None:
        self._starts = starts
        self._pending = bytearray()

    def receive(self, octets: bytes) -> None:
        """Takes what has arrived; of a flood the last part."""
        self._pending += octets
        del self._pending[:-_KEPT]

    def line(self) -> bytes | None:
        """The next line; None while none is complete.

        Raises:
            PeerError: ``mode-e-line-too-long``.
        """
        while (end := self._plain().find(END)) >= 0:
            wire = bytes(self._pending[:end])
            del self._pending[: end + len(END)]
            line = bytes(octet & 0x7F for octet in wire)
            begin = max(line.rfind(start) for start in self._starts)
            if begin >= 0 and wire[begin:] in (line[begin:], with_parity(line[begin:])):
                return line[begin:]
        if len(self._pending) > LONGEST_LINE and any(start in self._plain() for start in self._starts):
            self._pending.clear()
            raise PeerError("mode-e-line-too-long", "The line has no end.", where="opening")
        return None

    def rest(self) -> bytes:
        """What stands behind the last line, as it came."""
        octets = bytes(self._pending)
        self._pending.clear()
        return octets

    def _plain(self) -> bytes:
        return bytes(octet & 0x7F for octet in self._pending)
