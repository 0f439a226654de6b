"""One question over plain HTTP, for what is signed anyway: bounded in size and time, holding up nobody."""

import asyncio
import http.client
import io
import re
from dataclasses import dataclass

from meterkast.model.errors import LocalError, PeerError, UnreachableError

_ADDRESS = re.compile(r"http://(?P<host>[0-9A-Za-z.-]+)(?::(?P<port>[0-9]{1,5}))?(?P<path>/[!-~]*)?")
_HEAD_LIMIT = 1 << 14


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAddress:
    """Where to ask, as in ``http://HOST:PORT/PATH``; the port is 80 where none is named."""

    host: str
    port: int
    path: str

    @classmethod
    def parse(cls, text: str) -> "HttpAddress":
        """The address in a text.

        Raises:
            LocalError: ``http-address-malformed``.
        """
        match = _ADDRESS.fullmatch(text)
        port = int(match["port"] or 80) if match else 0
        if match is None or not 0 < port < 1 << 16:
            hint = "Write it as http://HOST:PORT/PATH."
            message = "This is no address of plain HTTP."
            raise LocalError("http-address-malformed", message, where=text, hint=hint)
        return cls(host=match["host"], port=port, path=match["path"] or "/")

    def __str__(self) -> str:
        return f"http://{self.host}:{self.port}{self.path}"


async def post(address: HttpAddress, body: bytes, *, kind: str, limit: int, seconds: float) -> bytes:
    """Posts ``body``, of the media type ``kind``, and gives what is answered under status 200.

    Args:
        address: where to.
        body: what is sent.
        kind: its media type.
        limit: octets that an answer may have.
        seconds: in which all must be over.

    Raises:
        UnreachableError: ``http-unreachable``.
        PeerError: ``http-malformed`` for another status, what is not HTTP, or what is too long.
    """
    head = f"POST {address.path} HTTP/1.1\r\nHost: {address.host}:{address.port}\r\nConnection: close\r\n"
    head += f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    try:
        async with asyncio.timeout(seconds):
            octets = await _exchanged(address, head.encode("ascii") + body, limit + _HEAD_LIMIT)
    except (OSError, UnicodeError) as cause:
        message = "The server does not answer."
        raise UnreachableError("http-unreachable", message, where=str(address)) from cause
    return _body(octets, limit)


def get(address: tuple[str, int], path: str, *, limit: int, seconds: float) -> bytes | None:
    """What stands under a path; None where it cannot be had.

    Args:
        address: host and port.
        path: on that server.
        limit: octets that an answer may have.
        seconds: of silence after which it is given up.
    """
    connection = http.client.HTTPConnection(*address, timeout=seconds)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read(limit + 1)
        return body if answer.status == http.client.OK and len(body) <= limit else None
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()


async def _exchanged(address: HttpAddress, request: bytes, limit: int) -> bytes:
    """All that comes until the server hangs up."""
    reader, writer = await asyncio.open_connection(address.host, address.port)
    try:
        writer.write(request)
        octets = bytearray()
        while arrived := await reader.read(limit):
            octets += arrived
            if len(octets) > limit:
                raise _malformed()
        return bytes(octets)
    finally:
        writer.transport.abort()


def _body(octets: bytes, limit: int) -> bytes:
    answer = http.client.HTTPResponse(_Arrived(octets), method="POST")  # type: ignore[arg-type]
    try:
        answer.begin()
        body = answer.read(limit + 1)
    except (http.client.HTTPException, OSError, ValueError) as cause:
        raise _malformed() from cause
    if answer.status != http.client.OK or len(body) > limit:
        raise _malformed()
    return body


class _Arrived:
    """What ``http.client`` takes for a socket: all that came over one."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets

    def makefile(self, _mode: str) -> io.BytesIO:
        """It, to be read."""
        return io.BytesIO(self._octets)


def _malformed() -> PeerError:
    return PeerError("http-malformed", "The answer is not what was asked for.")
