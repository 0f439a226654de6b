"""The gateway's end of the uplink, as far as the head-end can tell."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from mdm.sealed import SealingGateway
from meterkast.headend.server import HeadEnd, HeadEndSettings
from meterkast.outside.clock import Clock, ScaledClock
from meterkast.outside.links import tls
from meterkast.pki.site import HEADEND_NAME
from meterkast.protocols import wrapper
from meterkast.protocols.axdr import Data, octets
from meterkast.protocols.dlms import apdu
from meterkast.protocols.dlms.apdu import DataNotification, DataNotificationConfirm, LongInvokeId

NOW = 1_772_600_000


class Uplink:
    """A connection over which envelopes go up and answers come down."""

    def __init__(self, link: tls.TlsLink) -> None:
        self.link = link
        self._decoder = wrapper.Decoder()
        self._answers: list[apdu.Apdu] = []

    async def send(self, *notifications: bytes) -> None:
        await self.link.send(b"".join(wrapper.encode(1, 1, notification) for notification in notifications))

    async def answer(self) -> apdu.Apdu | None:
        """The next answer; None once the head-end has hung up."""
        while not self._answers:
            received = await self.link.receive()
            if not received:
                return None
            self._answers += [apdu.decode(wpdu.apdu) for wpdu in self._decoder.receive(received)]
        return self._answers.pop(0)

    async def deliver(self, number: int, envelope: bytes) -> bool:
        """Whether the head-end has confirmed the envelope."""
        await self.send(notification(number, envelope))
        return await self.answer() == confirmation(number)


def notification(number: int, envelope: bytes, *, confirmed: bool = True, body: Data | None = None) -> bytes:
    return DataNotification(
        LongInvokeId(number, confirmed=confirmed), None, body or octets(envelope)
    ).encode()


def confirmation(number: int) -> DataNotificationConfirm:
    return DataNotificationConfirm(LongInvokeId(number))


async def dial(gateway: SealingGateway, endpoint: Path) -> Uplink:
    where = json.loads(endpoint.read_text())
    context = gateway.keystore.tls_context("tls", trust=gateway.trust, server_side=False)
    return Uplink(await tls.connect(where["host"], where["port"], context, HEADEND_NAME))


@asynccontextmanager
async def serving(settings: HeadEndSettings, clock: Clock | None = None) -> AsyncIterator[HeadEnd]:
    """A head-end at work in this process."""
    headend, stop = HeadEnd(settings, clock or ScaledClock(NOW, 0)), asyncio.Event()
    task = asyncio.create_task(headend.serve(stop))
    await until(lambda: settings.endpoint.exists() or task.done())
    try:
        yield headend
    finally:
        stop.set()
        await task


async def until(holds: Callable[[], bool], seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.002)
