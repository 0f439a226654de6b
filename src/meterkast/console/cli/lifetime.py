"""The life of a component that runs as a process of its own: it ends on SIGTERM and Ctrl-C, and only then."""

import asyncio
import logging
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine

Work = Callable[[asyncio.Event], Awaitable[None]]


def until_stopped(work: Work, *, begun: Callable[[], None] = lambda: None) -> None:
    """Runs the work, which is to end once its event is set; its log goes to standard error.

    ``begun`` is called once a signal would end it well.
    """
    log_to_stderr()
    asyncio.run(_guided(work, begun))


def log_to_stderr() -> None:
    """Shows what a component logs; what ``--debug`` has set up stays as it is."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(name)s %(message)s")


async def until_told(life: Coroutine[None, None, None]) -> None:
    """Lives until SIGTERM or Ctrl-C, or until it ends by itself.

    Raises:
        Exception: whatever ended it.
    """
    living = asyncio.ensure_future(life)
    stopped = asyncio.ensure_future(_stop_event().wait())
    try:
        await asyncio.wait((living, stopped), return_when=asyncio.FIRST_COMPLETED)
        if living.done():
            living.result()
    finally:
        living.cancel()
        stopped.cancel()
        await asyncio.gather(living, stopped, return_exceptions=True)


async def _guided(work: Work, begun: Callable[[], None]) -> None:
    stop = _stop_event()
    begun()
    await work(stop)


def _stop_event() -> asyncio.Event:
    """An event that SIGTERM and Ctrl-C set, from now on and as long as this event loop runs."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop
