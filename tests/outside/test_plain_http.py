"""A question over plain HTTP, and servers that answer badly, slowly or not at all."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterkast.model.errors import LocalError, PeerError, UnreachableError
from meterkast.outside import plain_http
from meterkast.outside.https import HttpServer, Request, Response
from meterkast.outside.plain_http import HttpAddress, post

QUESTION = b"question"
FINE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@asynccontextmanager
async def answering(octets: bytes, *, hang: bool = False) -> AsyncIterator[HttpAddress]:
    """A server that says this to whoever comes, and goes or stays."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(QUESTION)
        writer.write(octets)
        if hang:
            await asyncio.Event().wait()
        with contextlib.suppress(OSError):
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield HttpAddress(host="127.0.0.1", port=server.sockets[0].getsockname()[1], path="/")
    server.close()


async def asked(address: HttpAddress, *, seconds: float = 10.0) -> bytes:
    return await post(address, QUESTION, kind="text/plain", limit=100, seconds=seconds)


async def test_a_server_of_ours_is_asked() -> None:
    seen: list[Request] = []

    def handle(request: Request) -> Response:
        seen.append(request)
        return Response(status=200, body=b"answer")

    server = HttpServer(("127.0.0.1", 0), handle)
    server.start()
    try:
        address = HttpAddress.parse(f"http://localhost:{server.port}/a/b?c=d")
        assert await asked(address) == b"answer"
    finally:
        server.stop()
    assert [(each.method, each.path, each.content_type, each.body) for each in seen] == [
        ("POST", "/a/b?c=d", "text/plain", QUESTION)
    ]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("http://a.example", ("a.example", 80, "/")),
        ("http://127.0.0.1:8080/ocsp", ("127.0.0.1", 8080, "/ocsp")),
    ],
)
def test_addresses(text: str, address: tuple[str, int, str]) -> None:
    parsed = HttpAddress.parse(text)
    assert (parsed.host, parsed.port, parsed.path) == address
    assert HttpAddress.parse(str(parsed)) == parsed


@pytest.mark.parametrize(
    "text",
    ["", "a.example", "https://a.example/", "http:///x", "http://a:0/", "http://a:65536/", "http://a/\r\n"],
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(LocalError) as caught:
        HttpAddress.parse(text)
    assert caught.value.code == "http-address-malformed"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"hello",
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\n\r\n" + bytes(101),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFF\r\nok",
        b"HTTP/1.1 200 OK\r\nX: " + bytes(1 << 20),
    ],
)
async def test_what_is_no_answer(answer: bytes) -> None:
    async with answering(FINE) as address:
        assert await asked(address) == b"ok"
    async with answering(answer) as address:
        with pytest.raises(PeerError) as caught:
            await asked(address)
    assert caught.value.code == "http-malformed"


async def test_who_is_slow_is_not_waited_for() -> None:
    async with answering(FINE[:-1], hang=True) as address:
        with pytest.raises(UnreachableError):
            await asked(address, seconds=0.05)
    with pytest.raises(UnreachableError) as caught:
        await asked(address)
    assert caught.value.code == "http-unreachable"


async def test_who_never_ends_is_not_listened_to() -> None:
    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while True:
                writer.write(bytes(1 << 16))
                await writer.drain()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    with pytest.raises(PeerError):
        await asked(HttpAddress(host="127.0.0.1", port=server.sockets[0].getsockname()[1], path="/"))
    server.close()


async def test_a_name_that_cannot_be() -> None:
    with pytest.raises(UnreachableError):
        await asked(HttpAddress.parse("http://a..example/"))


@given(st.one_of(st.binary(max_size=200), st.binary(max_size=80).map(lambda rest: FINE[:17] + rest)))
def test_any_octets_are_an_answer_or_none(octets: bytes) -> None:
    with contextlib.suppress(PeerError):
        assert len(plain_http._body(octets, 100)) <= 100
