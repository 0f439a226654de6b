"""The gateway as one thing: collects a day, keeps it, delivers it, whatever devices and network do."""

import asyncio
import hashlib
import logging
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from meterkast.gateway.backoff import Backoff
from meterkast.gateway.communication import Communication
from meterkast.gateway.consumer_port.port import ConsumerPort, consent_folder
from meterkast.gateway.desk import Desk, RealTime
from meterkast.gateway.device_keys import DeviceKey
from meterkast.gateway.gas_inbox import GasInbox
from meterkast.gateway.holdings import current
from meterkast.gateway.host import ApplicationHost
from meterkast.gateway.line import Dial, Line
from meterkast.gateway.module_line import ModuleLine
from meterkast.gateway.module_pairing import ModulePairing, pairing_folder
from meterkast.gateway.sealing import Sealer
from meterkast.gateway.settings import GatewaySettings
from meterkast.gateway.status import GatewayStatus
from meterkast.gateway.upkeep import Upkeep
from meterkast.gateway.uplink import Uplink
from meterkast.model.calendar import day_start, local_day
from meterkast.model.errors import LocalError, MeterkastError, TrustError, UnreachableError
from meterkast.outside.clock import Clock
from meterkast.outside.entropy import Entropy, system_entropy
from meterkast.outside.journal import Journal, JournaledEnvelope
from meterkast.outside.keystore import open_keystore
from meterkast.outside.links import Link, tls
from meterkast.outside.trust import TrustFolder
from meterkast.protocols.dlms.hls5 import Hls5
from meterkast.protocols.x1.document import Document
from meterkast.protocols.x509.purpose import Purpose

DAYS_IN_BUFFER = 10
_ENCRYPTION_KEY, _CHALLENGE = 16, 16

_LOG = logging.getLogger("meterkast.gateway")


class Gateway:
    """One gateway in one house. Towards the operator it dials out; it listens in the house alone.

    Its keystore holds ``tls``, ``sig`` and ``enc`` with certificates, or later generations of them, and the
    secrets ``pairing`` (32 octets, shared with the module) and ``gas`` (16 octets, the gas meter's user key).

    Args:
        settings: who and where it is.
        clock: metering time.
        module_link: the wire to the module, or what dials it; None where the house has no module.
        gas_link: the same for the gas meter.
        consumer_port: the P1 wire into the house, or what dials it; None where there is none.
        entropy: for content keys, challenges and waits.
        real_time: by which certificates are judged.
        sealer: makes the envelopes; None for one that seals to the operator alone.

    Raises:
        LocalError: ``keystore-…`` where a secret is missing.
        DataError: ``journal-unreadable``.
        MeterkastError: as ``open_keystore``: in production TrustError for keys in plain files.
    """

    def __init__(
        self,
        settings: GatewaySettings,
        *,
        clock: Clock,
        module_link: Link | Dial | None = None,
        gas_link: Link | Dial | None = None,
        consumer_port: Link | Dial | None = None,
        entropy: Entropy = system_entropy,
        real_time: RealTime = lambda: datetime.now(UTC),
        sealer: Sealer | None = None,
    ) -> None:
        self.settings = settings
        self._clock = clock
        self._entropy = entropy
        self._trust = TrustFolder(settings.trust)
        self._keystore = open_keystore(settings.keystore, settings.profile, self._trust)
        self._journal = Journal(journal_path(settings.folder))
        self._module = self._module_line(module_link)
        self._gas_line = Line(gas_link) if gas_link else None
        self._gas = self._gas_inbox()
        wire = Line(consumer_port) if consumer_port else None
        self.port = ConsumerPort(settings.title, consent_folder(settings.folder), wire, settings.profile)
        self._tells = bool(wire or settings.x1 or settings.p1)
        self._communication = Communication(settings, self._keystore, self._trust, self._journal)
        self._real_time = real_time
        self._desk = Desk(
            settings,
            clock=clock,
            real_time=real_time,
            journal=self._journal,
            sealer=sealer or Sealer(settings, self._keystore, self._trust, entropy),
            module=self._module,
            gas=self._gas,
        )
        self._host: ApplicationHost | None = None
        self._owns_host = False
        self._port_host: ApplicationHost | None = None
        self._reading = asyncio.Lock()
        self._listening: asyncio.Task[None] | None = None
        self._delivering = asyncio.Lock()
        self._sealed = asyncio.Event()
        self._sealed.set()
        self._trouble: str | None = None

    async def start(self, host: ApplicationHost | None = None) -> None:
        """Begins to listen to the gas meter, and in the house; without a ``host`` it starts applications.

        Raises:
            LocalError: ``sandbox-unavailable``, or ``port-unusable``.
            MeterkastError: as ``ConsumerPort.open``.
        """
        self.port.open(self.settings.x1, self.settings.p1)
        self._owns_host = host is None
        self._host = host or ApplicationHost(
            allow_unconfined=self.settings.allow_unconfined, entropy=self._entropy
        )
        if self._owns_host:
            await self._host.start()
        if self._owns_host and self._tells:
            self._port_host = ApplicationHost.of_consumer_port(
                allow_unconfined=self.settings.allow_unconfined
            )
            await self._port_host.start()
        if self._gas and self._gas_line:
            listening = self._gas.listen(self._gas_line, Backoff(self._entropy))
            self._listening = asyncio.create_task(listening)

    async def collect(self, day: date) -> bool:
        """Has the application collect a local day; True where what is known of it is journaled.

        A day that is there already is not collected again, unless a device could not be read then. A day on
        which communication was off is not collected at all.
        """
        if self._host is None or not self._communication.covers(day):
            return False
        if self._desk.is_done(day):
            return True
        try:
            async with self._reading:
                await self._host.run(self._desk, day)
        except MeterkastError as error:
            _LOG.warning("%s %s: %s", error.code, self._desk.title, error)
            self._desk.note(error)
            return False
        self._sealed.set()
        return True

    async def deliver(self) -> int:
        """Sends every envelope that waits and gives the number that was confirmed.

        It stops at the first trouble, but an envelope that the head-end refuses does not hold up the others:
        it stays, and is offered again the next time. While communication is off, nobody is dialled.
        """
        confirmed = 0
        uplink: Uplink | None = None
        async with self._delivering:
            try:
                for envelope in self._journal.pending() if self._communication.on else ():
                    uplink = uplink or await self._dial()
                    if await self._offer(uplink, envelope):
                        confirmed += 1
                    else:
                        await uplink.close()
                        uplink = None
            except MeterkastError as error:
                self._troubled(error)
            finally:
                if uplink:
                    await uplink.close()
        return confirmed

    async def tell(self, host: ApplicationHost) -> bytes:
        """Has the consumer port application write down this moment, and shows it; gives the telegram.

        It goes on while the module is silent, with what else there is, and while communication is off.

        Raises:
            UnreachableError, PeerError, TrustError, LocalError: as ``ApplicationHost.run`` does.
        """
        async with self._reading:
            await host.run(self._desk, local_day(self._desk.now()))
        showing = self._desk.showing
        if showing is None:
            raise LocalError("application-stopped", "The consumer port application has shown nothing.")
        await self.port.show(showing)
        return showing.telegram

    @property
    def shown(self) -> Document | None:
        """What the consumer port showed last; None before the first time."""
        return self._desk.showing.document if self._desk.showing else None

    async def obey(self, order: bytes) -> bytes:
        """Does what a signed order of the operator's says, and gives the signed receipt.

        Once this has returned after an order to be silent, nothing more is sent. An order that is refused
        changes nothing but the events.

        Raises:
            PeerError, TrustError: as ``Communication.obey`` does.
        """
        async with self._delivering:
            try:
                receipt = self._communication.obey(order, at=self._desk.now(), now=self._real_time())
            except MeterkastError as error:
                self._desk.note(error)
                raise
        state = "on" if self._communication.on else "off"
        _LOG.info("communication-%s %s", state, self._desk.title)
        self._desk.note(LocalError(f"communication-{state}", "By order of the operator."))
        self._sealed.set()
        return receipt

    async def catch_up(self) -> None:
        """Collects every complete day that the module may still have and that is not done."""
        today = local_day(self._desk.now())
        for back in range(DAYS_IN_BUFFER, 0, -1):
            await self.collect(today - timedelta(days=back))

    async def run(self) -> None:
        """Its own schedule: catches up, collects each night at its slot; delivers, tells, renews besides."""
        async with asyncio.TaskGroup() as both:
            both.create_task(self._collect_nightly())
            both.create_task(self._deliver_what_comes())
            if self.settings.pki:
                upkeep = Upkeep(
                    self.settings.title,
                    self._keystore,
                    self._trust,
                    self.settings.pki,
                    operator=self.settings.operator,
                )
                both.create_task(upkeep.run(self._real_time))
            if self._port_host:
                both.create_task(self._tell_the_house(self._port_host))

    def next_slot(self) -> int:
        """Unix seconds of the next collection: after a local midnight, spread over the fleet by title."""
        slot = int.from_bytes(hashlib.sha256(self.settings.title.octets).digest()[:4])
        after_midnight = slot % max(self.settings.slot_seconds, 1)
        now = self._desk.now()
        today = local_day(now)
        slots = (day_start(today + timedelta(days=ahead)) + after_midnight for ahead in range(2))
        return next(at for at in slots if at > now)

    def status(self) -> GatewayStatus:
        """How it stands."""
        sealed, confirmed = self._journal.counts()
        spans = [self._journal.handed_in_span(device) for device in self._desk.devices]
        return GatewayStatus(
            title=self._desk.title,
            module=self._module.state if self._module else None,
            sealed=sealed,
            confirmed=confirmed,
            last_day=max((span[1] for span in spans if span), default=None),
            layers=self._host.layers if self._host else (),
            trouble=self._trouble,
            communicating=self._communication.on,
        )

    async def stop(self) -> None:
        """Hangs up everywhere and closes the journal."""
        if self._listening:
            self._listening.cancel()
            with suppress(asyncio.CancelledError):
                await self._listening
        if self._host and self._owns_host:
            await self._host.stop()
        if self._port_host:
            await self._port_host.stop()
        await self.port.close()
        if self._module:
            await self._module.close()
        if self._gas_line:
            await self._gas_line.close()
        self._journal.close()

    async def _collect_nightly(self) -> None:
        while True:
            await self.catch_up()
            await self._clock.sleep_until(self.next_slot())

    async def _tell_the_house(self, host: ApplicationHost) -> None:
        while True:
            now = self._desk.now()
            await self._clock.sleep_until(now + 1)
            try:
                await self.tell(host)
            except MeterkastError as error:
                _LOG.warning("%s %s: %s", error.code, self._desk.title, error)

    async def _deliver_what_comes(self) -> None:
        backoff = Backoff(self._entropy)
        while True:
            await self._sealed.wait()
            self._sealed.clear()
            while self._communication.on and self.status().pending:
                if await self.deliver():
                    backoff.reset()
                else:
                    await asyncio.sleep(backoff.next())

    async def _dial(self) -> Uplink:
        headend = self.settings.headend
        label = current(self._keystore, Purpose.TLS)
        context = self._keystore.tls_context(label, trust=self._trust, server_side=False)
        return Uplink(await tls.connect(headend.host, headend.port, context, headend.server_name))

    async def _offer(self, uplink: Uplink, envelope: JournaledEnvelope) -> bool:
        """Whether the head-end takes the envelope; a refusal is noted and costs this one nothing but time."""
        try:
            await uplink.deliver(envelope)
        except TrustError as error:
            self._troubled(error)
            return False
        self._trouble = None
        return self._journal.confirm(envelope.counter, self._desk.now())

    def _troubled(self, error: MeterkastError) -> None:
        self._trouble = error.code
        _LOG.warning("%s %s: %s", error.code, self._desk.title, error)
        if not isinstance(error, UnreachableError):
            self._desk.note(error)

    def _module_line(self, source: Link | Dial | None) -> ModuleLine | None:
        if source is None or self.settings.module is None:
            return None
        key = self._keystore.secret(DeviceKey.PAIRING)
        hls5 = Hls5(
            title=self.settings.title,
            encryption_key=key[:_ENCRYPTION_KEY],
            authentication_key=key[_ENCRYPTION_KEY:],
            next_counter=lambda: self._journal.reserve("module"),
            new_challenge=lambda: self._entropy(_CHALLENGE),
        )
        pairing = ModulePairing(pairing_folder(self.settings.folder))
        return ModuleLine(self.settings.module, Line(source), pairing.watch(hls5, self._clock.now))

    def _gas_inbox(self) -> GasInbox | None:
        meter = self.settings.gas_meter
        if meter is None:
            return None
        user_key = self._keystore.secret(DeviceKey.GAS)
        return GasInbox(
            meter, user_key, self._journal, lambda error: self._desk.note(error, meter), self._clock.now
        )


def journal_path(folder: Path) -> Path:
    """Where a gateway with this folder keeps its journal."""
    return folder / "journal.sqlite"
