"""A house for tests: a real PKI, gateway keystore, module and gas meter, and a small head-end on real TLS."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from numpy.typing import NDArray

from meterkast.gasmeter.meter import GasMeter
from meterkast.gasmeter.settings import GasMeterSettings
from meterkast.gateway.device_keys import DeviceKey
from meterkast.gateway.gateway import Gateway
from meterkast.gateway.settings import FramingKind, GatewaySettings, HeadEndAddress, ModulePort
from meterkast.model.calendar import HOUR, day_start
from meterkast.model.identity import SystemTitle
from meterkast.module.module import Module
from meterkast.module.server import serve
from meterkast.module.settings import ModuleSettings
from meterkast.module.vendor import VendorProfile
from meterkast.outside.clock import Clock, ScaledClock
from meterkast.outside.keystore import KeyKind, SoftwareKeystore
from meterkast.outside.links import Link, memory, tls
from meterkast.outside.links.fault import FaultyLink
from meterkast.outside.links.tcp import port_of
from meterkast.pki.site import HEADEND_NAME, Site
from meterkast.protocols import wrapper
from meterkast.protocols.block import Payload, decode_payload
from meterkast.protocols.dlms import apdu
from meterkast.protocols.dlms.apdu import (
    DataNotification,
    DataNotificationConfirm,
    ExceptionResponse,
    LongInvokeId,
)
from meterkast.protocols.envelope import parse
from meterkast.protocols.hdlc import Address
from meterkast.protocols.x509 import Purpose, key_id

TITLE = SystemTitle.parse("MKG0000000001")
OPERATOR = "Stedin"
DAY = date(2026, 3, 28)
"""The day in question; the next one, with 23 hours, is today in every test."""
INSTALLED = day_start(DAY - timedelta(days=3))
NOW = day_start(DAY + timedelta(days=1)) + 3 * 3600
PAIRING_KEY = bytes(range(32))
USER_KEY = bytes(range(100, 116))


def make_module(
    vendor: str = "KFM", *, pairing_key: bytes = PAIRING_KEY, clock: Clock | None = None
) -> Module:
    """A module with a load that swings between import and export; its clock stands at ``NOW``."""

    class Swinging:
        def power(self, start: int, end: int, step: int = 60) -> NDArray[np.int64]:
            minutes = np.arange(start // step, end // step, dtype=np.int64)
            return np.stack([minutes * 7919 % 10_001 - 4000, minutes % 3, minutes % 2], axis=1)

    settings = ModuleSettings(
        profile=VendorProfile.load(vendor),
        serial=5_000_000_000_017,
        phases=3,
        pairing_key=pairing_key,
        installed_at=INSTALLED,
    )
    return Module(settings, Swinging(), clock or ScaledClock(NOW, speed=0))


def make_gas_meter(last_counter: int = 0) -> GasMeter:
    """A gas meter that burns another number of litres every five minutes."""

    def flow(start: int, end: int, step: int = 300) -> Iterable[float]:
        return [at // 300 % 7 for at in range(start, end, step)]

    counters = iter(range(last_counter + 1, 1 << 30))
    settings = GasMeterSettings(
        identification="12345678", user_key=USER_KEY, equipment="G0025123456789024", start=INSTALLED
    )
    return GasMeter(settings, flow, lambda: next(counters))


def found_site(folder: Path) -> Site:
    """The operator's site with one gateway that has its three certificates and local secrets."""
    now = datetime.now(UTC)
    site = Site.create(folder, operator=OPERATOR, now=now)
    keystore = site.equip(TITLE, now)
    for purpose in (Purpose.TLS, Purpose.SIG):
        keystore.generate(purpose, KeyKind.EC_P256)
        request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
        signed = request.sign(keystore.signer(purpose), hashes.SHA256())
        chain = site.authority.issue(signed.public_bytes(Encoding.DER), purpose, TITLE, now)
        keystore.put_certificate(purpose, chain)
    keystore.put_secret(DeviceKey.PAIRING, PAIRING_KEY)
    keystore.put_secret(DeviceKey.GAS, USER_KEY)
    return site


@dataclass
class HeadEnd:
    """Confirms what it has kept. Tests may tell it to refuse, to keep silent, or to confirm another one."""

    site: Site
    envelopes: dict[int, list[bytes]] = field(default_factory=dict)
    refused: set[int] = field(default_factory=set)
    silent: bool = False
    garbled: bool = False
    connections: int = 0
    port: int = 0

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["HeadEnd"]:
        """Listens for as long as the block lasts."""
        keystore = SoftwareKeystore(self.site.folder / "headend" / "keystore")
        server = await tls.listen(
            "127.0.0.1",
            self.port,
            lambda: keystore.tls_context("tls", trust=self.site.trust, server_side=True),
            self._serve,
        )
        self.port = port_of(server)
        try:
            yield self
        finally:
            server.close()

    async def _serve(self, link: tls.TlsLink) -> None:
        self.connections += 1
        decoder = wrapper.Decoder()
        while octets := await link.receive():
            for wpdu in decoder.receive(octets):
                if not self.silent:
                    await link.send(wrapper.encode(1, 1, self._answer(wpdu.apdu)))

    def _answer(self, octets: bytes) -> bytes:
        notification = apdu.decode(octets)
        assert isinstance(notification, DataNotification)
        assert isinstance(notification.body.value, bytes)
        counter = parse(notification.body.value).header.counter
        if counter in self.refused:
            return ExceptionResponse(1, 1).encode()
        self.envelopes.setdefault(counter, []).append(notification.body.value)
        if self.garbled:
            return DataNotificationConfirm(LongInvokeId(notification.invoke.number + 1)).encode()
        return DataNotificationConfirm(notification.invoke).encode()

    def opened(self) -> list[Payload]:
        """The content of everything that was confirmed, as the operator opens it."""
        keystore = SoftwareKeystore(self.site.folder / "mdm" / "keystore")
        own = key_id(keystore.certificate("enc")[0])

        def unseal(sealed: bytes, info: bytes) -> bytes:
            return keystore.unseal("enc", sealed, info)

        return [
            decode_payload(parse(octets).open(unseal, own))
            for _, kept in sorted(self.envelopes.items())
            for octets in kept[:1]
        ]


@dataclass
class House:
    """One house on a table: everything real but the wires, which are memory with faults on request."""

    site: Site
    headend: HeadEnd
    module: Module
    module_wire: FaultyLink
    gas_meter: GasMeter
    gas_wire: Link
    gateway: Gateway

    async def burn(self, hours: Iterable[int]) -> None:
        """Has the gas meter send these hours of the day, counted from local midnight."""
        for hour in hours:
            await self.gas_meter.push(self.gas_wire, day_start(DAY) + hour * HOUR)
            await asyncio.sleep(0)


def settings_for(
    site: Site, port: int, *, vendor: str = "KFM", framing: FramingKind = FramingKind.HDLC
) -> GatewaySettings:
    """The settings of the house's gateway, with little patience."""
    address = VendorProfile.load(vendor).address
    return GatewaySettings(
        title=TITLE,
        operator=OPERATOR,
        folder=site.folder / "gateways" / str(TITLE),
        trust=site.folder / "trust",
        headend=HeadEndAddress(host="127.0.0.1", port=port, server_name=HEADEND_NAME),
        module=ModulePort(
            name=f"{vendor}5000000000017",
            framing=framing,
            address=address if framing is FramingKind.HDLC else Address(1),
            request_seconds=0.6,
        ),
        gas_meter="MKM12345678",
        errand_seconds=20.0,
    )


@asynccontextmanager
async def living_in(
    site: Site,
    *,
    vendor: str = "KFM",
    framing: FramingKind = FramingKind.HDLC,
    module: Module | None = None,
) -> AsyncIterator[House]:
    """A house in which everything runs for as long as the block lasts."""
    module = module or make_module(vendor)
    near, far = memory.pair()
    module_wire = FaultyLink(near)
    gas_near, gas_far = memory.pair()
    serving = asyncio.create_task(serve(module, far, framing.value))
    async with HeadEnd(site).listening() as headend:
        gateway = Gateway(
            settings_for(site, headend.port, vendor=vendor, framing=framing),
            clock=ScaledClock(NOW, speed=0),
            module_link=module_wire,
            gas_link=gas_near,
        )
        await gateway.start()
        try:
            yield House(
                site=site,
                headend=headend,
                module=module,
                module_wire=module_wire,
                gas_meter=make_gas_meter(),
                gas_wire=gas_far,
                gateway=gateway,
            )
        finally:
            await gateway.stop()
            await near.close()
            await serving
