"""A link over asyncio streams: what TCP, TLS and Unix sockets share."""

import asyncio
import contextlib

from meterkast.model.errors import UnreachableError


class StreamLink:
    """One end of a connected stream."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, octets: bytes) -> None:
        """Hands the octets to the far end.

        Raises:
            UnreachableError: ``link-closed`` where the far end is gone.
        """
        try:
            self._writer.write(octets)
            await self._writer.drain()
        except OSError as error:
            raise UnreachableError("link-closed", "The far end of the connection is gone.") from error

    async def receive(self, limit: int = 65536) -> bytes:
        """The next octets, at most ``limit``; empty once the far end has closed or broken off."""
        try:
            return await self._reader.read(limit)
        except OSError:
            return b""

    async def close(self) -> None:
        """Ends the connection."""
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()
