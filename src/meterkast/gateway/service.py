"""The gateway as a process of its own."""

import asyncio
from contextlib import suppress

from meterkast.gateway.configuration import Configuration
from meterkast.gateway.gateway import Gateway


async def run(configuration: Configuration, *, stop: asyncio.Event) -> None:
    """Catches up on the days it missed, then follows its own schedule until ``stop`` is set.

    It may be killed at any moment: what it has journaled goes on where it was after the next start.

    Raises:
        LocalError: ``sandbox-unavailable``, or ``keystore-…`` where it has no keys yet.
        DataError: ``journal-unreadable``.
    """
    gateway = Gateway(
        configuration.settings,
        clock=configuration.clock,
        module_link=configuration.module,
        gas_link=configuration.gas,
        consumer_port=configuration.consumer_port,
    )
    await gateway.start()
    running = asyncio.create_task(gateway.run())
    stopping = asyncio.create_task(stop.wait())
    try:
        done, _ = await asyncio.wait((running, stopping), return_when=asyncio.FIRST_COMPLETED)
        if running in done:
            running.result()
    finally:
        for task in (running, stopping):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await gateway.stop()
