"""HTTP over mutual TLS, and plain HTTP for what is signed anyway: a small bounded server, one call out."""

import http.client
import logging
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn

from meterkast.model.errors import PeerError, TrustError, UnreachableError

BODY_LIMIT = 1 << 16
_TIMEOUT = 10.0
_CONNECTIONS = 64
_log = logging.getLogger("meterkast.https")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a client asks.

    ``peer`` is its TLS certificate in DER, None over plain HTTP; ``address`` is where it calls from.
    """

    method: str
    path: str
    content_type: str = ""
    body: bytes = b""
    peer: bytes | None = None
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What it gets."""

    status: int
    content_type: str = "text/plain"
    body: bytes = b""


Handle = Callable[[Request], Response]
MakeContext = Callable[[], ssl.SSLContext]
_Socket = socket.socket | tuple[bytes, socket.socket]


class HttpServer:
    """Answers with ``handle``, each connection in a thread of its own, one request per connection.

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


def fetch(
    address: tuple[str, int], request: Request, *, context: ssl.SSLContext, server_name: str
) -> Response:
    """One request over TLS to a server that must prove to be ``server_name``.

    Raises:
        UnreachableError: ``https-unreachable``.
        TrustError: ``https-tls-refused`` where either side refuses the other's certificate.
        PeerError: ``https-malformed`` where the answer is not HTTP, or too long.
    """
    connection = http.client.HTTPConnection(*address, timeout=_TIMEOUT)
    try:
        plain = socket.create_connection(address, timeout=_TIMEOUT)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sock = context.wrap_socket(plain, server_hostname=server_name)
        headers = {"Content-Type": request.content_type} if request.body else {}
        connection.request(request.method, request.path, request.body or None, headers)
        answer = connection.getresponse()
        body = answer.read(BODY_LIMIT + 1)
    except ssl.SSLError as cause:
        raise TrustError("https-tls-refused", "The TLS connection was refused.", where=server_name) from cause
    except OSError as cause:
        message = "The server does not answer."
        raise UnreachableError("https-unreachable", message, where="{}:{}".format(*address)) from cause
    except http.client.HTTPException as cause:
        raise PeerError("https-malformed", "The server does not answer in HTTP.") from cause
    finally:
        connection.close()
    if len(body) > BODY_LIMIT:
        raise PeerError("https-malformed", f"The answer has more than {BODY_LIMIT} octets.")
    return Response(status=answer.status, content_type=answer.getheader("Content-Type", ""), body=body)


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
        details = _log.isEnabledFor(logging.DEBUG)
        _log.warning("https-connection-failed peer=%s", client_address[0], exc_info=details)


class _Connection(BaseHTTPRequestHandler):
    server: _Server
    server_version = "meterkast"
    sys_version = ""
    disable_nagle_algorithm = True

    def setup(self) -> None:
        """The handshake happens here, in the connection's own thread, so that none can hold up another."""
        self.request.settimeout(_TIMEOUT)
        if self.server.context is not None:
            self.request = self.server.context().wrap_socket(self.request, server_side=True)
        super().setup()

    def finish(self) -> None:
        """Closes; the wrapped socket is not the one the server knows."""
        super().finish()
        self.connection.close()

    def do_GET(self) -> None:
        """A question without a body."""
        self._answer(b"")

    def do_POST(self) -> None:
        """A question with a body of known and bounded length."""
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()):
            self._write(Response(status=411))
        elif len(length) > len(str(BODY_LIMIT)) or int(length) > BODY_LIMIT:
            self._write(Response(status=413))
        else:
            self._answer(self.rfile.read(int(length)))

    def _answer(self, body: bytes) -> None:
        tls = self.request if isinstance(self.request, ssl.SSLSocket) else None
        request = Request(
            method=self.command,
            path=self.path,
            content_type=self.headers.get("Content-Type", ""),
            body=body,
            peer=tls.getpeercert(binary_form=True) if tls else None,
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
