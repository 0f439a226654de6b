"""The gas meter as a process of its own: it sends every hour and answers polls, until the line closes."""

import asyncio

from meterkast.gasmeter.meter import GasMeter
from meterkast.model.calendar import HOUR
from meterkast.model.errors import UnreachableError
from meterkast.outside.clock import Clock
from meterkast.outside.links import Link


async def run(meter: GasMeter, link: Link, clock: Clock) -> None:
    """Pushes the telegram of every hour that ends from now on, none left out, and serves the link.

    Returns once the far end has closed the link.
    """
    pushing = asyncio.create_task(_push_hourly(meter, link, clock))
    serving = asyncio.create_task(meter.serve(link, clock))
    try:
        done, _ = await asyncio.wait((pushing, serving), return_when=asyncio.FIRST_COMPLETED)
    finally:
        pushing.cancel()
        serving.cancel()
        await asyncio.gather(pushing, serving, return_exceptions=True)
    for task in done:
        _raise_unless_closed(task)


async def _push_hourly(meter: GasMeter, link: Link, clock: Clock) -> None:
    hour = -(-int(clock.now()) // HOUR) * HOUR
    while True:
        await clock.sleep_until(hour)
        await meter.push(link, hour)
        hour += HOUR


def _raise_unless_closed(task: asyncio.Task[None]) -> None:
    error = task.exception()
    if error is not None and not isinstance(error, UnreachableError):
        raise error
