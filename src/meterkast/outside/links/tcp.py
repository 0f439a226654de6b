"""Plain TCP, for local links of a test bench and for the DLMS wrapper of a meter without TLS."""

import asyncio
from collections.abc import Awaitable, Callable

from meterkast.model.errors import UnreachableError
from meterkast.outside.links.stream import StreamLink

Handler = Callable[[StreamLink], Awaitable[None]]


async def connect(host: str, port: int, *, timeout: float = 10.0) -> StreamLink:
    """Dials out.

    Raises:
        UnreachableError: ``peer-unreachable`` where nobody answers within ``timeout`` seconds.
    """
    try:
        async with asyncio.timeout(timeout):
            return StreamLink(*await asyncio.open_connection(host, port))
    except OSError as error:
        raise UnreachableError(
            "peer-unreachable",
            "Nobody answers there.",
            where=f"{host}:{port}",
            hint="Check address and port.",
        ) from error


async def listen(host: str, port: int, handler: Handler) -> asyncio.Server:
    """Serves each connection with ``handler`` and closes it afterwards; port 0 takes a free one."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = StreamLink(reader, writer)
        try:
            await handler(link)
        finally:
            await link.close()

    return await asyncio.start_server(serve, host, port)


def port_of(server: asyncio.Server) -> int:
    """The port that a listening server really has."""
    port: int = server.sockets[0].getsockname()[1]
    return port
