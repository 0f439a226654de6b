"""Lines from whatever pieces arrive."""

from collections.abc import Iterator

from meterkast.model.errors import PeerError
from meterkast.protocols.x1 import LINE_LIMIT


class Lines:
    """Puts lines together; never holds more than one line and what came with its end."""

    def __init__(self) -> None:
        self._pending = bytearray()

    def receive(self, octets: bytes) -> Iterator[bytes]:
        """The lines that these octets complete, without their line feeds.

        Raises:
            PeerError: ``x1-too-long``; there is no way back into the stream.
        """
        self._pending += octets
        while (end := self._pending.find(b"\n")) >= 0:
            line = bytes(self._pending[:end])
            del self._pending[: end + 1]
            yield self._bounded(line)
        self._bounded(self._pending)

    @staticmethod
    def _bounded(line: bytes | bytearray) -> bytes:
        if len(line) >= LINE_LIMIT:
            raise PeerError("x1-too-long", f"A line of X1 has at most {LINE_LIMIT} octets.")
        return bytes(line)
