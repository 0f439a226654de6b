"""The operator's centre of a street: PKI, head-end and data management, and what can be asked of them."""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from meterkast.gateway.enrol import enrol
from meterkast.gateway.settings import HeadEndAddress
from meterkast.headend.registry import Device, Gateway, Registry
from meterkast.mdm import status
from meterkast.mdm.access import Query, Readings
from meterkast.mdm.status import MdmStatus
from meterkast.mdm.store import StoredBlock
from meterkast.model.block import Medium
from meterkast.model.identity import SystemTitle
from meterkast.module.module import Module
from meterkast.module.vendor import VENDORS
from meterkast.outside.bus.sqlite import SqliteBus
from meterkast.outside.clock import SystemClock
from meterkast.outside.database.engine import engine, writing
from meterkast.outside.database.migrations import upgrade
from meterkast.outside.keystore import KeyKind, Keystore, SoftwareKeystore
from meterkast.pki.service import PkiService, PkiSettings
from meterkast.pki.site import HEADEND_NAME, PKI_NAME, Site
from meterkast.protocols.order import Order, SignedOrder, Speech
from meterkast.protocols.x509.generation import newest
from meterkast.protocols.x509.identity import key_id
from meterkast.street.home import Address, module_name
from meterkast.street.process import ComponentProcess
from meterkast.street.wiretap import Wiretap

OPERATOR = "stadsnet"
_OPERATOR_NAME = "Stadsnet (invented)"
_ENROLLING_AT_ONCE = 4
_BATCH = 500


def vendor_keystore(site: Path, vendor: str) -> SoftwareKeystore:
    """What the vendor of a module holds: a key of its own, which opens nothing here."""
    return SoftwareKeystore(site / "vendors" / vendor / "keystore")


class Centre:
    """Founded once per street; head-end and data management are processes of their own.

    Attributes:
        site: the state folder as far as trust goes.
        headend: the head-end's process.
        mdm: the process of meter data management.
        wiretap: sees every octet between gateways and head-end, as telecom would.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.site = Site.create(folder, operator=OPERATOR, now=_real_time())
        self._pki = PkiService(PkiSettings(folder=folder / "pki", trust=folder / "trust"))
        self.headend = ComponentProcess("headend", folder, ready=folder / "headend" / "endpoint.json")
        self.mdm = ComponentProcess("mdm", folder)
        self.wiretap: Wiretap | None = None
        (folder / "centre").mkdir()
        (folder / "bus").mkdir()
        self.database = engine(folder / "centre" / "centre.sqlite")
        self.bus = SqliteBus(folder / "bus" / "bus.sqlite")
        upgrade(self.database)
        for vendor in VENDORS:
            vendor_keystore(folder, vendor).generate("enc", KeyKind.HYBRID_KEM)

    async def open(self, *, tapped: bool = False) -> HeadEndAddress:
        """Starts everything; returns where gateways dial, through a wiretap where one is wanted."""
        self._pki.start()
        await self.headend.start()
        await self.mdm.start()
        await self.headend.ready()
        endpoint = json.loads((self._folder / "headend" / "endpoint.json").read_text(encoding="utf-8"))
        host, port = endpoint["host"], endpoint["port"]
        self.headend.arguments = (str(port),)  # started again, it must be found where it was
        if tapped:
            self.wiretap = Wiretap(host, port)
            host, port = "127.0.0.1", await self.wiretap.open()
        return HeadEndAddress(host=host, port=port, server_name=HEADEND_NAME)

    async def connect(self, addresses: Sequence[Address]) -> dict[Address, Keystore]:
        """Registers these homes and lets their gateways enrol over the network; gives their keystores."""
        keystores = {home: self.site.equip(home.title, _real_time()) for home in addresses}
        free = asyncio.Semaphore(_ENROLLING_AT_ONCE)

        async def enrol_one(home: Address) -> None:
            async with free:
                await asyncio.to_thread(self._enrol, keystores[home], home.title)

        await asyncio.gather(*map(enrol_one, addresses))
        await asyncio.to_thread(self._register, addresses)
        return keystores

    def register_module(self, home: Address, module: Module) -> None:
        """Puts a module that comes in place of another one on the register."""
        with writing(self.database) as connection:
            Registry(connection).add_device(
                Device(
                    name=module.name,
                    ean=home.household.ean,
                    gateway=home.title,
                    medium=Medium.ELECTRICITY,
                    vendor=module.settings.profile.manufacturer,
                )
            )

    async def admit(self, title: SystemTitle, home: Address) -> Keystore:
        """A gateway more on this home's connection, enrolled and registered; gives its keystore."""
        keystore = self.site.equip(title, _real_time())
        await asyncio.to_thread(self._enrol, keystore, title)
        await asyncio.to_thread(self._register_gateway, title, home)
        return keystore

    def order(self, gateway: SystemTitle, number: int, speech: Speech) -> bytes:
        """An order to a gateway to be silent or to speak, signed by the operator."""
        keystore = SoftwareKeystore(self._folder / "orders" / "keystore")
        label = newest(keystore.certified(), "order")
        order = Order(gateway=gateway, number=number, issued=int(SystemClock().now()), speech=speech)
        return SignedOrder(
            order=order,
            signature=keystore.sign(label, order.encode()),
            certificate=keystore.certificate(label)[0].public_bytes(Encoding.DER),
        ).encode()

    def bodies(self) -> list[bytes]:
        """Every envelope on the bus, oldest first."""
        found: list[bytes] = []
        last = 0
        while batch := self.bus.read(last, _BATCH):
            found += [message.body for _, message in batch]
            last = batch[-1][0]
        return found

    def status(self) -> MdmStatus:
        """What is stored, refused, and still on the bus."""
        return status.snapshot(self.bus, self.database)

    def blocks(self, query: Query) -> list[StoredBlock]:
        """Stored meter-day blocks."""
        return list(Readings(self.database).blocks(query))

    async def close(self) -> None:
        """Stops everything."""
        await asyncio.gather(self.headend.stop(), self.mdm.stop())
        if self.wiretap is not None:
            await self.wiretap.close()
        await asyncio.to_thread(self._pki.stop)
        self.bus.close()
        self.database.dispose()

    def _enrol(self, keystore: Keystore, title: SystemTitle) -> None:
        enrol(
            keystore,
            est_host="127.0.0.1",
            est_port=self._pki.port,
            server_name=PKI_NAME,
            trust=self.site.trust,
            title=title,
        )

    def _register_gateway(self, title: SystemTitle, home: Address) -> None:
        with writing(self.database) as connection:
            registry = Registry(connection)
            registry.add_gateway(Gateway(title=title, ean=home.household.ean, operator=OPERATOR))
            self._register_certificates(registry, title)

    def _register_certificates(self, registry: Registry, title: SystemTitle) -> None:
        for issued in self.site.authority.issued(str(title)):
            registry.add_certificate(
                key_id(issued.certificate),
                str(title),
                issued.purpose,
                issued.certificate.public_bytes(Encoding.DER),
                now=int(SystemClock().now()),
            )

    def _register(self, addresses: Sequence[Address]) -> None:
        with writing(self.database) as connection:
            registry = Registry(connection)
            registry.add_operator(OPERATOR, _OPERATOR_NAME)
            for home in addresses:
                _register_home(registry, home)
                self._register_certificates(registry, home.title)


def _register_home(registry: Registry, home: Address) -> None:
    household = home.household
    registry.add_connection(household.ean, OPERATOR, phases=household.phases, ampere=household.fuse)
    registry.add_gateway(Gateway(title=home.title, ean=household.ean, operator=OPERATOR))
    devices = (
        (module_name(household), Medium.ELECTRICITY, household.vendor),
        (home.gas_meter, Medium.GAS, home.gas_meter[:3]),
    )
    for name, medium, vendor in devices:
        registry.add_device(
            Device(name=name, ean=household.ean, gateway=home.title, medium=medium, vendor=vendor)
        )


def _real_time() -> datetime:
    return datetime.fromtimestamp(SystemClock().now(), UTC)
