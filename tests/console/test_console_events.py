"""The stream of changes, over a real socket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from httpx import AsyncClient

from console.console_street import StillStreet
from meterkast.console.web.app import create_app
from meterkast.console.web.server import PageServer, listen
from meterkast.console.web.source import Announcer
from meterkast.model.errors import LocalError
from meterkast.street.state import Phase


@asynccontextmanager
async def served(street: StillStreet) -> AsyncIterator[tuple[str, PageServer, asyncio.Task[None]]]:
    listener = listen(18_321)
    server = PageServer(create_app(street), street.announcer)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", server, task
    finally:
        server.leave()
        await task
        listener.close()


async def _message(lines: AsyncIterator[str]) -> str:
    """The next message; comments (the heartbeat) are passed over."""
    data: list[str] = []
    async for line in lines:
        if line.startswith("data: "):
            data.append(line.removeprefix("data: "))
        elif not line and data:
            return "\n".join(data)
    raise AssertionError("the stream ended")


async def test_a_reader_sees_the_state_at_once_and_then_each_change() -> None:
    street = StillStreet()
    async with (
        served(street) as (address, _, _),
        AsyncClient(base_url=address) as client,
        client.stream("GET", "/events?lang=en") as stream,
    ):
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = stream.aiter_lines()
        assert "The street is living" in await _message(lines)
        street.becomes(phase=Phase.STOPPED)
        assert "The street stands still" in await _message(lines)


async def test_a_slow_reader_skips_to_the_newest_state() -> None:
    street = StillStreet()
    async with (
        served(street) as (address, _, _),
        AsyncClient(base_url=address) as client,
        client.stream("GET", "/events?lang=en") as stream,
    ):
        lines = stream.aiter_lines()
        await _message(lines)
        for stored in range(100, 5100):
            street.becomes(stored=stored)
        assert "5,099" in await _message(lines)
        waiting = asyncio.ensure_future(_message(lines))
        street.becomes(stored=7_777)
        assert "7,777" in await waiting


async def test_readers_do_not_keep_the_server_from_ending() -> None:
    street = StillStreet()
    async with served(street) as (address, server, task), AsyncClient(base_url=address) as client:
        async with client.stream("GET", "/events") as stream:
            lines = stream.aiter_lines()
            await _message(lines)
            server.leave()
            with pytest.raises(AssertionError, match="the stream ended"):
                await _message(lines)
        await asyncio.wait_for(task, 5)


async def test_a_taken_port_gives_the_next_one() -> None:
    first = listen(18_400)
    second = listen(first.getsockname()[1])
    assert second.getsockname()[1] > first.getsockname()[1]
    assert second.getsockname()[0] == "127.0.0.1"
    first.close()
    second.close()


def test_no_port_at_all_is_said_plainly() -> None:
    last = listen(65_535)
    with pytest.raises(LocalError) as caught:
        listen(65_535)
    assert caught.value.code == "page-port-unusable"
    last.close()


async def test_waiting_ends_when_the_source_does() -> None:
    announcer = Announcer()
    assert await announcer.changed(0) == 1
    waiting = asyncio.ensure_future(announcer.changed(1))
    await asyncio.sleep(0)
    assert not waiting.done()
    announcer.announce()
    assert await waiting == 2
    announcer.end()
    assert await announcer.changed(2) is None
