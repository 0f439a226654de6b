"""One call out: questions over TLS to a server that must prove its name."""

import http.client
import io
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

from meterkast.model.errors import PeerError, TrustError, UnreachableError
from meterkast.outside.https.message import ANSWER_LIMIT, Request, Response
from meterkast.outside.tls import TlsContext
from meterkast.outside.tls.stream import TlsStream

_TIMEOUT = 10.0

Ask = Callable[[Request], Response]


def fetch(address: tuple[str, int], request: Request, *, context: TlsContext, server_name: str) -> Response:
    """One request over TLS to a server that must prove to be ``server_name``; raises as ``visit`` does."""
    with visit(address, context=context, server_name=server_name) as ask:
        return ask(request)


@contextmanager
def visit(address: tuple[str, int], *, context: TlsContext, server_name: str) -> Iterator[Ask]:
    """As many requests as one likes over one connection to a server that must prove to be ``server_name``.

    Raises:
        UnreachableError: ``https-unreachable``.
        TrustError: ``https-tls-refused`` where either side refuses the other's certificate,
            ``tls-group-classical`` where we refuse how keys would be agreed.
        PeerError: ``https-malformed`` where an answer is not HTTP, or too long.
    """
    where = "{}:{}".format(*address)
    with ExitStack() as opened:
        with _told(where, server_name):
            plain = opened.enter_context(socket.create_connection(address, timeout=_TIMEOUT))
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            stream = opened.enter_context(TlsStream(plain, context.session(where, server_name)))
        connection = http.client.HTTPConnection(where)
        connection.sock = _Plug(stream)
        connection.auto_open = 0  # what the server has closed is not opened again, and never in clear

        def ask(request: Request) -> Response:
            with _told(where, server_name):
                return _exchange(connection, request)

        yield ask


@contextmanager
def _told(where: str, server_name: str) -> Iterator[None]:
    """Troubles of sockets, TLS and HTTP, as errors of ours."""
    try:
        yield
    except TrustError as cause:
        if cause.code != "tls-refused":
            raise
        raise TrustError("https-tls-refused", "The TLS connection was refused.", where=server_name) from cause
    except OSError as cause:
        raise UnreachableError("https-unreachable", "The server does not answer.", where=where) from cause
    except http.client.HTTPException as cause:
        raise PeerError("https-malformed", "The server does not answer in HTTP.") from cause


def _exchange(connection: http.client.HTTPConnection, request: Request) -> Response:
    headers = {"Content-Type": request.content_type} if request.body else {}
    connection.request(request.method, request.path, request.body or None, headers)
    answer = connection.getresponse()
    body = answer.read(ANSWER_LIMIT + 1)
    if len(body) > ANSWER_LIMIT:
        raise PeerError("https-malformed", f"The answer has more than {ANSWER_LIMIT} octets.")
    return Response(status=answer.status, content_type=answer.getheader("Content-Type", ""), body=body)


class _Plug:
    """What ``http.client`` takes for a socket; the stream behind it is closed by whoever opened it."""

    def __init__(self, stream: TlsStream) -> None:
        self._stream = stream
        self.sendall = stream.write

    def makefile(self, _mode: str) -> io.BufferedReader:
        return _Reader(self._stream)

    def close(self) -> None:
        return


class _Reader(io.BufferedReader):
    """Reads one answer; closing it leaves the stream open for the next."""

    def close(self) -> None:
        """Lets go of the stream."""
        with suppress(ValueError):
            self.detach()
