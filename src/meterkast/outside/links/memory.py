"""A link inside one process: two ends, octets out of one come in at the other."""

import asyncio

from meterkast.model.errors import UnreachableError

_CAPACITY = 1 << 20


class MemoryLink:
    """One end of a pair. Holds at most 1 MiB that the far end has not yet taken; then ``send`` waits."""

    def __init__(self) -> None:
        self._inbox = bytearray()
        self._changed = asyncio.Condition()
        self._closed = False
        self._far: MemoryLink = self

    async def send(self, octets: bytes) -> None:
        """Hands the octets to the far end.

        Raises:
            UnreachableError: ``link-closed`` where either end is closed.
        """
        far = self._far
        async with far._changed:
            await far._changed.wait_for(lambda: far._closed or self._closed or len(far._inbox) < _CAPACITY)
            if far._closed or self._closed:
                raise UnreachableError("link-closed", "The far end of the link is closed.")
            far._inbox += octets
            far._changed.notify_all()

    async def receive(self, limit: int = 65536) -> bytes:
        """The next octets, at most ``limit``; empty once the far end has closed and all is read."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._inbox or self._closed or self._far._closed)
            octets = bytes(self._inbox[:limit])
            del self._inbox[:limit]
            self._changed.notify_all()
            return octets

    async def drained(self) -> None:
        """Returns once the far end has taken everything that was sent from here, or is closed."""
        far = self._far
        async with far._changed:
            await far._changed.wait_for(lambda: far._closed or not far._inbox)

    async def close(self) -> None:
        """Ends the link for both sides."""
        for end in (self, self._far):
            async with end._changed:
                self._closed = True
                end._changed.notify_all()


def pair() -> tuple[MemoryLink, MemoryLink]:
    """Two ends of one line."""
    one, other = MemoryLink(), MemoryLink()
    one._far, other._far = other, one
    return one, other
