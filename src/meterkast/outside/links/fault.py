"""A faulty line: what can go wrong between two devices, as a link around a link."""

from collections.abc import Callable

from meterkast.outside.links import Link

Fault = Callable[[bytes], bytes]
"""Changes octets on their way in: returns what arrives instead, possibly nothing."""


class FaultyLink:
    """Passes what it receives through ``fault``. With no fault set it is the plain link."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self.fault: Fault | None = None
        self.unplugged = False

    async def send(self, octets: bytes) -> None:
        """Hands the octets to the far end, unless the line is unplugged."""
        if not self.unplugged:
            await self._link.send(octets)

    async def receive(self, limit: int = 65536) -> bytes:
        """The next octets that survive; empty at the end."""
        while octets := await self._link.receive(limit):
            if self.unplugged:
                continue
            arrived = self.fault(octets) if self.fault else octets
            if arrived:
                return arrived
        return b""

    async def close(self) -> None:
        """Ends the link."""
        await self._link.close()
