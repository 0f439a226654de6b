"""A plain DLMS client over a link, for tests: what a gateway does, without a gateway."""

import asyncio
from collections.abc import Callable
from itertools import count
from typing import TypeVar

from meterkast.model.identity import SystemTitle
from meterkast.model.obis import Obis
from meterkast.module.access import GATEWAY_CLIENT
from meterkast.module.module import Module
from meterkast.outside.entropy import system_entropy
from meterkast.outside.links import Link
from meterkast.protocols import hdlc, wrapper
from meterkast.protocols.axdr import Data
from meterkast.protocols.dlms.apdu import AttributeDescriptor, Selection
from meterkast.protocols.dlms.client import Client
from meterkast.protocols.dlms.event import Associated, Event, Failed, Refused, Released, Result, Send
from meterkast.protocols.dlms.hls5 import Hls5
from module.module_loads import PAIRING_KEY

TITLE = SystemTitle.of("MKG", 1)
_COUNTER = count(1)
_Event = TypeVar("_Event")


def pairing(key: bytes = PAIRING_KEY) -> Hls5:
    """The gateway's half of a pairing."""
    return Hls5(
        title=TITLE,
        encryption_key=key[:16],
        authentication_key=key[16:],
        next_counter=lambda: next(_COUNTER),
        new_challenge=lambda: system_entropy(16),
    )


class Reader:
    """One association. ``answers`` are taken within ten seconds or not at all."""

    def __init__(
        self,
        link: Link,
        module: Module,
        *,
        framing: str = "hdlc",
        client: int = GATEWAY_CLIENT,
        hls5: Hls5 | None = None,
    ) -> None:
        profile = module.settings.profile
        self._link = link
        self._client_id = client
        self._device = profile.address.upper
        self._dlms = Client(hls5=hls5)
        self._hdlc = (
            hdlc.Link(
                role="client", client_address=client, server_address=profile.address, max_information=2030
            )
            if framing == "hdlc"
            else None
        )
        self._decoder = wrapper.Decoder()

    async def open(self) -> Associated | Refused:
        if self._hdlc is not None:
            await self._link.send(self._hdlc.connect())
            await self._await_hdlc(hdlc.Connected)
        return await self._ask(self._dlms.aarq, Associated, Refused)

    async def get(
        self, class_id: int, name: Obis, attribute: int = 2, selection: Selection | None = None
    ) -> Data | Failed:
        wanted = AttributeDescriptor(class_id, name, attribute)
        event = await self.ask(lambda dlms: dlms.get(wanted, selection))
        return event.data if isinstance(event, Result) else event

    async def ask(self, request: Callable[[Client], bytes]) -> Result | Failed:
        return await self._ask(lambda: request(self._dlms), Result, Failed)

    async def release(self) -> Released:
        return await self._ask(self._dlms.release, Released)

    async def close(self) -> None:
        if self._hdlc is not None:
            await self._link.send(self._hdlc.disconnect())
            await self._await_hdlc(hdlc.Disconnected)

    async def _ask(self, request: Callable[[], bytes], *wanted: type[_Event]) -> _Event:
        apdu = request()
        async with asyncio.timeout(10):
            while True:
                event: Event = self._read(await self._exchange(apdu))
                if isinstance(event, wanted):
                    return event
                assert isinstance(event, Send), event
                apdu = event.apdu

    def _read(self, octets: bytes) -> Event:
        (event,) = self._dlms.receive(octets)
        return event

    async def _exchange(self, apdu: bytes) -> bytes:
        if self._hdlc is not None:
            for frame in self._hdlc.send(apdu):
                await self._link.send(frame)
            return (await self._await_hdlc(hdlc.Apdu)).octets
        await self._link.send(wrapper.encode(self._client_id, self._device, apdu))
        while not (found := self._decoder.receive(await self._link.receive())):
            pass
        return found[0].apdu

    async def _await_hdlc(self, wanted: type[_Event]) -> _Event:
        assert self._hdlc is not None
        async with asyncio.timeout(10):
            while True:
                for event in self._hdlc.receive(await self._link.receive()):
                    if isinstance(event, hdlc.Reply):
                        await self._link.send(event.octets)
                    elif isinstance(event, wanted):
                        return event
