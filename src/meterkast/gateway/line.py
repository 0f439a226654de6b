"""A line to a device: a wire that is always there, or a connection that is dialled when it is needed."""

import asyncio
from collections.abc import Awaitable, Callable

from meterkast.model.errors import UnreachableError
from meterkast.outside.links import Link

Dial = Callable[[], Awaitable[Link]]
"""Makes a new connection; raises UnreachableError."""

_QUIET_SECONDS, _DRAIN_OCTETS = 0.05, 1 << 20


class Line:
    """Gives the link when somebody needs it, and a fresh start after something went wrong on it."""

    def __init__(self, source: Link | Dial) -> None:
        self._dial = source if callable(source) else None
        self._link = None if callable(source) else source

    @property
    def dialled(self) -> bool:
        """Whether a new connection can be had."""
        return self._dial is not None

    async def link(self) -> Link:
        """The link, dialled where there is none.

        Raises:
            UnreachableError: nobody answers, or the line has been closed.
        """
        if self._link is None:
            if self._dial is None:
                raise UnreachableError("line-closed", "The line has been closed.")
            self._link = await self._dial()
        return self._link

    async def restart(self) -> None:
        """Hangs up what was dialled; on a wire, waits until it is quiet and drops what still comes."""
        if self._link is not None and self._dial is None:
            await _drain(self._link)
        else:
            await self.close()

    async def close(self) -> None:
        """Hangs up."""
        link, self._link = self._link, None
        if link is not None:
            await link.close()


async def _drain(link: Link) -> None:
    dropped = 0
    while dropped < _DRAIN_OCTETS:
        try:
            async with asyncio.timeout(_QUIET_SECONDS):
                octets = await link.receive()
        except (TimeoutError, UnreachableError):
            return
        if not octets:
            return
        dropped += len(octets)
