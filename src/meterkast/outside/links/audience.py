"""Those who listen at one address: everybody gets what is told, nobody is listened to.

The sockets are read only to notice that somebody has gone. What arrives is counted and dropped, and whoever
says more than a little, does not keep up, or dawdles over the handshake is put out; the others never wait for
him.
"""

import asyncio
import logging
import socket
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from meterkast.model.errors import LocalError, MeterkastError

_LOG = logging.getLogger("meterkast.outside")
_BACKLOG, _AT_ONCE, _BREATH = 16, 1024, 0.1

Context = Callable[[], ssl.SSLContext | None]
Welcome = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[bool]]
"""Looks at a newcomer after the handshake, may talk with him, and says whether he may stay and listen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What an audience may cost.

    Attributes:
        listeners: at most so many at once.
        newcomers: at most so many that have not been welcomed yet.
        newcomer_seconds: for handshake and welcome.
        said_octets: more than this from one listener is too much.
        behind_octets: a listener for whom more than this waits does not keep up.
    """

    listeners: int = 8
    newcomers: int = 16
    newcomer_seconds: float = 10.0
    said_octets: int = 1024
    behind_octets: int = 1 << 16


async def anybody(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> bool:
    """The welcome of an open house."""
    return True


class Audience:
    """The listeners of one address.

    Args:
        context: asked for each newcomer; None means no TLS.
        welcome: who may stay.
        bounds: what it may cost.
    """

    def __init__(
        self, *, context: Context = lambda: None, welcome: Welcome = anybody, bounds: Bounds | None = None
    ) -> None:
        self._context = context
        self._welcome = welcome
        self._bounds = bounds or Bounds()
        self._socket: socket.socket | None = None
        self._door: asyncio.Task[None] | None = None
        self._newcomers: set[asyncio.Task[None]] = set()
        self._listeners: dict[asyncio.StreamWriter, asyncio.Task[None]] = {}
        self.dropped_octets = 0

    @property
    def port(self) -> int | None:
        """The port it really has; None while it is closed."""
        return self._socket.getsockname()[1] if self._socket else None

    @property
    def size(self) -> int:
        """How many listen now."""
        return len(self._listeners)

    def open(self, host: str, port: int) -> None:
        """Lets people in from now on; port 0 takes a free one.

        Raises:
            LocalError: ``port-unusable``.
        """
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            listening = socket.create_server((host, port), family=family, backlog=_BACKLOG)
        except OSError as error:
            raise LocalError(
                "port-unusable", "This address cannot be listened at.", where=f"{host}:{port}"
            ) from error
        listening.setblocking(False)
        self._socket = listening
        self._door = asyncio.create_task(self._let_in(listening))

    def tell(self, octets: bytes) -> None:
        """Gives everybody the octets. It never waits: who does not keep up is put out."""
        for writer in list(self._listeners):
            if writer.transport.get_write_buffer_size() > self._bounds.behind_octets:
                _LOG.info("listener-behind")
                writer.transport.abort()
            elif not writer.is_closing():
                writer.write(octets)

    def put_out(self, unwelcome: Callable[[bytes | None], bool]) -> None:
        """Puts out whoever is unwelcome, by the certificate he came with."""
        for writer in list(self._listeners):
            if unwelcome(certificate(writer)):
                writer.transport.abort()

    async def close(self) -> None:
        """Sends everybody home and lets nobody in any more."""
        listening, self._socket = self._socket, None
        tasks = [*self._newcomers, *self._listeners.values(), *([self._door] if self._door else [])]
        self._door = None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if listening:
            listening.close()

    async def _let_in(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, _ = await loop.sock_accept(listening)
            except OSError:  # out of descriptors, or gone before it was accepted
                await asyncio.sleep(_BREATH)
                continue
            if len(self._newcomers) >= self._bounds.newcomers or self.size >= self._bounds.listeners:
                connection.close()
                continue
            newcomer = asyncio.create_task(self._receive(connection))
            self._newcomers.add(newcomer)
            newcomer.add_done_callback(self._newcomers.discard)

    async def _receive(self, connection: socket.socket) -> None:
        """From the first octet of a connection until it is a listener, or is not."""
        writer: asyncio.StreamWriter | None = None
        staying = False
        try:
            async with asyncio.timeout(self._bounds.newcomer_seconds):
                reader, writer = await self._connected(connection)
                staying = await self._welcome(reader, writer) and self.size < self._bounds.listeners
            if staying:
                self._listeners[writer] = asyncio.create_task(self._ignore(reader, writer))
            else:
                writer.close()
        except (OSError, TimeoutError, MeterkastError) as error:
            _LOG.info("listener-refused %s", type(error).__name__)
        finally:
            if writer and not staying and not writer.is_closing():
                writer.transport.abort()

    async def _connected(
        self, connection: socket.socket
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        loop = asyncio.get_running_loop()
        connection.setblocking(False)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self._bounds.behind_octets)
        reader = asyncio.StreamReader(limit=_AT_ONCE)
        protocol = asyncio.StreamReaderProtocol(reader)
        try:
            context = self._context()
            patience = self._bounds.newcomer_seconds if context else None
            transport, _ = await loop.connect_accepted_socket(
                lambda: protocol,
                connection,
                ssl=context,
                ssl_handshake_timeout=patience,
                ssl_shutdown_timeout=patience,
            )
        except BaseException:
            connection.close()
            raise
        return reader, asyncio.StreamWriter(transport, protocol, reader, loop)

    async def _ignore(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Until the listener goes, or has said too much."""
        said = 0
        try:
            with suppress(OSError):
                while said <= self._bounds.said_octets and (octets := await reader.read(_AT_ONCE)):
                    said += len(octets)
                    self.dropped_octets += len(octets)
        finally:
            del self._listeners[writer]
            writer.transport.abort()


def certificate(writer: asyncio.StreamWriter) -> bytes | None:
    """The certificate that the far end has shown, DER; None where it showed none."""
    session: ssl.SSLObject | None = writer.get_extra_info("ssl_object")
    return session.getpeercert(binary_form=True) if session else None
