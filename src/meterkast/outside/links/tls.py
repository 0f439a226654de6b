"""TLS links. The context, which the keystore makes, decides whom we believe and how keys are agreed."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterator

from meterkast.model.errors import MeterkastError, TrustError, UnreachableError
from meterkast.outside.links.half_open import HalfOpen
from meterkast.outside.links.stream import StreamLink
from meterkast.outside.tls import TlsContext, TlsSession

_CHUNK = 1 << 16
_GOODBYE_SECONDS = 5.0
_BACKLOG = 1024
_HALF_OPEN = 2048
_log = logging.getLogger("meterkast.tls")


class TlsLink(StreamLink):
    """A stream whose far end has shown a certificate. A cancelled call loses nothing that has arrived."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, session: TlsSession
    ) -> None:
        super().__init__(reader, writer)
        self._session = session

    @property
    def peer_certificate(self) -> bytes | None:
        """The far end's certificate in DER."""
        return self._session.peer_certificate

    @property
    def group(self) -> str:
        """The group in which keys were agreed, such as ``X25519MLKEM768``."""
        return self._session.group

    async def send(self, octets: bytes) -> None:
        """Hands the octets to the far end.

        Raises:
            UnreachableError: ``link-closed`` where the far end is gone.
        """
        try:
            self._session.write(octets)
        except TrustError as error:
            raise UnreachableError("link-closed", "The far end of the connection is gone.") from error
        await super().send(self._session.outgoing())

    async def receive(self, limit: int = 65536) -> bytes:
        """The next octets, at most ``limit``; empty once the far end has closed or broken off."""
        try:
            while not (octets := self._session.read(limit)) and not self._session.ended:
                arrived = await super().receive(_CHUNK)
                if not arrived:
                    return b""
                self._session.feed(arrived)
        except TrustError:
            return b""
        finally:
            self._writer.write(self._session.outgoing())
        return octets

    async def close(self) -> None:
        """Says goodbye and ends the connection; a far end that does not take it is soon left."""
        self._session.close()
        self._writer.write(self._session.outgoing())
        try:
            async with asyncio.timeout(_GOODBYE_SECONDS):
                await super().close()
        except TimeoutError:
            self._writer.transport.abort()


Handler = Callable[[TlsLink], Awaitable[None]]


async def connect(
    host: str, port: int, context: TlsContext, server_name: str, *, timeout: float = 10.0
) -> TlsLink:
    """Dials out and shakes hands.

    Raises:
        TrustError: ``tls-refused`` where either side does not accept the other, ``tls-group-classical``
            where we do not accept how keys would be agreed.
        UnreachableError: ``peer-unreachable`` where nobody answers within ``timeout`` seconds.
    """
    where = f"{host}:{port}"
    try:
        async with asyncio.timeout(timeout):
            reader, writer = await asyncio.open_connection(host, port)
            session = context.session(where, server_name)
            with _gone_on_failure(writer):
                await _shake_hands(session, reader, writer)
    except OSError as error:
        raise UnreachableError("peer-unreachable", "Nobody answers there.", where=where) from error
    return TlsLink(reader, writer, session)


async def listen(
    host: str,
    port: int,
    current_context: Callable[[], TlsContext],
    handler: Handler,
    *,
    handshake_timeout: float = 10.0,
    half_open: int = _HALF_OPEN,
) -> asyncio.Server:
    """Serves each connection that shakes hands with ``handler``; port 0 takes a free one.

    Args:
        host: address to listen on.
        port: its port.
        current_context: asked at each handshake, so that a new certificate or revocation list counts from the
            next connection on.
        handler: serves a link, which is closed afterwards.
        handshake_timeout: seconds.
        half_open: how many connections may be before the end of their handshake at one time; further ones
            push out the oldest.
    """
    waiting = HalfOpen(half_open)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = "{}:{}".format(*(writer.get_extra_info("peername") or ("", 0))[:2])
        waiting.enter(writer, peer)
        try:
            async with asyncio.timeout(handshake_timeout):
                session = await _admit(current_context, peer, reader, writer)
        except TimeoutError:
            _log.warning("tls-handshake-timeout peer=%s", peer)
            return
        except (TrustError, OSError):
            return
        except MeterkastError as error:
            _log.error("%s: %s", error.code, error)
            return
        finally:
            waiting.leave(writer)
        link = TlsLink(reader, writer, session)
        try:
            await handler(link)
        finally:
            await link.close()

    connections: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(serve(reader, writer))
        connections.add(task)
        task.add_done_callback(connections.discard)

    current_context()
    return await asyncio.start_server(accept, host, port, backlog=_BACKLOG)


async def _admit(
    current_context: Callable[[], TlsContext],
    peer: str,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> TlsSession:
    """A silent peer costs a socket and no more: the session is made for the first octets that come."""
    with _gone_on_failure(writer):
        first = await _arrived(reader)
        session = current_context().session(peer)
        session.feed(first)
        await _shake_hands(session, reader, writer)
    return session


async def _shake_hands(
    session: TlsSession, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    done = False
    while not done:
        try:
            done = session.shake_hands()
        finally:
            writer.write(session.outgoing())
        await writer.drain()
        if not done:
            session.feed(await _arrived(reader))


async def _arrived(reader: asyncio.StreamReader) -> bytes:
    octets = await reader.read(_CHUNK)
    if not octets:
        raise ConnectionResetError("The far end has gone.")
    return octets


@contextlib.contextmanager
def _gone_on_failure(writer: asyncio.StreamWriter) -> Iterator[None]:
    try:
        yield
    except TrustError:
        writer.close()  # after the alert, which says no more than that it is one
        raise
    except BaseException:
        writer.transport.abort()
        raise
