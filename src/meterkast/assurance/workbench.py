"""An engineer's own line to a module: a DLMS client that may ask anything, and hears what comes back."""

import asyncio
import contextlib
from itertools import count
from types import TracebackType

from meterkast.model.errors import UnreachableError
from meterkast.model.identity import SystemTitle
from meterkast.module.module import Module
from meterkast.module.server import serve
from meterkast.outside.entropy import system_entropy
from meterkast.outside.links import Link, memory
from meterkast.protocols import hdlc
from meterkast.protocols.dlms.client import Client
from meterkast.protocols.dlms.event import Event, Send
from meterkast.protocols.dlms.hls5 import Hls5

_GATEWAY_CLIENT = 1
_TITLE = SystemTitle.parse("MKW0000000001")
_HALF = 16
_ANSWER_SECONDS = 10.0
_INFORMATION = 512


class Workbench:
    """Connects to a module with its pairing key, as strong as anybody on the local line can ever be.

    Use it as an async context: inside, the association is open.
    """

    def __init__(self, module: Module, pairing_key: bytes) -> None:
        self._module = module
        near, far = memory.pair()
        self._line: Link = near
        self._far = far
        self._framing = hdlc.Link(
            role=hdlc.Role.CLIENT,
            server_address=module.settings.profile.address,
            client_address=_GATEWAY_CLIENT,
            max_information=_INFORMATION,
        )
        self.client = Client(
            hls5=Hls5(
                title=_TITLE,
                encryption_key=pairing_key[:_HALF],
                authentication_key=pairing_key[_HALF:],
                next_counter=count(1).__next__,
                new_challenge=lambda: system_entropy(_HALF),
            )
        )
        self._serving: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Workbench":
        self._serving = asyncio.create_task(serve(self._module, self._far))
        await self._line.send(self._framing.connect())
        await self._hear(hdlc.Connected)
        await self.ask(self.client.aarq())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._line.close()
        if self._serving is not None:
            with contextlib.suppress(asyncio.CancelledError):
                await self._serving

    async def ask(self, apdu: bytes) -> Event:
        """Sends an APDU of the client's and returns what its answer means, after all blocks.

        Raises:
            UnreachableError: ``workbench-silent``.
            PeerError, TrustError: as ``Client.receive`` does.
        """
        while True:
            match self.client.receive(await self.ask_raw(apdu)):
                case [Send(apdu=following)]:
                    apdu = following
                case [event]:
                    return event
                case events:
                    raise UnreachableError("workbench-silent", f"The module means {len(events)} things.")

    async def ask_raw(self, apdu: bytes) -> bytes:
        """Sends any octets as an APDU and returns the APDU that comes back.

        Raises:
            UnreachableError: ``workbench-silent``.
        """
        for frame in self._framing.send(apdu):
            await self._line.send(frame)
        heard = await self._hear(hdlc.Apdu)
        assert isinstance(heard, hdlc.Apdu)
        return heard.octets

    async def _hear(self, kind: type[hdlc.Connected] | type[hdlc.Apdu]) -> hdlc.Event:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_ANSWER_SECONDS):
                while octets := await self._line.receive():
                    for event in self._framing.receive(octets):
                        if isinstance(event, hdlc.Reply):
                            await self._line.send(event.octets)
                        elif isinstance(event, kind):
                            return event
        raise UnreachableError("workbench-silent", "The module does not answer.")
