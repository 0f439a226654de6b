"""A line to a meter of today, one APDU there and one back: the wrapper on TCP or UDP, or HDLC."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from meterkast.model.errors import PeerError, UnreachableError
from meterkast.outside.links import Link
from meterkast.protocols import hdlc, wrapper

_TRIES: Final = 3
_INFORMATION: Final = 512


class MeterLine:
    """Asks and waits. After silence HDLC repeats itself; the wrapper on TCP loses nothing.

    What UDP loses is not asked for again: a meter that has answered refuses the repetition of a protected
    request, so that would hide nothing. The caller sees ``meter-silent`` and opens the line anew.

    Args:
        link: where the octets go.
        client: our client id.
        server: the logical device.
        framing: ``wrapper``, ``datagram`` (the wrapper where each receipt is one datagram) or ``hdlc``.
        timeout: seconds to wait for an answer, in all.
        address: the HDLC address of the meter where it has more than one octet.
        window: HDLC frames that we propose to send and take before an acknowledgement, 1 to 7.
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
        window: int = 1,
    ) -> None:
        self._link = link
        self._timeout = timeout
        self._client, self._server = client, server
        self._unwrap = _one_datagram if framing == "datagram" else wrapper.Decoder().receive
        self._heard: deque[bytes] = deque()
        self._hdlc: hdlc.Link | None = None
        if framing == "hdlc":
            self._hdlc = hdlc.Link(
                role=hdlc.Role.CLIENT,
                server_address=address or hdlc.Address(server),
                client_address=client,
                max_information=_INFORMATION,
                window=window,
            )

    async def open(self) -> None:
        """Connects, where the framing knows connections.

        Raises:
            UnreachableError: ``meter-silent``.
        """
        if self._hdlc is not None:
            await self._ask(self._hdlc.connect(), lambda event: isinstance(event, hdlc.Connected))

    async def exchange(self, *apdus: bytes) -> bytes:
        """Sends APDUs, or none, and gives the next one that comes. HDLC sends one at most.

        Raises:
            UnreachableError: ``meter-silent`` or ``link-closed``.
            PeerError: ``wrapper-…`` where the stream is beyond repair.
        """
        if self._hdlc is None:
            for apdu in apdus:
                await self._link.send(wrapper.encode(self._client, self._server, apdu))
            return await self._wrapped()
        octets = b"".join(frame for apdu in apdus for frame in self._hdlc.send(apdu))
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
                while not self._heard and (octets := await self._link.receive()):
                    ours = self._server, self._client
                    found = self._unwrap(octets)
                    self._heard.extend(each.apdu for each in found if (each.source, each.destination) == ours)
        except TimeoutError:
            pass
        if not self._heard:
            raise _silent()
        return self._heard.popleft()

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


def _one_datagram(octets: bytes) -> list[wrapper.Wpdu]:
    """Its APDU; none where the datagram is damaged or somebody else's."""
    with suppress(PeerError):
        return [wrapper.parse(octets)]
    return []


def _silent() -> UnreachableError:
    return UnreachableError(
        "meter-silent",
        "The meter does not answer.",
        hint="Check address, client id and framing; a wrong counter or key is met with silence too.",
    )
