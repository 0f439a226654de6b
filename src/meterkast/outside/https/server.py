"""The server: each connection in a thread of its own, none of which can hold up another, or the end."""

import io
import logging
import socket
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn

from meterkast.model.errors import LocalError, MeterkastError
from meterkast.outside.https.guests import Bounds, Guest, Guests
from meterkast.outside.https.message import BODY_LIMIT, Request, Response
from meterkast.outside.tls import TlsContext
from meterkast.outside.tls.stream import TlsStream

_log = logging.getLogger("meterkast.https")

Handle = Callable[[Request], Response]
MakeContext = Callable[[], TlsContext]
_Socket = socket.socket | tuple[bytes, socket.socket]


class HttpServer:
    """Answers with ``handle``, each connection in a thread of its own.

    Args:
        address: host and port; port 0 takes a free one, see ``port``.
        handle: makes the response; called from many threads. What it raises is answered with 500.
        context: gives the TLS context for a new connection; None for plain HTTP.
        bounds: how many connections, and how long.

    Raises:
        LocalError: ``port-unusable``.
    """

    def __init__(
        self,
        address: tuple[str, int],
        handle: Handle,
        *,
        context: MakeContext | None = None,
        bounds: Bounds | None = None,
    ) -> None:
        self._guests = Guests(bounds or Bounds())
        try:
            self._server = _Server(address, handle, context, self._guests)
        except (OSError, OverflowError) as cause:
            where, hint = "{}:{}".format(*address), "Give another address or port, or end what listens there."
            message = "This address cannot be listened at."
            raise LocalError("port-unusable", message, where=where, hint=hint) from cause
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
        """Stops listening; what is being answered has ``stop_seconds`` left, who is silent has none."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._guests.clear()


class _Server(ThreadingMixIn, TCPServer):
    allow_reuse_address = True
    request_queue_size = 1024
    daemon_threads = True

    def __init__(
        self, address: tuple[str, int], handle: Handle, context: MakeContext | None, guests: Guests
    ) -> None:
        self.handle = handle
        self.context = context
        self._guests = guests
        super().__init__(address, _Connection)

    def process_request(self, request: _Socket, client_address: tuple[str, int]) -> None:
        """One more thread, or a closed door where nobody makes room."""
        assert isinstance(request, socket.socket)
        request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if not self._guests.enter(request, client_address[0]):
            _log.warning("https-too-many-connections peer=%s", client_address[0])
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:  # no thread to be had
            self._guests.leave(request)
            raise

    def process_request_thread(self, request: _Socket, client_address: tuple[str, int]) -> None:
        """The connection from handshake to close."""
        assert isinstance(request, socket.socket)
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._guests.leave(request)

    def finish_request(self, request: _Socket, client_address: tuple[str, int]) -> None:
        """All that is asked over it."""
        assert isinstance(request, socket.socket)
        guest = self._guests.guest(request)
        _Connection(guest, client_address, self)  # type: ignore[arg-type]  # no socket, but as good

    def handle_error(self, request: _Socket, client_address: tuple[str, int]) -> None:  # noqa: ARG002
        """A handshake that fails, or a peer that goes away, is a line in the log and no more."""
        details = _log.isEnabledFor(logging.DEBUG)
        _log.warning(
            "https-connection-failed peer=%s cause=%s", client_address[0], _cause(), exc_info=details
        )


class _Connection(BaseHTTPRequestHandler):
    server: _Server
    request: Guest
    server_version = "meterkast"
    protocol_version = "HTTP/1.1"
    sys_version = ""

    def setup(self) -> None:
        """The handshake happens here, in the connection's own thread, so that none can hold up another."""
        self._tls: TlsStream | None = None
        if self.server.context is not None:
            peer = "{}:{}".format(*self.client_address[:2])
            self._tls = TlsStream(self.request, self.server.context().session(peer))
        stream = self._tls or self.request
        self.rfile, self.wfile = io.BufferedReader(stream), io.BufferedWriter(stream)

    def handle_one_request(self) -> None:
        """The next question, all of which must come in time."""
        self.request.begin()
        super().handle_one_request()

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
        elif len(body := self.rfile.read(int(length))) < int(length):  # gone, or cut, in the middle of it
            self.close_connection = True
        else:
            self._answer(body)

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
        self._write(self._handled(request))

    def _handled(self, request: Request) -> Response:
        """The response; whatever goes wrong while it is made is ours, and the peer learns no more."""
        try:
            return self.server.handle(request)
        except Exception:
            details = _log.isEnabledFor(logging.DEBUG)
            _log.exception("https-answer-failed cause=%s", _cause(), exc_info=details)
            return Response(status=500)

    def _write(self, response: Response) -> None:
        self.request.begin()
        self.send_response(response.status)
        self.send_header("Content-Type", response.content_type)
        self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        self.wfile.write(response.body)

    def log_message(self, format: str, *args: object) -> None:
        """Into the log of the house, not onto the screen."""
        _log.debug(format, *args)


def _cause() -> str:
    """What is being handled, in a word."""
    error = sys.exception()
    return error.code if isinstance(error, MeterkastError) else type(error).__name__
