"""A consumer port that shows the same instant many times a second, on real sockets."""

import asyncio
from decimal import Decimal
from itertools import islice
from pathlib import Path

from meterkast.console.household import HouseholdClient
from meterkast.gateway.consumer_port.consent import Consent
from meterkast.gateway.consumer_port.port import ConsumerPort
from meterkast.gateway.consumer_port.showing import Showing
from meterkast.gateway.settings import Endpoint
from meterkast.model.identity import SystemTitle
from meterkast.outside.keystore import SoftwareKeystore
from meterkast.outside.keystore.pinned import own_certificate
from meterkast.protocols.p1.dsmr5 import GasChannel, emit_dsmr5
from meterkast.protocols.x1.document import Document, Gas

TITLE = SystemTitle.parse("MKG0000000001")
ANYWHERE = Endpoint(host="127.0.0.1", port=0)
AT = 1_774_746_000
VALUES = {"1-0:1.8.1": Decimal(1_234_567), "1-0:1.7.0": Decimal(482)}
SHOWING = Showing.checked(
    emit_dsmr5(
        ident=f"/MKG5{TITLE}",
        at=AT,
        equipment="KFM5000000000017",
        values=VALUES,
        gas=[GasChannel(channel=1, equipment="MKM12345678", at=AT - 300, index=4_321_098)],
    ),
    Document(
        at=AT,
        equipment="KFM5000000000017",
        values=VALUES,
        gas={1: Gas(equipment="MKM12345678", indexes=((AT - 300, 4_321_098),))},
    ).encode(),
)
HOST = "127.0.0.1"


class House:
    """A consumer port that shows the same instant many times a second, and its household."""

    def __init__(self, folder: Path, *, x1: Endpoint | None = None) -> None:
        self.folder = folder
        self.port = ConsumerPort(TITLE, folder)
        self.port.open(x1 or ANYWHERE, ANYWHERE)
        self.consent = Consent(folder)
        self._showing = asyncio.create_task(self._show())
        self.shown = 0

    @property
    def x1(self) -> int:
        assert self.port.x1 is not None
        return self.port.x1

    @property
    def certificate(self) -> bytes:
        return own_certificate(SoftwareKeystore(self.folder), "x1", "")

    async def pair(self, client: HouseholdClient, name: str = "a client") -> str:
        code = await asyncio.to_thread(self.consent.press_button)
        return await asyncio.to_thread(client.pair, HOST, self.x1, code, name)

    async def plain(self) -> int:
        self.consent.switch_plain(on=True)
        async with asyncio.timeout(5):
            while self.port.p1 is None:
                await asyncio.sleep(0.01)
        return self.port.p1

    def state(self) -> dict[str, bytes]:
        """Every octet that the gateway keeps for its household."""
        return {path.name: path.read_bytes() for path in sorted(self.folder.iterdir())}

    async def close(self) -> None:
        self._showing.cancel()
        await asyncio.gather(self._showing, return_exceptions=True)
        await self.port.close()

    async def _show(self) -> None:
        while True:
            await self.port.show(SHOWING)
            self.shown += 1
            await asyncio.sleep(0.005)


def first(client: HouseholdClient, port: int, count: int = 1) -> list[Document]:
    reading = client.read(HOST, port)
    try:
        return list(islice(reading, count))
    finally:
        reading.close()  # type: ignore[attr-defined]
