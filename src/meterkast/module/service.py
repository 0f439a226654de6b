"""The module as a process of its own: a pseudo-terminal for the gateway's serial line, or a TCP port."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from meterkast.module.module import Module
from meterkast.module.server import serve
from meterkast.outside.links import Link, serial, tcp

CONNECTIONS = 4
"""More TCP connections at a time are turned away."""

_LOG = logging.getLogger("meterkast.module")


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """Where the module can be reached: HDLC at a terminal, the wrapper at a TCP port; None: not there."""

    terminal: Path | None
    port: int | None


async def run(
    module: Module,
    *,
    address: tuple[str, int] | None = None,
    terminal: bool = False,
    ready: Callable[[Endpoints], None],
    stop: asyncio.Event,
) -> None:
    """Serves until ``stop`` is set.

    Args:
        module: what is served.
        address: host and port for the wrapper over TCP; port 0 takes a free one.
        terminal: whether to open a pseudo-terminal for HDLC.
        ready: told once where the module can be reached.
        stop: ends the service.

    Raises:
        OSError: the port is taken, or the system has no terminal left.
    """
    async with AsyncExitStack() as open_ends:
        path, port = None, None
        if terminal:
            line = serial.PtyLink()
            open_ends.push_async_callback(_hang_up, line, asyncio.create_task(serve(module, line, "hdlc")))
            path = line.path
        if address:
            listener = await _listen(module, *address)
            open_ends.callback(listener.close)
            port = tcp.port_of(listener)
        ready(Endpoints(terminal=path, port=port))
        await stop.wait()


async def _hang_up(line: Link, talk: asyncio.Task[None]) -> None:
    await line.close()
    await talk


async def _listen(module: Module, host: str, port: int) -> asyncio.Server:
    free = asyncio.Semaphore(CONNECTIONS)

    async def answer(link: Link) -> None:
        if free.locked():
            _LOG.warning("module-busy %s: too many connections", module.name)
            return
        async with free:
            await serve(module, link, "wrapper")

    return await tcp.listen(host, port, answer)
