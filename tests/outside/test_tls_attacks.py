"""Attacks on a TLS connection: AT-47, and of AT-50 what concerns the key agreement. Each with its control."""

import asyncio
import contextlib
import logging
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from meterkast.model.errors import TrustError
from meterkast.outside.links import tls
from meterkast.outside.links.tcp import port_of
from meterkast.outside.links.tls import TlsLink
from meterkast.outside.tls import HYBRID_ONLY, TlsPolicy
from meterkast.outside.trust import ANCHORS
from outside.tls_house import CLASSICAL_TOO, NAME, TlsHouse

ML_KEM, UNKNOWN = bytes.fromhex("11ec"), bytes.fromhex("0a0a")
"""X25519MLKEM768 (RFC 9794's registry), and a number that stands for no group (RFC 8701)."""


class Server:
    """Counts what comes through."""

    def __init__(self) -> None:
        self.port = 0
        self.links = 0
        self.received = b""

    async def handle(self, link: TlsLink) -> None:
        self.links += 1
        while octets := await link.receive():
            self.received += octets
            await link.send(octets)


@asynccontextmanager
async def serving(
    house: TlsHouse, policy: TlsPolicy = HYBRID_ONLY, half_open: int = 64, seconds: float = 20.0
) -> AsyncIterator[Server]:
    server = Server()
    listener = await tls.listen(
        "127.0.0.1", 0, house.server(policy), server.handle, handshake_timeout=seconds, half_open=half_open
    )
    server.port = port_of(listener)
    try:
        yield server
    finally:
        listener.close()


def foreign_client(house: TlsHouse, *, certificate: bool = True) -> ssl.SSLContext:
    """Python's own TLS, which agrees on P-256 alone: a client of another maker."""
    context = ssl.create_default_context(cafile=str(house.trust.path / ANCHORS))
    context.set_ecdh_curve("prime256v1")
    if certificate:
        folder = house.keystore.folder
        context.load_cert_chain(folder / "client.crt.pem", folder / "client.key.pem")
    return context


async def speak(port: int, context: ssl.SSLContext) -> bytes:
    """What the server answers; empty where it hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=NAME)
    try:
        writer.write(b"?")
        return await reader.read(1)
    finally:
        writer.close()


async def refused(port: int, context: ssl.SSLContext) -> str:
    """The alert, or whatever else the client sees."""
    try:
        answer = await speak(port, context)
    except (ssl.SSLError, OSError) as error:
        return str(error)
    assert answer == b""
    return "hung up"


def events(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.message for record in caplog.records if record.name == "meterkast.tls"]


@pytest.fixture(autouse=True)
def _warnings(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "meterkast.tls")


async def test_at_47_tls_1_2(house: TlsHouse, caplog: pytest.LogCaptureFixture) -> None:
    context = foreign_client(house)
    async with serving(house, CLASSICAL_TOO) as server:
        assert await speak(server.port, context) == b"?"  # control
        assert events(caplog) == []
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        assert "version" in (await refused(server.port, context)).lower()
        assert server.links == 1
    assert [event.split()[0] for event in events(caplog)] == ["tls-refused"]


async def test_at_47_no_client_certificate(house: TlsHouse, caplog: pytest.LogCaptureFixture) -> None:
    async with serving(house, CLASSICAL_TOO) as server:
        assert await speak(server.port, foreign_client(house)) == b"?"
        await refused(server.port, foreign_client(house, certificate=False))
        assert (server.links, server.received) == (1, b"?")
    assert [event.split()[0] for event in events(caplog)] == ["tls-refused"]


async def test_at_47_a_classical_client(house: TlsHouse, caplog: pytest.LogCaptureFixture) -> None:
    async with serving(house, CLASSICAL_TOO) as server:
        assert await speak(server.port, foreign_client(house)) == b"?"
    async with serving(house, HYBRID_ONLY) as server:
        assert "handshake failure" in (await refused(server.port, foreign_client(house))).lower()
        assert server.links == 0
    (event,) = events(caplog)
    assert event.startswith("tls-group-classical")
    assert event.endswith("group=secp256r1")


@pytest.mark.parametrize(("policy", "code"), [(HYBRID_ONLY, "tls-group-classical"), (CLASSICAL_TOO, None)])
async def test_at_47_a_classical_server(
    house: TlsHouse, caplog: pytest.LogCaptureFixture, policy: TlsPolicy, code: str | None
) -> None:
    """The client leaves before its certificate, or any octet of its own, goes out under such keys."""
    folder = house.keystore.folder
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.crt.pem", folder / "server.key.pem")
    context.set_ecdh_curve("prime256v1")
    came = asyncio.Event()

    async def handle(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.set()
        writer.close()

    listener = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=context)
    outcome = None
    try:
        link = await tls.connect("127.0.0.1", port_of(listener), house.client(policy), NAME)
        assert link.group == "secp256r1"
        await asyncio.wait_for(came.wait(), 10)
        await link.close()
    except TrustError as error:
        outcome = error.code
    finally:
        listener.close()
    assert outcome == code
    assert came.is_set() is (code is None)
    assert len(events(caplog)) == (code is not None)


async def test_at_47_no_resumption_and_so_no_early_data(house: TlsHouse) -> None:
    """A resumed session would skip the revocation check, and early data could be replayed."""
    context, loop = foreign_client(house), asyncio.get_running_loop()
    async with serving(house, CLASSICAL_TOO) as server:

        def converse(session: ssl.SSLSession | None) -> tuple[bool | None, ssl.SSLSession | None]:
            with (
                socket.create_connection(("127.0.0.1", server.port), timeout=10) as plain,
                context.wrap_socket(plain, server_hostname=NAME, session=session) as wrapped,
            ):
                wrapped.sendall(b"?")
                assert wrapped.recv(1) == b"?"
                return wrapped.session_reused, wrapped.session

        _, session = await loop.run_in_executor(None, converse, None)
        reused, _ = await loop.run_in_executor(None, converse, session)
        assert reused is False
        house.revoke("client")
        with pytest.raises(OSError, match=r".+"):
            await loop.run_in_executor(None, converse, session)
        assert server.links == 2


def hello_of(house: TlsHouse) -> bytes:
    """What a client sends first."""
    session = house.client().session("nowhere", NAME)
    session.shake_hands()
    return session.outgoing()


async def test_at_47_data_before_the_handshake_is_over(
    house: TlsHouse, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(house) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(hello_of(house) + b"\x17\x03\x03\x00\x20" + bytes(32))
        while await reader.read(65536):
            pass
        writer.close()
        assert (server.links, server.received) == (0, b"")
        control = await tls.connect("127.0.0.1", server.port, house.client(), NAME)
        await control.send(b"?")
        assert await control.receive() == b"?"
        await control.close()
    assert [event.split()[0] for event in events(caplog)] == ["tls-refused"]


async def test_at_47_renegotiation(house: TlsHouse, caplog: pytest.LogCaptureFixture) -> None:
    """A second ClientHello on an open connection ends it (RFC 8446, 4.1.2)."""
    async with serving(house) as server:
        link = await tls.connect("127.0.0.1", server.port, house.client(), NAME)
        await link.send(b"?")
        assert await link.receive() == b"?"
        link._writer.write(hello_of(house))
        assert await link.receive() == b""
        await link.close()
        assert server.received == b"?"
    assert all(event.split()[0] == "tls-refused" for event in events(caplog))
    assert 1 <= len(events(caplog)) <= 2  # ours, and that of the client who is told


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


async def test_at_47_thousands_of_half_open_connections(
    house: TlsHouse, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Silent ones, and ones that stop within the first message: good clients get through all the time."""
    attackers, places = 3_000, 256
    hello = hello_of(house)
    context = house.client()

    async def greet(port: int) -> float:
        begin = time.perf_counter()
        link = await tls.connect("127.0.0.1", port, context, NAME, timeout=15)
        await link.send(b"?")
        assert await link.receive() == b"?"
        took = time.perf_counter() - begin
        await link.close()
        return took

    async with serving(house, half_open=places) as server:
        alone = sorted([await greet(server.port) for _ in range(50)])
        before, held = open_files(), []
        attacked, most = [], 0
        for number in range(attackers):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(hello[: number % 2 * (len(hello) // 2)])
            held.append((reader, writer))
            if number % 10 == 0:
                attacked.append(await greet(server.port))
                most = max(most, open_files() - before - len(held))
        cut = sum(reader.at_eof() or writer.transport.is_closing() for reader, writer in held)
        for _, writer in held:
            writer.transport.abort()
    attacked.sort()
    p99 = attacked[len(attacked) * 99 // 100]
    with capsys.disabled():
        print(
            f"\n  {attackers} half-open connections: good clients p99 {1000 * p99:.0f} ms, alone "
            f"{1000 * alone[-1]:.0f} ms; at most {most} held open at the server, {cut} cut"
        )
    assert most <= places + 8
    assert cut >= attackers - places - 8
    assert len([event for event in events(caplog) if event.startswith("tls-half-open-full")]) >= cut - 8
    assert p99 < 2.0


async def test_at_47_a_peer_that_dawdles_is_left(house: TlsHouse, caplog: pytest.LogCaptureFixture) -> None:
    async with serving(house, seconds=0.2) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(hello_of(house)[:100])
        with contextlib.suppress(ConnectionError):
            assert await reader.read() == b""
        writer.close()
        control = await tls.connect("127.0.0.1", server.port, house.client(), NAME)
        await control.close()
    assert [event.split()[0] for event in events(caplog)] == ["tls-handshake-timeout"]


@asynccontextmanager
async def man_in_the_middle(port: int, change: Callable[[bytes], bytes]) -> AsyncIterator[int]:
    """Passes everything on, the client's first message changed."""

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while octets := await reader.read(65536):
                writer.write(octets)
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        far_writer.write(change(await reader.read(65536)))
        await asyncio.gather(copy(reader, far_writer), copy(far_reader, writer))

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield port_of(listener)
    finally:
        listener.close()


def strip(hello: bytes) -> bytes:
    """No ML-KEM on offer any more, neither by name nor as a share."""
    assert hello.count(ML_KEM) >= 2
    return hello.replace(ML_KEM, UNKNOWN)


def spoil(hello: bytes) -> bytes:
    """One bit of the ML-KEM share changed."""
    share = hello.rindex(ML_KEM + (1184 + 32).to_bytes(2, "big")) + 4
    return hello[: share + 600] + bytes((hello[share + 600] ^ 1,)) + hello[share + 601 :]


@pytest.mark.parametrize("policy", [HYBRID_ONLY, CLASSICAL_TOO])
@pytest.mark.parametrize("attack", [strip, spoil])
async def test_at_50_the_post_quantum_share_is_stripped(
    house: TlsHouse, policy: TlsPolicy, attack: Callable[[bytes], bytes]
) -> None:
    """Even where classical keys would do: the two have signed different conversations."""
    async with serving(house, policy) as server:
        async with man_in_the_middle(server.port, lambda hello: hello) as port:
            control = await tls.connect("127.0.0.1", port, house.client(policy), NAME)
            assert control.group == "X25519MLKEM768"
            await control.send(b"?")
            assert await control.receive() == b"?"
            await control.close()
        async with man_in_the_middle(server.port, attack) as port:
            with pytest.raises(TrustError) as caught:
                await tls.connect("127.0.0.1", port, house.client(policy), NAME)
        assert caught.value.code in {"tls-refused", "tls-group-classical"}
        assert (server.links, server.received) == (1, b"?")
