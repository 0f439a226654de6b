"""The module as a service: over a TCP port and over a terminal."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from meterkast.module.access import PUBLIC_CLIENT
from meterkast.module.module import Module
from meterkast.module.registers import IMPORT
from meterkast.module.service import CONNECTIONS, Endpoints, run
from meterkast.outside.links import serial, tcp
from meterkast.protocols import wrapper
from meterkast.protocols.axdr import Data
from meterkast.protocols.dlms.event import Associated
from module.module_loads import make_module
from module.module_reader import Reader, pairing


@asynccontextmanager
async def running(
    module: Module, address: tuple[str, int] | None = None, *, terminal: bool = False
) -> AsyncIterator[Endpoints]:
    ready: asyncio.Future[Endpoints] = asyncio.get_running_loop().create_future()
    stop = asyncio.Event()
    task = asyncio.create_task(
        run(module, address=address, terminal=terminal, ready=ready.set_result, stop=stop)
    )
    try:
        yield await asyncio.wait_for(ready, 10)
    finally:
        stop.set()
        await asyncio.wait_for(task, 10)


async def test_the_service_over_tcp_and_terminal() -> None:
    module = make_module(vendor="SAG")
    async with running(module, ("127.0.0.1", 0), terminal=True) as endpoints:
        assert endpoints.port
        assert endpoints.terminal
        for link, framing in (
            (await tcp.connect("127.0.0.1", endpoints.port), "wrapper"),
            (serial.open_port(endpoints.terminal), "hdlc"),
        ):
            reader = Reader(link, module, framing=framing, hls5=pairing())
            assert isinstance(await reader.open(), Associated)
            value = await reader.get(3, IMPORT)
            assert isinstance(value, Data)
            assert value.value == module.registers(module.now())[IMPORT]
            await reader.close()
            await link.close()


async def test_connections_are_bounded() -> None:
    module = make_module()
    async with running(module, ("127.0.0.1", 0)) as endpoints:
        assert endpoints.port
        held = [await tcp.connect("127.0.0.1", endpoints.port) for _ in range(CONNECTIONS)]
        for link in held:  # an answer shows that the connection has its place
            await link.send(wrapper.encode(PUBLIC_CLIENT, 1, b"\x00"))
            assert await link.receive()
        one_more = await tcp.connect("127.0.0.1", endpoints.port)
        async with asyncio.timeout(10):
            assert await one_more.receive() == b""
        for link in (*held, one_more):
            await link.close()
