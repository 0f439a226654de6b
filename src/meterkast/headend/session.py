"""One connection of a gateway: notifications in, confirmations out, one constant answer to all else."""

import asyncio
import logging
from collections.abc import Callable

from meterkast.headend.admission import Admission
from meterkast.headend.appender import Appender
from meterkast.headend.presence import Presence
from meterkast.model.errors import DataError, LocalError, PeerError, TrustError, UnreachableError
from meterkast.outside.database.refusal import Refusal
from meterkast.outside.links import Link
from meterkast.protocols import wrapper
from meterkast.protocols.axdr import Kind
from meterkast.protocols.dlms import apdu
from meterkast.protocols.dlms.apdu import DataNotification, DataNotificationConfirm, ExceptionResponse
from meterkast.protocols.envelope import Envelope, parse

_REFUSED = ExceptionResponse(state_error=1, service_error=1).encode()
_PATIENCE = 8

_log = logging.getLogger("meterkast.headend")

Refuse = Callable[[Refusal], None]
"""Records a refusal, durably; may block."""


class Session:
    """Serves one link until it ends, is silent for too long, or has been refused too often.

    Args:
        link: the connection.
        admission: whose it is.
        known: whether that gateway is registered; may block.
        appender: the way to the bus.
        presence: where the gateways are.
        refuse: where refusals go.
        now: metering time.
        idle: seconds of silence after which the connection is ended.
    """

    def __init__(
        self,
        link: Link,
        *,
        admission: Admission,
        known: Callable[[str], bool],
        appender: Appender,
        presence: Presence,
        refuse: Refuse,
        now: Callable[[], float],
        idle: float,
    ) -> None:
        self._link = link
        self._admission = admission
        self._known = known
        self._appender = appender
        self._presence = presence
        self._record = refuse
        self._now = now
        self._idle = idle
        self._decoder = wrapper.Decoder()
        self._refusals = 0
        self._title: str | None = None

    async def run(self) -> None:
        """Serves until the end. Faults stay here, be they of the far end or our own in judging it."""
        try:
            await self._admit()
            while self._refusals < _PATIENCE and (octets := await self._receive()):
                wpdus = self._decoder.receive(octets)
                answers = await asyncio.gather(*(self._answer(wpdu) for wpdu in wpdus))
                await self._link.send(b"".join(answers))
        except (PeerError, TrustError) as error:
            await self._refuse(error.code)
        except UnreachableError as error:
            _log.info("%s gateway=%s", error.code, self._title)
        except (LocalError, DataError) as error:
            _log.error("%s gateway=%s: %s", error.code, self._title, error.message)
        finally:
            if self._title is not None:
                self._presence.leave(self._title, self)
            await self._link.close()

    async def _admit(self) -> None:
        self._title = str(await self._admission.admit())
        if not await asyncio.to_thread(self._known, self._title):
            raise TrustError("headend-gateway-unknown", "The gateway is not accepted.")

    async def _receive(self) -> bytes:
        try:
            async with asyncio.timeout(self._idle):
                return await self._link.receive()
        except TimeoutError as error:
            raise UnreachableError("headend-idle", "The gateway has been silent for too long.") from error

    async def _answer(self, wpdu: wrapper.Wpdu) -> bytes:
        try:
            answer = await self._take(wpdu.apdu)
        except (PeerError, TrustError) as error:
            await self._refuse(error.code)
            answer = _REFUSED
        return wrapper.encode(wpdu.destination, wpdu.source, answer)

    async def _take(self, octets: bytes) -> bytes:
        """Confirms the notification once its envelope is on the bus; raises where it may not go there."""
        notification, body = _notification(octets)
        envelope = _envelope(body)
        title = await self._admission.admit()
        if envelope.header.gateway != title:
            raise TrustError("headend-identity-mismatch", "The envelope is not accepted.")
        key = bus_key(envelope)
        if self._presence.is_overtaken(str(title), self) and not await self._appender.has(key, body):
            await asyncio.to_thread(self._presence.suspect, str(title))
        await self._appender.append(key, body)
        self._presence.deliver(str(title), self)
        return DataNotificationConfirm(notification.invoke).encode()

    async def _refuse(self, code: str) -> None:
        self._refusals += 1
        refusal = Refusal(at=int(self._now()), room="headend", code=code, gateway=self._title)
        await asyncio.to_thread(self._record, refusal)


def bus_key(envelope: Envelope) -> bytes:
    """What the bus finds an envelope back by: system title, then counter, eight octets each."""
    return envelope.header.gateway.octets + envelope.header.counter.to_bytes(8, "big")


def _notification(octets: bytes) -> tuple[DataNotification, bytes]:
    try:
        message = apdu.decode(octets)
    except PeerError as error:
        raise PeerError("headend-message-malformed", "The message is malformed.") from error
    if not isinstance(message, DataNotification) or not message.invoke.confirmed:
        raise PeerError("headend-message-unexpected", "Only confirmed notifications are served.")
    if message.body.kind is not Kind.OCTET_STRING or not isinstance(message.body.value, bytes):
        raise PeerError("headend-message-unexpected", "A notification carries one envelope.")
    return message, message.body.value


def _envelope(octets: bytes) -> Envelope:
    try:
        return parse(octets)
    except PeerError as error:
        raise PeerError("envelope-malformed", "The envelope is malformed.") from error
