"""A wiretap between two TCP ends: what telecom and anybody on the way can see. Forwards unchanged."""

import asyncio
import contextlib

from meterkast.model.errors import UnreachableError
from meterkast.outside.links import tcp
from meterkast.outside.links.stream import StreamLink

_KEPT = 1 << 24


class Wiretap:
    """Listens on a port of its own, forwards to the target, keeps a copy of the last 16 MiB both ways.

    Attributes:
        seen: the copy.
        connections: how often somebody has dialled.
    """

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._server: asyncio.Server | None = None
        self.seen = bytearray()
        self.connections = 0

    async def open(self) -> int:
        """Starts listening on loopback; returns the port."""
        self._server = await tcp.listen("127.0.0.1", 0, self._forward)
        return tcp.port_of(self._server)

    async def _forward(self, near: StreamLink) -> None:
        self.connections += 1
        with contextlib.suppress(UnreachableError):
            far = await tcp.connect(self._host, self._port)
            try:
                await asyncio.gather(self._copy(near, far), self._copy(far, near))
            finally:
                await far.close()

    async def _copy(self, source: StreamLink, target: StreamLink) -> None:
        while octets := await source.receive():
            self.seen += octets
            del self.seen[:-_KEPT]
            await target.send(octets)
        await target.close()

    async def close(self) -> None:
        """Stops listening and breaks what is connected."""
        if self._server is not None:
            self._server.close()
