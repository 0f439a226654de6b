"""TLS links over real sockets: hybrid by default, and otherwise a stream like that of every other link."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meterkast.model.errors import LocalError, TrustError, UnreachableError
from meterkast.outside.links import tls
from meterkast.outside.links.tcp import port_of
from meterkast.outside.links.tls import TlsLink
from meterkast.outside.tls import HYBRID_ONLY, RENEWAL, UNLISTED, TlsContext, TlsPolicy
from outside.tls_house import NAME, TlsHouse

Handle = Callable[[TlsLink], Awaitable[None]]


async def echo(link: TlsLink) -> None:
    while octets := await link.receive():
        await link.send(octets)


@asynccontextmanager
async def serving(
    current: Callable[[], TlsContext], handle: Handle = echo, seconds: float = 5.0
) -> AsyncIterator[int]:
    server = await tls.listen("127.0.0.1", 0, current, handle, handshake_timeout=seconds)
    try:
        yield port_of(server)
    finally:
        server.close()


@asynccontextmanager
async def both_ends(house: TlsHouse) -> AsyncIterator[tuple[TlsLink, TlsLink]]:
    """The client's end, then the server's."""
    accepted: asyncio.Future[TlsLink] = asyncio.get_running_loop().create_future()
    done = asyncio.Event()

    async def handle(link: TlsLink) -> None:
        accepted.set_result(link)
        await done.wait()

    async with serving(house.server(), handle) as port:
        client = await tls.connect("127.0.0.1", port, house.client(), NAME)
        try:
            yield client, await accepted
        finally:
            done.set()
            await client.close()


async def take(link: TlsLink, count: int, limit: int = 65536) -> bytes:
    octets = bytearray()
    while len(octets) < count:
        received = await link.receive(min(limit, count - len(octets)))
        assert received, "the link ended too early"
        octets += received
    return bytes(octets)


async def test_both_sides_know_the_group_and_each_other(house: TlsHouse) -> None:
    async with both_ends(house) as (client, server):
        assert client.group == server.group == "X25519MLKEM768"
        own = {label: house.keystore.certificate(label)[0] for label in ("server", "client")}
        assert client.peer_certificate == own["server"].public_bytes(Encoding.DER)
        assert server.peer_certificate == own["client"].public_bytes(Encoding.DER)


async def test_more_than_any_buffer_passes_both_ways_at_once(house: TlsHouse) -> None:
    much, more = bytes(range(251)) * 10_000, bytes(range(241)) * 10_000
    async with both_ends(house) as (client, server):
        _, _, up, down = await asyncio.gather(
            client.send(much), server.send(more), take(server, len(much)), take(client, len(more))
        )
    assert (up, down) == (much, more)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=st.lists(st.binary(min_size=1, max_size=40_000), max_size=6), limit=st.integers(1, 5000))
async def test_octets_arrive_in_order_however_they_are_cut(
    house: TlsHouse, parts: list[bytes], limit: int
) -> None:
    whole = b"".join(parts)
    async with both_ends(house) as (client, server):
        arriving = asyncio.create_task(take(server, len(whole), limit))
        for part in parts:
            await client.send(part)
        assert await arriving == whole


async def test_a_sender_waits_for_a_reader_who_does_not_read(
    house: TlsHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Backpressure: nothing piles up here, and all of it arrives in the end."""
    piece, count, waits = bytes(1 << 16), 400, asyncio.Event()
    async with both_ends(house) as (client, server):
        protocol = client._writer.transport.get_protocol()
        pause = protocol.pause_writing

        def paused() -> None:
            pause()
            waits.set()

        monkeypatch.setattr(protocol, "pause_writing", paused)

        async def send() -> None:
            for _ in range(count):
                await client.send(piece)

        sending = asyncio.create_task(send())
        await asyncio.wait_for(waits.wait(), 20)
        assert client._writer.transport.get_write_buffer_size() < 4 * len(piece)
        assert not sending.done()
        assert len(await take(server, count * len(piece))) == count * len(piece)
        await sending


async def test_a_cancelled_call_loses_nothing(house: TlsHouse) -> None:
    async with both_ends(house) as (client, server):
        for number in range(20):
            waiting = asyncio.create_task(server.receive())
            await asyncio.sleep(0)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            await client.send(bytes((number,)) * 100)
            assert await take(server, 100) == bytes((number,)) * 100


async def test_goodbye_is_heard_and_closing_twice_does_nothing(house: TlsHouse) -> None:
    async with both_ends(house) as (client, server):
        await server.send(b"last words")
        await server.close()
        await server.close()
        assert await take(client, 10) == b"last words"
        assert await client.receive() == b""
        assert await client.receive() == b""
        await client.close()
        with pytest.raises(UnreachableError) as caught:
            await client.send(b"too late")
        assert caught.value.code == "link-closed"


async def test_a_line_that_is_cut_ends_the_link(house: TlsHouse) -> None:
    async with both_ends(house) as (client, server):
        client._writer.transport.abort()
        assert await server.receive() == b""


@pytest.mark.parametrize(
    "junk", [bytes(64), b"\x17\x03\x03\x00\x20" + bytes(32), b"\x16\x03\x03\x00\x04\x00\x00\x00\x00"]
)
async def test_junk_between_the_records_ends_the_link(house: TlsHouse, junk: bytes) -> None:
    """On the wire anybody can write; what is not authentic ends the connection and never comes out."""
    async with both_ends(house) as (client, server):
        client._writer.write(junk)
        assert await server.receive() == b""


async def test_nobody_there_and_nobody_answering(house: TlsHouse) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(UnreachableError):
            await tls.connect("127.0.0.1", port, house.client(), NAME, timeout=0.2)
    with pytest.raises(UnreachableError) as caught:
        await tls.connect("127.0.0.1", port, house.client(), NAME)
    assert (caught.value.code, caught.value.where) == ("peer-unreachable", f"127.0.0.1:{port}")


async def test_a_server_of_another_name_is_refused(house: TlsHouse) -> None:
    async with serving(house.server()) as port:
        control = await tls.connect("127.0.0.1", port, house.client(), NAME)
        await control.close()
        with pytest.raises(TrustError) as caught:
            await tls.connect("127.0.0.1", port, house.client(), "other.meterkast.internal")
    assert caught.value.code == "tls-refused"


async def test_revocation_counts_from_the_next_connection_on(house: TlsHouse) -> None:
    async with serving(house.server()) as port:
        client = await tls.connect("127.0.0.1", port, house.client(), NAME)
        await client.send(b"?")
        assert await client.receive() == b"?"
        house.revoke("client")
        late = await tls.connect(
            "127.0.0.1", port, house.client(), NAME
        )  # refused in the server's next flight
        assert await late.receive() == b""
        house.revoke("server")
        with pytest.raises(TrustError):
            await tls.connect("127.0.0.1", port, house.client(), NAME)
        house.revoke()
        again = await tls.connect("127.0.0.1", port, house.client(), NAME)
        for link in (client, late, again):
            await link.close()


async def test_who_comes_late_is_let_in_for_renewal_alone(house: TlsHouse) -> None:
    """And only for having come late: a revoked certificate stays out, ended or not (AT-08, AT-09)."""

    async def answer(policy: TlsPolicy) -> bytes:
        async with serving(house.server(policy)) as port:
            link = await tls.connect("127.0.0.1", port, house.client(), NAME)
            with contextlib.suppress(UnreachableError):
                await link.send(b"?")
            octets = await link.receive()
            await link.close()
            return octets

    assert await answer(HYBRID_ONLY) == b"?"
    house.certify(house.keystore, "client", life=-timedelta(seconds=1))
    assert await answer(HYBRID_ONLY) == b""
    assert await answer(RENEWAL) == b"?"
    house.revoke("client")
    assert await answer(RENEWAL) == b""


async def test_who_is_on_no_current_list_is_let_in_for_another_judge_alone(house: TlsHouse) -> None:
    async def answer(policy: TlsPolicy) -> bytes:
        async with serving(house.server(policy)) as port:
            link = await tls.connect("127.0.0.1", port, client, NAME)
            with contextlib.suppress(UnreachableError):
                await link.send(b"?")
            octets = await link.receive()
            await link.close()
            return octets

    client = house.client()
    house.revoke(days=-1)
    assert await answer(HYBRID_ONLY) == b""
    assert await answer(UNLISTED) == b"?"
    house.revoke("client", days=-1)
    assert await answer(UNLISTED) == b""  # what a list once said of somebody it still says
    house.revoke()
    house.certify(house.keystore, "client", life=-timedelta(seconds=1))
    client = house.client()
    assert await answer(UNLISTED) == b""


async def test_no_listener_without_trust(house: TlsHouse) -> None:
    (house.trust.path / "root.crl.pem").unlink()
    with pytest.raises(LocalError) as caught:
        await tls.listen("127.0.0.1", 0, house.server(HYBRID_ONLY), echo)
    assert caught.value.code == "trust-missing"


async def test_a_trust_folder_that_breaks_while_serving_closes_the_door(house: TlsHouse) -> None:
    async with serving(house.server()) as port:
        context = house.client()
        (house.trust.path / "root.crl.pem").write_text("garbage")
        with pytest.raises(UnreachableError):
            await tls.connect("127.0.0.1", port, context, NAME)
        house.revoke()
        link = await tls.connect("127.0.0.1", port, context, NAME)
        await link.close()
