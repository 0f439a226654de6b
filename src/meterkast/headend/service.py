"""The head-end as a process of its own."""

import asyncio

from meterkast.headend.server import HeadEnd, HeadEndSettings
from meterkast.outside.clock import Clock, SharedClock, SystemClock


async def run(settings: HeadEndSettings, *, stop: asyncio.Event) -> None:
    """Serves until ``stop`` is set; ``headend/endpoint.json`` appears once it listens.

    The metering time is that of the site's ``clock`` file where there is one, else the machine's.

    Raises:
        LocalError: ``keystore-…`` or ``trust-…`` where the head-end cannot prove who it is.
    """
    path = settings.site / "clock"
    clock: Clock = SharedClock(path) if path.exists() else SystemClock()
    await HeadEnd(settings, clock).serve(stop)
