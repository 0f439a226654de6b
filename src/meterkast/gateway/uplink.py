"""The way out: mutual TLS to the operator's head-end, one confirmed notification per envelope."""

import asyncio

from meterkast.model.errors import PeerError, TrustError, UnreachableError
from meterkast.outside.journal import JournaledEnvelope
from meterkast.outside.links import Link
from meterkast.protocols import wrapper
from meterkast.protocols.axdr import octets
from meterkast.protocols.dlms.apdu import (
    DataNotification,
    DataNotificationConfirm,
    ExceptionResponse,
    LongInvokeId,
    decode,
)

_PORT = 1
_CONFIRM_SECONDS = 30.0
_INVOKE_IDS = 1 << 24


class Uplink:
    """One connection to the head-end. It carries envelopes up and confirmations down."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._decoder = wrapper.Decoder()

    async def deliver(self, envelope: JournaledEnvelope) -> None:
        """Returns once the head-end has said that it will not lose the envelope.

        Raises:
            UnreachableError: ``uplink-silent``; whether the envelope has arrived is not known.
            TrustError: ``uplink-refused`` where the head-end does not want it.
            PeerError: the head-end does not keep to the protocol.
        """
        invoke = LongInvokeId(envelope.counter % _INVOKE_IDS)
        notification = DataNotification(invoke, None, octets(envelope.octets))
        try:
            async with asyncio.timeout(_CONFIRM_SECONDS):
                await self._link.send(wrapper.encode(_PORT, _PORT, notification.encode()))
                answer = decode(await self._receive())
        except TimeoutError as error:
            raise _silent() from error
        match answer:
            case DataNotificationConfirm(invoke=LongInvokeId(number=number)) if number == invoke.number:
                return
            case ExceptionResponse():
                raise TrustError("uplink-refused", "The head-end refuses an envelope.")
            case _:
                raise PeerError("uplink-unexpected", "The head-end confirms what was not sent.")

    async def close(self) -> None:
        """Hangs up."""
        await self._link.close()

    async def _receive(self) -> bytes:
        while arrived := await self._link.receive():
            if found := self._decoder.receive(arrived):
                return found[0].apdu
        raise _silent()


def _silent() -> UnreachableError:
    return UnreachableError("uplink-silent", "The head-end does not confirm.")
