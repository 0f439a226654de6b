import asyncio
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterkast.model.errors import UnreachableError
from meterkast.outside.links import Link, memory, serial, tcp
from meterkast.outside.links.fault import FaultyLink
from meterkast.outside.links.stream import StreamLink
from meterkast.outside.links.tap import Direction, Passage, TappedLink


@pytest.fixture(params=["memory", "tcp", "serial"])
async def ends(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Link, Link]]:
    """Both ends of every kind of link: what holds for one holds for all."""
    match request.param:
        case "memory":
            one, other = memory.pair()
            yield one, other
        case "serial":
            near = serial.PtyLink()
            far = serial.open_port(near.path)
            yield near, far
            await far.close()
            await near.close()
        case _:
            accepted: asyncio.Future[StreamLink] = asyncio.get_running_loop().create_future()
            done = asyncio.Event()

            async def handle(link: StreamLink) -> None:
                accepted.set_result(link)
                await done.wait()

            server = await tcp.listen("127.0.0.1", 0, handle)
            client = await tcp.connect("127.0.0.1", tcp.port_of(server))
            yield client, await accepted
            done.set()
            await client.close()
            server.close()


async def take(link: Link, count: int) -> bytes:
    octets = b""
    while len(octets) < count:
        octets += await link.receive(count - len(octets))
    return octets


async def test_all_octet_values_pass_both_ways(ends: tuple[Link, Link]) -> None:
    one, other = ends
    every = bytes(range(256)) * 4
    await one.send(every)
    assert await take(other, len(every)) == every
    await other.send(every)
    assert await take(one, len(every)) == every


async def test_more_than_any_buffer_passes_when_both_work(ends: tuple[Link, Link]) -> None:
    one, other = ends
    much = bytes(range(251)) * 10_000
    _, arrived = await asyncio.gather(one.send(much), take(other, len(much)))
    assert arrived == much


async def test_closing_wakes_whoever_waits() -> None:
    near = serial.PtyLink()
    waiting = asyncio.create_task(near.receive())
    await asyncio.sleep(0)
    await near.close()
    assert await waiting == b""
    one, other = memory.pair()
    waiting = asyncio.create_task(one.receive())
    await asyncio.sleep(0)
    await other.close()
    assert await waiting == b""
    with pytest.raises(UnreachableError, match="closed"):
        await one.send(b"x")


async def test_nobody_there_is_unreachable() -> None:
    async def hang_up(_link: StreamLink) -> None:
        return

    server = await tcp.listen("127.0.0.1", 0, hang_up)
    port = tcp.port_of(server)
    server.close()
    await server.wait_closed()
    with pytest.raises(UnreachableError) as caught:
        await tcp.connect("127.0.0.1", port)
    assert caught.value.code == "peer-unreachable"
    assert caught.value.where == f"127.0.0.1:{port}"


@given(st.lists(st.binary(min_size=1, max_size=64), max_size=8))
async def test_a_tap_sees_everything_and_changes_nothing(parts: list[bytes]) -> None:
    one, other = memory.pair()
    seen: list[Passage] = []
    tapped = TappedLink(one, seen.append)
    for part in parts:
        await tapped.send(part)
        await other.send(part)
    whole = b"".join(parts)
    assert await take(other, len(whole)) == whole
    assert await take(tapped, len(whole)) == whole
    assert b"".join(p.octets for p in seen if p.direction is Direction.SENT) == whole
    assert b"".join(p.octets for p in seen if p.direction is Direction.RECEIVED) == whole


async def test_a_faulty_line_drops_changes_and_recovers() -> None:
    one, other = memory.pair()
    line = FaultyLink(one)
    line.fault = lambda octets: octets.replace(b"a", b"")
    await other.send(b"aaa")
    waiting = asyncio.create_task(line.receive())
    await asyncio.sleep(0)
    await other.send(b"banana")
    assert await waiting == b"bnn"
    line.fault = None
    await other.send(b"banana")
    assert await line.receive() == b"banana"
    line.unplugged = True
    await line.send(b"lost")
    line.unplugged = False
    await line.send(b"kept")
    assert await other.receive() == b"kept"
