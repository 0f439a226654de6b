"""Compressed messages, for whoever brings a decompressor (Green Book 9.2.3.6, 9.2.7.2.3).

The standard compresses by ITU-T V.44 before it protects. No V.44 decoder ships with Meterkast: compressed
messages are refused unless one is passed in, and then its output is bounded, as a few octets can stand for
gigabytes.
"""

from collections.abc import Callable
from dataclasses import dataclass

from meterkast.model.errors import PeerError

DECOMPRESSED_LIMIT = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Decompression:
    """How compressed messages are read.

    Attributes:
        decompress: takes compressed octets and the most octets that may come out, and must stop beyond them;
            raises ValueError for what is malformed.
        limit: the most octets of one message.
    """

    decompress: Callable[[bytes, int], bytes]
    limit: int = DECOMPRESSED_LIMIT

    def open(self, compressed: bytes) -> bytes:
        """The message. Call it only once the protection around it holds.

        Raises:
            PeerError: ``security-decompressed`` where it is malformed or longer than the limit.
        """
        try:
            octets = self.decompress(compressed, self.limit)
        except ValueError:
            raise PeerError("security-decompressed", "The compressed message is malformed.") from None
        if len(octets) > self.limit:
            raise PeerError(
                "security-decompressed", f"The compressed message holds more than {self.limit} octets."
            )
        return octets
