"""A street of homes and the operator's centre, on virtual time: built, lived in day by day, and measured."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta

from meterkast.mdm.access import Query
from meterkast.mdm.status import MdmStatus
from meterkast.model.calendar import HOUR, day_bounds, day_start
from meterkast.model.errors import MeterkastError
from meterkast.outside.clock import SharedClock
from meterkast.outside.entropy import system_entropy
from meterkast.street.centre import OPERATOR, Centre
from meterkast.street.clearing import clear
from meterkast.street.home import Address, Home, Installed, gateway_settings
from meterkast.street.homes import homes as households
from meterkast.street.hosts import Hosts
from meterkast.street.memory import used_megabytes
from meterkast.street.parts import Parts
from meterkast.street.state import ClaimState, Phase, StreetSettings, StreetState, Summary
from meterkast.street.truth import compare
from meterkast.street.view import LOOPBACK, LastReadings, home_state, last_readings

_LEAD = 2 * HOUR
_SLOT = 600
_STORE_SECONDS, _DELIVER_SECONDS, _RETRY_SECONDS = 60.0, 60.0, 0.1
_AT_ONCE = 8
_LIVING_PACE = 0.5
_TELL_SECONDS = 0.2

Watcher = Callable[[StreetState], None]
Prove = Callable[["Street"], Awaitable[Sequence[ClaimState]]]


class Street:
    """Stands the whole chain up on this machine.

    Modules, gas meters and gateways of all homes live in this process and meet over lines in memory; every
    application, the head-end and data management are processes of their own; all traffic to the centre is
    real TLS over loopback.

    Args:
        settings: how many homes, which days, where.
        parts: who builds what in the home with this number (from 0); genuine parts where it says nothing.
        tapped: whether a wiretap sits between gateways and head-end.
    """

    def __init__(
        self, settings: StreetSettings, *, parts: Callable[[int], Parts] | None = None, tapped: bool = True
    ) -> None:
        self.settings = settings
        self.homes: list[Home] = []
        self._parts = parts or (lambda _number: Parts())
        self._tapped = tapped
        self._hosts = Hosts(settings.homes, confine=settings.confine)
        self._began = time.monotonic()
        self._today = settings.start
        self._phase = Phase.BUILDING
        self._step, self._done, self._total = "", 0, 0
        self._claims: tuple[ClaimState, ...] = ()
        self._last: dict[str, LastReadings] = {}
        self._told = 0.0
        self._watch: Watcher = lambda _state: None
        self._watched: Callable[[], Collection[str]] = tuple
        self._centre: Centre | None = None
        self._clock: SharedClock | None = None

    @property
    def centre(self) -> Centre:
        """The operator's centre, once built."""
        assert self._centre is not None, "the street has not been built"
        return self._centre

    @property
    def clock(self) -> SharedClock:
        """Metering time of the whole street, once built."""
        assert self._clock is not None, "the street has not been built"
        return self._clock

    @property
    def today(self) -> date:
        """The local day that has not been lived yet."""
        return self._today

    async def run(self, watch: Watcher, prove: Prove) -> Summary:
        """Builds the street, lives the days of the settings, proves the claims, and says what came of it."""
        self._watch = watch
        await self.build()
        for _ in range(self.settings.days):
            await self.live_day()
        summary = await self._summary()
        self._become(Phase.PROVING, "claims", total=1)
        self._claims = tuple(await prove(self))
        self._become(Phase.LIVING, "", total=0)
        return replace(
            summary,
            claims=[{"id": claim.id, "status": claim.status} for claim in self._claims],
            elapsed_s=round(time.monotonic() - self._began, 2),
        )

    async def live(self, watched: Callable[[], Collection[str]] = tuple) -> None:
        """Lives on, day after day, at a pace that people can watch; until cancelled.

        Args:
            watched: EAN codes of the homes whose consumer port somebody looks at now.
        """
        self._watched = watched
        while True:
            await self.live_day(pace=_LIVING_PACE)

    async def build(self) -> None:
        """Founds the centre, builds the homes, enrols and starts their gateways."""
        settings = self.settings
        clear(settings.site)
        first_instant = day_start(settings.start) - _LEAD
        self._clock = SharedClock.create(settings.site / "clock", first_instant)
        self._become(Phase.BUILDING, "centre", total=settings.homes)
        self._centre = await asyncio.to_thread(Centre, settings.site)
        headend = await self.centre.open(tapped=self._tapped)
        addresses = [Address.of(household) for household in households(settings.seed, settings.homes)]
        self._become(Phase.BUILDING, "enrolment", total=settings.homes)
        keystores = await self.centre.connect(addresses)
        hosts = await self._hosts.start()
        self._become(Phase.BUILDING, "homes", total=settings.homes)
        for address in addresses:
            parts = self._parts(address.household.number)
            home = Home(
                address,
                parts=parts,
                settings=gateway_settings(
                    address,
                    operator=OPERATOR,
                    site=settings.site,
                    headend=await parts.headend(headend, settings.site),
                    confine=settings.confine,
                ),
                keystore=keystores[address],
                clock=self.clock,
                entropy=system_entropy,
                installed_at=first_instant,
            )
            self.homes.append(home)
            await home.start(next(hosts))
            self._advance()

    async def live_day(self, *, pace: float = 0.0) -> None:
        """Lives one local day: gas telegrams each hour, the collection after midnight, delivery, storing.

        Args:
            pace: real seconds per virtual hour; 0 is as fast as the machine can.
        """
        start, end = day_bounds(self._today)
        self._become(Phase.LIVING if pace else Phase.RUNNING, f"{self._today}", total=len(self.homes))
        for hour in range(start, end + 1, HOUR):
            self.clock.set(hour)
            for home in self.homes:
                await home.push_gas(hour)
            await self._show_ports()
            self._tell()
            await asyncio.sleep(pace)
        self.clock.set(end + _SLOT)
        await self._collect(self._today)
        self._today += timedelta(days=1)
        await self.stored()
        self._tell(always=True)

    async def collect(self, home: Home, day: date) -> None:
        """One home's day, from its meters to the confirmation of the head-end; a dead one is waited for."""
        await home.gateway.collect(day)
        with suppress(TimeoutError):
            async with asyncio.timeout(_DELIVER_SECONDS):
                while _may_deliver(home) and not await home.gateway.deliver():
                    await asyncio.sleep(_RETRY_SECONDS)

    async def swap(self, home: Home, new: Installed) -> Installed:
        """Swaps a home's module for another one, which is registered first; gives back the old one."""
        await asyncio.to_thread(self.centre.register_module, home.address, new.module)
        return await home.install(new)

    async def telegram(self, home: Home) -> bytes:
        """What the home's consumer port says at this moment."""
        return await home.gateway.tell(await self._hosts.consumer_port())

    async def stored(self) -> MdmStatus:
        """Waits until everything on the bus has been taken in, at most a minute, and shows the last day."""
        status = await asyncio.to_thread(self.centre.status)
        with suppress(TimeoutError):
            async with asyncio.timeout(_STORE_SECONDS):
                while status.lag:
                    await asyncio.sleep(0.02)
                    status = await asyncio.to_thread(self.centre.status)
        lived = self._today - timedelta(days=1)
        blocks = await asyncio.to_thread(self.centre.blocks, Query(first_day=lived, last_day=lived))
        self._last = {str(home.address.title): last_readings(blocks, home) for home in self.homes}
        return status

    def state(self) -> StreetState:
        """A snapshot for the page."""
        status = self._centre.status() if self._centre is not None and self.homes else None
        own = {str(home.address.title) for home in self.homes}
        stores = {store.title: store for store in status.gateways if store.title in own} if status else {}
        now = int(self._clock.now()) if self._clock is not None else day_start(self.settings.start)
        gateways = [home.gateway.status() for home in self.homes]
        return StreetState(
            phase=self._phase,
            virtual_now=now,
            homes=tuple(
                home_state(
                    home,
                    gateway,
                    stores.get(gateway.title),
                    self._last.get(gateway.title, LastReadings()),
                    now,
                )
                for home, gateway in zip(self.homes, gateways, strict=True)
            ),
            sealed=sum(gateway.sealed for gateway in gateways),
            confirmed=sum(gateway.confirmed for gateway in gateways),
            stored=sum(store.stored for store in stores.values()),
            refused=sum(sum(store.refused.values()) for store in stores.values()),
            lag=status.lag if status else 0,
            sandbox=self._hosts.layers,
            claims=self._claims,
            step=self._step,
            done=self._done,
            total=self._total,
        )

    async def close(self) -> None:
        """Everybody leaves, everything stops."""
        self._phase = Phase.STOPPED
        for home in self.homes:
            await home.leave()
        await self._hosts.stop()
        if self._centre is not None:
            await self._centre.close()
        if self._clock is not None:
            self._clock.close()

    async def _show_ports(self) -> None:
        """Has the consumer port of every home show this moment where somebody looks at it or is connected.

        A port is opened when somebody first looks.
        """
        watched = self._watched()
        for home in self.homes:
            port = home.gateway.port
            looked_at = str(home.address.household.ean) in watched
            if looked_at and port.x1 is None:
                port.open(LOOPBACK, LOOPBACK)
            if looked_at or port.listeners:
                with suppress(MeterkastError):
                    await self.telegram(home)

    async def _collect(self, day: date) -> None:
        free = asyncio.Semaphore(_AT_ONCE)

        async def collect(home: Home) -> None:
            async with free:
                await self.collect(home, day)
                self._advance()

        await asyncio.gather(*map(collect, self.homes))

    async def _summary(self) -> Summary:
        settings = self.settings
        status = await self.stored()
        last = settings.start + timedelta(days=settings.days - 1)
        blocks = await asyncio.to_thread(self.centre.blocks, Query(first_day=settings.start, last_day=last))
        found = await asyncio.to_thread(compare, blocks, self.homes)
        confirmed = sum(home.gateway.status().confirmed for home in self.homes)
        expected = settings.homes * settings.days
        elapsed = time.monotonic() - self._began
        return Summary(
            homes=settings.homes,
            days=settings.days,
            seed=settings.seed,
            expected_blocks=expected,
            stored_blocks=found.electricity,
            expected_gas_blocks=expected,
            stored_gas_blocks=found.gas,
            lost=max(confirmed, expected) - sum(store.stored for store in status.gateways),
            duplicates=found.duplicates,
            register_mismatches=found.mismatches,
            claims=[],
            elapsed_s=elapsed,
            refused=sum(sum(store.refused.values()) for store in status.gateways),
            applications=str(self._hosts),
            sandbox=list(self._hosts.layers),
            memory_mb=round(used_megabytes(), 1),
            seconds_per_home=round(elapsed / settings.homes, 3),
            readings_digest=found.digest,
        )

    def _become(self, phase: Phase, step: str, *, total: int) -> None:
        self._phase, self._step, self._done, self._total = phase, step, 0, total
        self._tell(always=True)

    def _advance(self) -> None:
        self._done += 1
        self._tell()

    def _tell(self, *, always: bool = False) -> None:
        """Shows a snapshot, a few times per second at most: making one costs more than most steps do."""
        now = time.monotonic()
        if always or now - self._told >= _TELL_SECONDS:
            self._told = now
            self._watch(self.state())


def _may_deliver(home: Home) -> bool:
    status = home.gateway.status()
    return status.communicating and status.pending > 0
