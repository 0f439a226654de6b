"""What one gateway does for its applications: the counter they come to, and the only thing they can reach."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from meterkast.gateway.consumer_port.showing import Showing
from meterkast.gateway.gas_inbox import GasInbox
from meterkast.gateway.grants import require_grant
from meterkast.gateway.module_line import ModuleLine
from meterkast.gateway.payload import checked, is_empty, is_read
from meterkast.gateway.sealing import Sealer
from meterkast.gateway.settings import GatewaySettings
from meterkast.model.block import Medium, MeterDayBlock
from meterkast.model.calendar import HOUR, local_day
from meterkast.model.errors import LocalError, MeterkastError
from meterkast.model.event import DeviceEvent
from meterkast.outside.clock import Clock
from meterkast.outside.journal import HandedIn, Journal
from meterkast.protocols.block import encode_payload

_QUIET_SECONDS, _DAY = 60, 24 * HOUR
_EVENTS_PER_ENVELOPE = 32

RealTime = Callable[[], datetime]
"""The time by which certificates are judged, in UTC."""


class Desk:
    """One gateway, as the host of applications sees it.

    Attributes:
        showing: the last that the consumer port application has made; None before the first.
    """

    def __init__(
        self,
        settings: GatewaySettings,
        *,
        clock: Clock,
        real_time: RealTime,
        journal: Journal,
        sealer: Sealer,
        module: ModuleLine | None,
        gas: GasInbox | None,
    ) -> None:
        self.title = str(settings.title)
        self.seconds = settings.errand_seconds
        self.module = settings.module.name if settings.module else None
        self.gas_meter = settings.gas_meter
        self._clock = clock
        self._real_time = real_time
        self._journal = journal
        self._sealer = sealer
        self._module_line = module
        self._gas_inbox = gas
        self.showing: Showing | None = None
        self._noted: dict[tuple[str, str], int] = {}

    @property
    def devices(self) -> dict[str, Medium]:
        """The devices of this house and what each measures."""
        named = {self.module: Medium.ELECTRICITY, self.gas_meter: Medium.GAS}
        return {name: medium for name, medium in named.items() if name}

    def now(self) -> int:
        """Metering time, Unix seconds."""
        return int(self._clock.now())

    async def exchange(self, apdu: bytes) -> bytes:
        """A GET to the module and its answer.

        Raises:
            TrustError: ``grant-refused``, or ``module-untrusted``.
            UnreachableError, PeerError: as ``ModuleLine.exchange`` does.
            LocalError: ``module-absent`` where the house has no module.
        """
        require_grant(apdu)
        if self._module_line is None:
            raise LocalError("module-absent", "This house has no measurement module.")
        return await self._module_line.exchange(apdu)

    def gas_hours(self, start: int, end: int) -> list[tuple[int, int]]:
        """Instants and indexes (litres) of the gas meter; none where there is no gas meter."""
        return self._gas_inbox.hours(start, end) if self._gas_inbox else []

    def gas_indexes(self) -> list[tuple[int, int]]:
        """Instants and five-minute indexes (litres) of the last hour the gas meter has told of.

        None where there is no gas meter, or it has been silent for a day.
        """
        indexes = self._gas_inbox.five_minutes() if self._gas_inbox else []
        return [(at, litres) for at, litres in indexes if self.now() - at <= _DAY]

    def is_done(self, day: date) -> bool:
        """Whether every device's day has been sealed and every device could be read."""
        known = [self._journal.handed_in(device, day) for device in self.devices]
        return all(each is not None and each.whole for each in known)

    def hand_in(self, day: date, octets: bytes) -> None:
        """Checks, seals and journals what an application has collected. Having returned, it is safe.

        A device that still cannot be read is no news a second time, and nothing is sealed for it.

        Raises:
            PeerError, TrustError: as ``payload.checked`` and ``Sealer.seal`` do.
        """
        payload = checked(octets, day, self.devices)
        news = [block for block in payload.blocks if self._is_news(block)]
        if not news:
            return
        waiting = self._journal.events()[:_EVENTS_PER_ENVELOPE]
        content = encode_payload(news, [*payload.events, *(event for _, event in waiting)])
        counter, created = self._journal.reserve(), self.now()
        envelope = self._sealer.seal(content, counter=counter, created=created, now=self._real_time())
        self._journal.put(
            counter,
            created,
            envelope,
            handed_in=[HandedIn(device=block.device, day=day, whole=is_read(block)) for block in news],
            events_through=waiting[-1][0] if waiting else 0,
        )

    def show(self, telegram: bytes, line: bytes) -> None:
        """Takes what the consumer port shall show, where it is that and no more.

        Raises:
            PeerError: ``telegram-malformed`` or ``document-malformed``.
        """
        self.showing = Showing.checked(telegram, line)

    def note(self, error: MeterkastError, device: str | None = None) -> None:
        """Keeps a security event; the same one of the same device at most once a minute."""
        now, about = self.now(), device or self.title
        if now - self._noted.get((error.code, about), now - _QUIET_SECONDS) < _QUIET_SECONDS:
            return
        self._noted[error.code, about] = now
        self._journal.add_event(DeviceEvent(code=error.code, device=about, at=now, detail=error.message))

    def _is_news(self, block: MeterDayBlock) -> bool:
        """Values are; gaps are once, and not for days before the device was there."""
        known = self._journal.handed_in(block.device, block.day)
        if not is_empty(block):
            return known is None or not known.whole
        yesterday = local_day(self.now()) - timedelta(days=1)
        span = self._journal.handed_in_span(block.device)
        was_there = block.day >= yesterday or (span is not None and span[0] < block.day)
        return known is None and was_there
