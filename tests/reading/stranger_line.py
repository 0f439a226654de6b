"""A client of ours on a link to a stranger, over the wrapper or HDLC; what is pushed in between is kept."""

import asyncio
from collections import deque
from typing import Final

from meterkast.outside.links import Link
from meterkast.protocols import hdlc, wrapper
from meterkast.protocols.dlms.client import Client
from meterkast.protocols.dlms.event import Event, Notified, Send
from meterkast.protocols.dlms.short_client import ShortClient

_PATIENCE: Final = 10.0
"""Seconds without an answer that end a test."""


class StrangerLine:
    """Asks until there is an answer; HDLC is already connected after ``open``."""

    def __init__(self, link: Link, client: Client | ShortClient, *, address: int, window: int = 0) -> None:
        self.client = client
        self.pushed: list[Notified] = []
        self._link, self._address = link, address
        self._decoder = wrapper.Decoder()
        self._hdlc = None
        if window:
            self._hdlc = hdlc.Link(
                role="client", server_address=hdlc.Address(1), client_address=address, window=window
            )
        self._arrived: deque[bytes] = deque()

    async def open(self) -> None:
        """Connects, where the framing knows connections."""
        if self._hdlc is not None:
            await self._link.send(self._hdlc.connect())
            while self._hdlc.state is not hdlc.State.READY:
                await self._receive()

    async def ask(self, apdu: bytes) -> Event:
        """The event that ends what the APDU begins."""
        await self._send(apdu)
        while True:
            while not self._arrived:
                await self._receive()
            for event in self.client.receive(self._arrived.popleft()):
                match event:
                    case Send(following):
                        await self._send(following)
                    case Notified():
                        self.pushed.append(event)
                    case _:
                        return event

    async def close(self) -> None:
        """Hangs up."""
        await self._link.close()

    async def _send(self, apdu: bytes) -> None:
        if self._hdlc is None:
            await self._link.send(wrapper.encode(self._address, 1, apdu))
        else:
            await self._link.send(b"".join(self._hdlc.send(apdu)))

    async def _receive(self) -> None:
        async with asyncio.timeout(_PATIENCE):
            octets = await self._link.receive()
        if not octets:
            raise ConnectionError
        if self._hdlc is None:
            self._arrived += [found.apdu for found in self._decoder.receive(octets)]
            return
        for event in self._hdlc.receive(octets):
            match event:
                case hdlc.Reply(reply):
                    await self._link.send(reply)
                case hdlc.Apdu(apdu) | hdlc.Push(apdu):
                    self._arrived.append(apdu)
