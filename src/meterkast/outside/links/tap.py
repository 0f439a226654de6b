"""A tap: everything that passes a link is also shown to somebody, unchanged. For captures and for proofs."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from meterkast.outside.links import Link


class Direction(StrEnum):
    """As seen from the side that holds the tapped link."""

    SENT = "sent"
    RECEIVED = "received"


@dataclass(frozen=True, slots=True)
class Passage:
    """Octets that passed, in one direction."""

    direction: Direction
    octets: bytes


class TappedLink:
    """A link that reports every passage to ``observe`` before it goes on."""

    def __init__(self, link: Link, observe: Callable[[Passage], None]) -> None:
        self._link = link
        self._observe = observe

    async def send(self, octets: bytes) -> None:
        """Hands the octets to the far end."""
        self._observe(Passage(Direction.SENT, octets))
        await self._link.send(octets)

    async def receive(self, limit: int = 65536) -> bytes:
        """The next octets; empty at the end."""
        octets = await self._link.receive(limit)
        if octets:
            self._observe(Passage(Direction.RECEIVED, octets))
        return octets

    async def close(self) -> None:
        """Ends the link."""
        await self._link.close()
