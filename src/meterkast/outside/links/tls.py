"""TLS links. The context decides version, certificates and revocation; it comes from the keystore."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable

from meterkast.model.errors import TrustError, UnreachableError
from meterkast.outside.links.stream import StreamLink


class TlsLink(StreamLink):
    """A stream whose far end has shown a certificate."""

    @property
    def peer_certificate(self) -> bytes | None:
        """The far end's certificate in DER; None where it showed none."""
        session: ssl.SSLObject = self._writer.get_extra_info("ssl_object")
        return session.getpeercert(binary_form=True)


Handler = Callable[[TlsLink], Awaitable[None]]


async def connect(
    host: str, port: int, context: ssl.SSLContext, server_name: str, *, timeout: float = 10.0
) -> TlsLink:
    """Dials out and shakes hands.

    Raises:
        TrustError: ``tls-refused`` where either side does not accept the other.
        UnreachableError: ``peer-unreachable`` where nobody answers within ``timeout`` seconds.
    """
    try:
        async with asyncio.timeout(timeout):
            streams = await asyncio.open_connection(host, port, ssl=context, server_hostname=server_name)
    except ssl.SSLError as error:
        raise TrustError(
            "tls-refused",
            "The TLS handshake was refused.",
            where=f"{host}:{port}",
            hint="Check certificates, revocation lists and the server's name.",
        ) from error
    except OSError as error:
        raise UnreachableError("peer-unreachable", "Nobody answers there.", where=f"{host}:{port}") from error
    return TlsLink(*streams)


async def listen(
    host: str,
    port: int,
    current_context: Callable[[], ssl.SSLContext],
    handler: Handler,
    *,
    handshake_timeout: float = 10.0,
) -> asyncio.Server:
    """Serves each connection that shakes hands with ``handler``; port 0 takes a free one.

    ``current_context`` is asked at each handshake, so that a new certificate or revocation list counts
    from the next connection on. The client must name the server (SNI), as ``connect`` does.
    """

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = TlsLink(reader, writer)
        try:
            await handler(link)
        finally:
            await link.close()

    def choose(session: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        session.context = current_context()

    context = current_context()
    context.sni_callback = choose
    return await asyncio.start_server(serve, host, port, ssl=context, ssl_handshake_timeout=handshake_timeout)
