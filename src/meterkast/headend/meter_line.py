"""A line to a meter of today, one APDU there and one back: the wrapper on TCP, or HDLC on a serial line."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from meterkast.model.errors import PeerError, UnreachableError
from meterkast.outside.links import Link
from meterkast.protocols import hdlc, wrapper

_TRIES: Final = 3
_INFORMATION: Final = 512


class MeterLine:
    """Asks and waits. After silence HDLC repeats its last frame; the wrapper loses none.

    Args:
        link: where the octets go.
        client: our client id.
        server: the logical device.
        framing: ``wrapper`` or ``hdlc``.
        timeout: seconds to wait for an answer, in all.
        address: the HDLC address of the meter where it has more than one octet.
    """

    def __init__(
        self,
        link: Link,
        *,
        client: int,
        server: int = 1,
        framing: str = "wrapper",
        timeout: float = 10.0,
        address: hdlc.Address | None = None,
    ) -> None:
        self._link = link
        self._timeout = timeout
        self._client, self._server = client, server
        self._decoder = wrapper.Decoder()
        self._hdlc: hdlc.Link | None = None
        if framing == "hdlc":
            self._hdlc = hdlc.Link(
                role=hdlc.Role.CLIENT,
                server_address=address or hdlc.Address(server),
                client_address=client,
                max_information=_INFORMATION,
            )

    async def open(self) -> None:
        """Connects, where the framing knows connections.

        Raises:
            UnreachableError: ``meter-silent``.
        """
        if self._hdlc is not None:
            await self._ask(self._hdlc.connect(), lambda event: isinstance(event, hdlc.Connected))

    async def exchange(self, apdu: bytes) -> bytes:
        """Sends an APDU and gives the answer.

        Raises:
            UnreachableError: ``meter-silent`` or ``link-closed``.
            PeerError: ``wrapper-…`` where the stream is beyond repair.
        """
        if self._hdlc is None:
            await self._link.send(wrapper.encode(self._client, self._server, apdu))
            return await self._wrapped()
        octets = b"".join(self._hdlc.send(apdu))
        event = await self._ask(octets, lambda event: isinstance(event, hdlc.Apdu))
        assert isinstance(event, hdlc.Apdu)
        return event.octets

    async def close(self) -> None:
        """Says goodbye where that is usual, and hangs up."""
        if self._hdlc is not None and self._hdlc.state is hdlc.State.READY:
            with suppress(UnreachableError):
                await self._ask(self._hdlc.disconnect(), lambda event: isinstance(event, hdlc.Disconnected))
        await self._link.close()

    async def _wrapped(self) -> bytes:
        try:
            async with asyncio.timeout(self._timeout):
                while octets := await self._link.receive():
                    for found in self._decoder.receive(octets):
                        if (found.source, found.destination) == (self._server, self._client):
                            return found.apdu
        except TimeoutError:
            pass
        raise _silent()

    async def _ask(self, octets: bytes, wanted: Callable[[hdlc.Event], bool]) -> hdlc.Event:
        assert self._hdlc is not None
        for attempt in range(_TRIES):
            try:
                async with asyncio.timeout(self._timeout / _TRIES):
                    await self._link.send(self._hdlc.repeat() if attempt else octets)
                    return await self._hear(self._hdlc, wanted)
            except TimeoutError:
                continue
        raise _silent()

    async def _hear(self, link: hdlc.Link, wanted: Callable[[hdlc.Event], bool]) -> hdlc.Event:
        while octets := await self._link.receive():
            events = link.receive(octets)
            for event in events:
                if isinstance(event, hdlc.Reply):
                    await self._link.send(event.octets)
            for event in events:
                if wanted(event):
                    return event
                if isinstance(event, hdlc.Disconnected):
                    raise PeerError("meter-hangs-up", "The meter ends the connection.")
        raise _silent()


def _silent() -> UnreachableError:
    return UnreachableError(
        "meter-silent",
        "The meter does not answer.",
        hint="Check address, client id and framing; a wrong counter or key is met with silence too.",
    )
