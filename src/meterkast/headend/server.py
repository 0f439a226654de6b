"""The head-end at work: it listens, serves each connection, and keeps itself within bounds."""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from meterkast.headend.admission import Admission
from meterkast.headend.appender import Appender
from meterkast.headend.presence import Presence
from meterkast.headend.registry import Registry
from meterkast.headend.renewal import EnrolmentAddress, Renewal
from meterkast.headend.responder import Responder
from meterkast.headend.session import Session
from meterkast.model.deployment import Profile
from meterkast.model.identity import SystemTitle
from meterkast.outside.bus.sqlite import SqliteBus
from meterkast.outside.clock import Clock, SystemClock
from meterkast.outside.database.engine import engine, reading, writing
from meterkast.outside.database.migrations import upgrade
from meterkast.outside.database.quarantine import suspect
from meterkast.outside.database.refusal import Refusal, announce, record
from meterkast.outside.keystore import FreshContext, open_keystore
from meterkast.outside.links import tls
from meterkast.outside.plain_http import HttpAddress
from meterkast.outside.tls import HYBRID_ONLY, UNLISTED
from meterkast.outside.trust import TrustFolder
from meterkast.protocols.x509 import PathCache

_log = logging.getLogger("meterkast.headend")


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadEndSettings:
    """Where the head-end stands and what it bears.

    Attributes:
        site: the state folder of the running system.
        host: address to listen on.
        port: TCP port; 0 takes a free one, which ``headend/endpoint.json`` then names.
        connections: the most at one time; further ones are closed at once.
        idle: seconds of silence after which a connection is ended.
        profile: what it may start with; in production no keys in plain files.
        responder: whom to ask about certificates that no current list covers, as ``http://HOST:PORT/PATH``;
            None where lists alone count.
        pki: where our own certificate is renewed; None where somebody does that by hand.
    """

    site: Path
    host: str = "127.0.0.1"
    port: int = 0
    connections: int = 10_000
    idle: float = 300.0
    profile: Profile = Profile.DEVELOPMENT
    responder: str | None = None
    pki: EnrolmentAddress | None = None

    @property
    def endpoint(self) -> Path:
        """The file that says where the head-end listens, written once it does."""
        return self.site / "headend" / "endpoint.json"


class HeadEnd:
    """Serves the gateways of a site.

    Args:
        settings: where and how much.
        clock: metering time. Certificates are judged in real time.

    Raises:
        LocalError: ``http-address-malformed`` for that of the responder; and as ``open_keystore`` does.
    """

    def __init__(self, settings: HeadEndSettings, clock: Clock) -> None:
        site = settings.site
        self._settings = settings
        self._clock = clock
        trust = TrustFolder(site / "trust")
        address = settings.responder
        self._responder = Responder(HttpAddress.parse(address)) if address is not None else None
        self._paths = PathCache(trust, told=self._responder.told if self._responder else None)
        keystore = open_keystore(site / "headend" / "keystore", settings.profile, trust)
        policy = UNLISTED if self._responder else HYBRID_ONLY
        self._renewal = Renewal(keystore, trust, settings.pki)
        self._context = FreshContext(
            keystore, self._renewal.current, trust=trust, server_side=True, policy=policy
        )
        (site / "bus").mkdir(parents=True, exist_ok=True)
        (site / "centre").mkdir(parents=True, exist_ok=True)
        self._bus = SqliteBus(site / "bus" / "bus.sqlite")
        self._database = engine(site / "centre" / "centre.sqlite")
        self._appender = Appender(self._bus, clock)
        self._presence = Presence(self._suspect)
        self._sessions: set[asyncio.Task[None]] = set()
        self._open = True

    async def serve(self, stop: asyncio.Event) -> None:
        """Listens until ``stop`` is set.

        Raises:
            LocalError: ``keystore-…`` or ``trust-…`` where the head-end cannot prove who it is.
        """
        self._settings.endpoint.unlink(missing_ok=True)  # of a predecessor that was killed
        upgrade(self._database)
        try:
            async with self._at_work():
                server = await tls.listen(
                    self._settings.host, self._settings.port, self._context, self._handle
                )
                self._publish(server)
                await stop.wait()
                self._open = False
                server.close()
                await self._end_sessions()
        finally:
            self._settings.endpoint.unlink(missing_ok=True)
            self._bus.close()
            self._database.dispose()

    @contextlib.asynccontextmanager
    async def _at_work(self) -> AsyncIterator[None]:
        """With what goes on beside the connections: appending, and renewing our own certificate."""
        duties = self._appender.run(), self._renewal.run(SystemClock())
        tasks = [asyncio.create_task(duty) for duty in duties]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    async def _handle(self, link: tls.TlsLink) -> None:
        if not self._open:  # it shook hands while the others were being sent away
            return
        if len(self._sessions) >= self._settings.connections:
            _log.warning("headend-connections-full")
            return
        session = Session(
            link,
            admission=self._admission(link.peer_certificate),
            known=self._known,
            appender=self._appender,
            presence=self._presence,
            refuse=self._refuse,
            now=self._clock.now,
            idle=self._settings.idle,
        )
        task = asyncio.ensure_future(session.run())
        self._sessions.add(task)
        task.add_done_callback(self._sessions.discard)
        with contextlib.suppress(asyncio.CancelledError):
            await task

    def _admission(self, certificate: bytes | None) -> Admission:
        return Admission(certificate, self._paths, SystemClock(), self._responder)

    async def _end_sessions(self) -> None:
        for task in self._sessions:
            task.cancel()
        await asyncio.gather(*self._sessions, return_exceptions=True)

    def _known(self, title: str) -> bool:
        with reading(self._database) as connection:
            return Registry(connection).gateway(SystemTitle.parse(title)) is not None

    def _refuse(self, refusal: Refusal) -> None:
        with writing(self._database) as connection:
            record(connection, [refusal])
        announce([refusal])

    def _suspect(self, gateway: str) -> None:
        """The intake tells of it once for each envelope that it puts aside."""
        with writing(self._database) as connection:
            suspect(connection, gateway, "gateway-in-two-places", now=int(self._clock.now()))

    def _publish(self, server: asyncio.Server) -> None:
        host, port = server.sockets[0].getsockname()[:2]
        path = self._settings.endpoint
        temporary = path.with_suffix(".tmp")
        temporary.write_text(json.dumps({"host": host, "port": port}))
        temporary.replace(path)
        _log.info("headend-listening host=%s port=%s", host, port)
