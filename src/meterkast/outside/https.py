"""HTTP over mutual TLS, and plain HTTP for what is signed anyway: a small bounded server, one call out."""

import http.client
import io
import logging
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn

from meterkast.model.errors import MeterkastError, PeerError, TrustError, UnreachableError
from meterkast.outside.tls import TlsContext
from meterkast.outside.tls.stream import TlsStream

BODY_LIMIT = 1 << 16
"""Of what a client sends."""
ANSWER_LIMIT = 1 << 21
"""Of what a server answers: authorities with post-quantum keys are large, and many."""
_TIMEOUT = 10.0
_CONNECTIONS = 64
_log = logging.getLogger("meterkast.https")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a client asks.

    ``peer`` is its TLS certificate in DER, ``group`` the group in which keys were agreed: None and empty over
    plain HTTP. ``address`` is where it calls from.
    """

    method: str
    path: str
    content_type: str = ""
    body: bytes = b""
    peer: bytes | None = None
    group: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What it gets."""

    status: int
    content_type: str = "text/plain"
    body: bytes = b""


Handle = Callable[[Request], Response]
MakeContext = Callable[[], TlsContext]
_Socket = socket.socket | tuple[bytes, socket.socket]


class HttpServer:
    """Answers with ``handle``, each connection in a thread of its own.

    Args:
        address: host and port; port 0 takes a free one, see ``port``.
        handle: makes the response; called from many threads.
        context: gives the TLS context for a new connection; None for plain HTTP.
    """

    def __init__(
        self, address: tuple[str, int], handle: Handle, *, context: MakeContext | None = None
    ) -> None:
        self._server = _Server(address, handle, context)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def port(self) -> int:
        """The port it listens on."""
        port: int = self._server.server_address[1]
        return port

    def start(self) -> None:
        """Begins to answer; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Stops listening, once the connections that are open have been answered."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


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


class _Server(ThreadingMixIn, TCPServer):
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], handle: Handle, context: MakeContext | None) -> None:
        self.handle = handle
        self.context = context
        self._free = threading.BoundedSemaphore(_CONNECTIONS)
        super().__init__(address, _Connection)

    def process_request(self, request: _Socket, client_address: tuple[str, int]) -> None:
        """One more thread, or a closed door where too many are open."""
        if not self._free.acquire(blocking=False):
            _log.warning("https-too-many-connections")
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: _Socket, client_address: tuple[str, int]) -> None:
        """The connection from handshake to close."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: _Socket, client_address: tuple[str, int]) -> None:  # noqa: ARG002
        """A handshake that fails, or a peer that goes away, is a line in the log and no more."""
        error = sys.exception()
        cause = error.code if isinstance(error, MeterkastError) else type(error).__name__
        details = _log.isEnabledFor(logging.DEBUG)
        _log.warning("https-connection-failed peer=%s cause=%s", client_address[0], cause, exc_info=details)


class _Connection(BaseHTTPRequestHandler):
    server: _Server
    server_version = "meterkast"
    protocol_version = "HTTP/1.1"
    sys_version = ""
    disable_nagle_algorithm = True
    timeout = _TIMEOUT

    def setup(self) -> None:
        """The handshake happens here, in the connection's own thread, so that none can hold up another."""
        super().setup()
        self._tls: TlsStream | None = None
        if self.server.context is not None:
            peer = "{}:{}".format(*self.client_address[:2])
            self._tls = TlsStream(self.connection, self.server.context().session(peer))
            self.rfile, self.wfile = io.BufferedReader(self._tls), io.BufferedWriter(self._tls)

    def do_GET(self) -> None:
        """A question without a body."""
        self.close_connection = self.close_connection or "Content-Length" in self.headers
        self._answer(b"")

    def do_POST(self) -> None:
        """A question with a body of known and bounded length."""
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()):
            self._turn_away(411)
        elif len(length) > len(str(BODY_LIMIT)) or int(length) > BODY_LIMIT:
            self._turn_away(413)
        else:
            self._answer(self.rfile.read(int(length)))

    def _turn_away(self, status: int) -> None:
        """What follows is a body that nobody reads, so that nothing else can."""
        self.close_connection = True
        self._write(Response(status=status))

    def _answer(self, body: bytes) -> None:
        request = Request(
            method=self.command,
            path=self.path,
            content_type=self.headers.get("Content-Type", ""),
            body=body,
            peer=self._tls.peer_certificate if self._tls else None,
            group=self._tls.group if self._tls else "",
            address=self.client_address[0],
        )
        self._write(self.server.handle(request))

    def _write(self, response: Response) -> None:
        self.send_response(response.status)
        self.send_header("Content-Type", response.content_type)
        self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        self.wfile.write(response.body)

    def log_message(self, format: str, *args: object) -> None:
        """Into the log of the house, not onto the screen."""
        _log.debug(format, *args)
