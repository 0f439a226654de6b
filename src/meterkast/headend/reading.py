"""A meter of today, open for as long as a block of code needs it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from meterkast.headend.meter_line import MeterLine
from meterkast.headend.meter_reader import MeterReader
from meterkast.outside.links import Link
from meterkast.protocols.dlms.client import Client


@asynccontextmanager
async def reading(
    link: Link,
    association: Client | None = None,
    *,
    client: int = 16,
    server: int = 1,
    framing: str = "wrapper",
    timeout: float = 10.0,
    window: int = 1,
) -> AsyncIterator[MeterReader]:
    """A reader with an open association, which is released at the end; the link is closed in any case.

    Args:
        link: where the octets go.
        association: how we prove and protect ourselves; None for the public client.
        client: our client id, 16 for the public client.
        server: the logical device.
        framing: ``wrapper``, ``datagram`` or ``hdlc``.
        timeout: seconds to wait for an answer.
        window: HDLC frames before an acknowledgement, 1 to 7.

    Raises:
        TrustError, UnreachableError, PeerError: as for ``MeterReader``.
    """
    line = MeterLine(link, client=client, server=server, framing=framing, timeout=timeout, window=window)
    reader = MeterReader(line, association or Client())
    try:
        await reader.open()
        yield reader
        await reader.close()
    finally:
        await link.close()
