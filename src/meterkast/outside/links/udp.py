"""UDP: datagrams both ways, for the DLMS wrapper of meters that do without TCP (IEC 62056-47)."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from meterkast.model.errors import LocalError, UnreachableError

LONGEST: Final = 65507
"""Octets in a datagram over IPv4."""

_KEPT: Final = 64

Answer = Callable[[bytes], Sequence[bytes]]
"""The datagrams that go back for one; none where it meets silence."""


class UdpLink(asyncio.DatagramProtocol):
    """The near end of an exchange with one host and port. A datagram may get lost; nobody says so.

    Each ``send`` is one datagram and each ``receive`` gives one. Of datagrams that nobody takes the last
    64 are kept.
    """

    def __init__(self) -> None:
        self._transport: asyncio.DatagramTransport | None = None
        self._arrived: deque[bytes] = deque(maxlen=_KEPT)
        self._changed = asyncio.Event()
        self._closed = False

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        """The socket is there."""
        self._transport = transport

    def datagram_received(self, data: bytes, addr: object) -> None:
        """A datagram of the far end; the socket leaves out those of others. An empty one says nothing."""
        del addr
        if data:
            self._arrived.append(data)
            self._changed.set()

    def error_received(self, exc: Exception) -> None:
        """The network says that nobody is there."""
        del exc
        self._closed = True
        self._changed.set()

    async def send(self, octets: bytes) -> None:
        """Sends one datagram.

        Raises:
            LocalError: ``datagram-too-long``.
            UnreachableError: ``link-closed`` after ``close``, or once the network says that nobody is there.
        """
        if len(octets) > LONGEST:
            raise LocalError("datagram-too-long", f"A datagram has at most {LONGEST} octets.")
        if self._closed or self._transport is None:
            raise UnreachableError("link-closed", "Nobody is at the far end.")
        self._transport.sendto(octets)

    async def receive(self, limit: int = 65536) -> bytes:
        """The next datagram, cut off after ``limit`` octets; empty where nobody is at the far end."""
        while not self._arrived and not self._closed:
            self._changed.clear()
            await self._changed.wait()
        return self._arrived.popleft()[:limit] if self._arrived else b""

    async def close(self) -> None:
        """Gives the socket back."""
        self._closed = True
        self._changed.set()
        if self._transport is not None:
            self._transport.close()


class _Listener(asyncio.DatagramProtocol):
    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        for answer in self._answer(data):
            if self._transport is not None:
                self._transport.sendto(answer, addr)


async def connect(host: str, port: int) -> UdpLink:
    """A socket that talks to this host and port alone; whether anybody is there shows later.

    Raises:
        UnreachableError: ``peer-unreachable`` where the host is unknown.
    """
    try:
        loop = asyncio.get_running_loop()
        _, link = await loop.create_datagram_endpoint(UdpLink, remote_addr=(host, port))
    except OSError as error:
        raise UnreachableError(
            "peer-unreachable",
            "There is no way to this host.",
            where=f"{host}:{port}",
            hint="Check the address.",
        ) from error
    return link


async def listen(host: str, port: int, answer: Answer) -> asyncio.DatagramTransport:
    """Answers each datagram; port 0 takes a free one. Close the transport to end it."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: _Listener(answer), local_addr=(host, port))
    return transport


def port_of(listening: asyncio.DatagramTransport) -> int:
    """The port on which it listens."""
    port: int = listening.get_extra_info("sockname")[1]
    return port
