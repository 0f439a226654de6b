"""The chain under attack: a gateway's keys, a head-end on a real socket, an intake, and the common rule.

The common rule for every rejection: nothing that is stored or registered changes; exactly one security
event, with code, claimed identity and time; the peer hears the one constant answer, or the confirmation that
tells it nothing; no task or descriptor is left over; at most ``SECONDS`` of processor time and ``OCTETS`` of
memory. And the control: the same message without the attack is accepted and stored.
"""

import asyncio
import os
import time
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sqlalchemy import Engine, select

from headend.uplink import Uplink, dial, notification, serving
from mdm.one_home import EAN, GATEWAY, MODULE, OPERATOR, day_block
from mdm.sealed import CREATED, SealingGateway, database_of, equip, gateway_of, now
from meterkast.headend.registry import Gateway, Registry
from meterkast.headend.server import HeadEndSettings
from meterkast.mdm.access import Query, Readings
from meterkast.mdm.intake import Intake
from meterkast.model.block import MeterDayBlock
from meterkast.model.ean import Ean
from meterkast.model.identity import SystemTitle
from meterkast.outside.bus.sqlite import SqliteBus
from meterkast.outside.clock import ScaledClock
from meterkast.outside.database import quarantine, schema
from meterkast.outside.database.engine import reading, writing
from meterkast.outside.keystore import SoftwareKeystore
from meterkast.pki.site import Site
from meterkast.protocols.block import encode_payload
from meterkast.protocols.dlms import apdu
from meterkast.protocols.dlms.apdu import DataNotificationConfirm, ExceptionResponse
from meterkast.protocols.envelope import Header, attach, seal
from meterkast.protocols.x509 import key_id
from pki.world import World

STORED_AT: Final = 1_772_600_000
OTHER: Final = SystemTitle.of("MKG", 2)
SECONDS: Final = 0.5
"""Processor time to refuse one message: TLS, head-end and intake together, on a busy machine."""
OCTETS: Final = 8 << 20
PATIENCE: Final = 20.0
"""Seconds after which something hangs."""

REFUSED: Final = ExceptionResponse(state_error=1, service_error=1)
_KEPT_APART = frozenset({"refusal", "quarantine", "suspicion", "intake_position"})
_DESCRIPTORS = Path("/proc/self/fd")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A security event."""

    room: str
    code: str
    claimed: str | None
    at: int


@dataclass(kw_only=True)
class Chain:
    """Head-end and intake of a site with one registered gateway, GATEWAY, and its home."""

    site: Site
    bus: SqliteBus
    database: Engine
    settings: HeadEndSettings
    gateway: SealingGateway
    uplinks: dict[str, Uplink] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.intake = self.intake_at(None)

    @property
    def world(self) -> World:
        """For the forger, who has the authority's keys."""
        return World(folder=self.site.folder, site=self.site, now=now())

    def intake_at(self, real: float | None) -> Intake:
        """An intake to which it is this moment, in real time."""
        return Intake(
            bus=self.bus,
            database=self.database,
            keystore=SoftwareKeystore(self.site.folder / "mdm" / "keystore"),
            trust=self.site.trust,
            clock=ScaledClock(STORED_AT, 0),
            real_clock=None if real is None else ScaledClock(real, 0),
        )

    def other(self) -> SealingGateway:
        """Another registered gateway on the same connection, with certificates of its own."""
        with writing(self.database) as connection:
            Registry(connection).add_gateway(Gateway(title=OTHER, ean=Ean(EAN), operator=OPERATOR))
        return equip(self.site, OTHER, self.database)

    def envelope(self, counter: int, *, signed_by: str = "sig", signer: bytes | None = None) -> bytes:
        """A day of the module, signed with another key of the gateway's than is usual, or in another name."""
        keystore = self.gateway.keystore
        header = Header(
            gateway=GATEWAY,
            signer=signer or key_id(keystore.certificate(signed_by)[0]),
            operator=OPERATOR,
            counter=counter,
            created=CREATED,
        )
        recipients = [self.gateway.recipient()]
        outer = seal(header, recipients, encode_payload([day_block()], []), os.urandom(32), os.urandom(12))
        return attach(outer, keystore.sign(signed_by, outer))

    async def send(self, message: bytes, by: SealingGateway | None = None) -> apdu.Apdu | None:
        """What the head-end answers to a notification over the connection of a gateway."""
        sender = by or self.gateway
        async with asyncio.timeout(PATIENCE):
            uplink = await self.uplink(sender)
            await uplink.send(message)
            return await uplink.answer()

    async def uplink(self, sender: SealingGateway) -> Uplink:
        name = str(sender.title)
        if name not in self.uplinks:
            self.uplinks[name] = await dial(sender, self.settings.endpoint)
        return self.uplinks[name]

    async def deliver(self, envelope: bytes, by: SealingGateway | None = None) -> bool:
        """Whether the head-end has confirmed the envelope."""
        answer = await self.send(notification(1, envelope), by)
        assert isinstance(answer, DataNotificationConfirm) or answer == REFUSED
        return answer != REFUSED

    def stored(self) -> list[tuple[MeterDayBlock, str]]:
        """What a reader of the store sees now: blocks and where they came from."""
        return [(each.block, each.source) for each in Readings(self.database).blocks(Query(device=MODULE))]

    def everything(self) -> dict[str, list[tuple[object, ...]]]:
        """All that a refusal must leave alone."""
        with reading(self.database) as connection:
            return {
                name: [tuple(row) for row in connection.execute(select(table))]
                for name, table in schema.metadata.tables.items()
                if name not in _KEPT_APART
            }

    def events(self) -> list[Event]:
        table = schema.refusal.c
        with reading(self.database) as connection:
            rows = connection.execute(
                select(table.room, table.code, table.gateway, table.at).order_by(table.id)
            )
            return [Event(room=row[0], code=row[1], claimed=row[2], at=row[3]) for row in rows]

    def waiting(self) -> list[quarantine.Quarantined]:
        with reading(self.database) as connection:
            return quarantine.messages(connection, quarantine.Standing.WAITING)

    def decide(self, position: int, standing: quarantine.Standing) -> None:
        with writing(self.database) as connection:
            quarantine.decide(connection, position, standing, by="j.jansen", now=STORED_AT)

    async def rejects(
        self,
        message: bytes,
        code: str,
        *,
        room: str = "mdm",
        by: SealingGateway | None = None,
        claimed: str | None = str(GATEWAY),
        quarantined: bool = False,
        intake: Intake | None = None,
    ) -> None:
        """The common rule for one message over an open connection."""
        judge = intake or self.intake
        await self.uplink(by or self.gateway)
        before, events, tasks = self.everything(), len(self.events()), len(asyncio.all_tasks())
        on_bus, waiting = self.bus.last(), len(self.waiting())
        with bounded():
            answer = await self.send(message, by)
            judge.step()
        assert (answer == REFUSED) == (room == "headend")
        assert self.bus.last() - on_bus == (0 if room == "headend" else 1)
        assert self.everything() == before
        (event,) = self.events()[events:]
        assert event == Event(room=room, code=code, claimed=claimed, at=STORED_AT)
        assert len(self.waiting()) - waiting == (1 if quarantined else 0)
        assert judge.step() == 0
        assert len(asyncio.all_tasks()) == tasks

    async def takes(self, envelope: bytes, by: SealingGateway | None = None) -> None:
        """The control: confirmed, stored, and no event."""
        events, before = len(self.events()), len(self.everything()["envelope"])
        assert await self.deliver(envelope, by)
        assert self.intake.step() == 1
        assert len(self.everything()["envelope"]) == before + 1
        assert len(self.events()) == events


@contextmanager
def bounded(seconds: float = SECONDS, octets: int = OCTETS) -> Iterator[None]:
    """What happens here stays within its bounds; tracing makes it some four times slower."""
    tracemalloc.start()
    began = time.process_time()
    try:
        yield
        spent, (_, peak) = time.process_time() - began, tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < octets
    assert spent < seconds * 4


@asynccontextmanager
async def standing(site: Site) -> AsyncIterator[Chain]:
    """The chain at work; once it has ended, as many descriptors are open as before."""
    descriptors = _open_descriptors()
    chain = Chain(
        site=site,
        bus=SqliteBus(site.folder / "bus" / "bus.sqlite"),
        database=database_of(site.folder),
        settings=HeadEndSettings(site=site.folder),
        gateway=gateway_of(site),
    )
    try:
        async with serving(chain.settings, ScaledClock(STORED_AT, 0)):
            yield chain
            for uplink in chain.uplinks.values():
                await uplink.link.close()
    finally:
        chain.bus.close()
        chain.database.dispose()
    assert _open_descriptors() <= descriptors


def _open_descriptors() -> int:
    return len(list(_DESCRIPTORS.iterdir()))


Make = Callable[[Chain], bytes]
"""Makes the message that attacks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """One row: what is sent as counter 2, and as what it is rejected."""

    id: str
    make: Make
    code: str
    room: str = "mdm"
    quarantined: bool = False

    async def run(self, chain: Chain) -> None:
        """An honest message before, the attack, and what it would have been without the attack."""
        await chain.takes(chain.gateway.envelope(1, day_block()))
        await chain.rejects(self.make(chain), self.code, room=self.room, quarantined=self.quarantined)
        await chain.takes(chain.gateway.envelope(2, day_block(start=2_000_000)))


def named(attacks: Sequence[Attack]) -> list[str]:
    """Names for the tests."""
    return [attack.id for attack in attacks]
