"""UDP links: one datagram each, the far end alone, and nobody at the far end."""

import asyncio
import socket

import pytest

from meterkast.model.errors import LocalError, UnreachableError
from meterkast.outside.links import udp


async def test_each_send_is_a_datagram_and_each_receipt_one() -> None:
    arrived: list[bytes] = []

    def answer(datagram: bytes) -> list[bytes]:
        arrived.append(datagram)
        return [datagram[:3], b"", datagram[3:]] if datagram != b"silence" else []

    listening = await udp.listen("127.0.0.1", 0, answer)
    link = await udp.connect("127.0.0.1", udp.port_of(listening))
    await link.send(b"silence")
    await link.send(b"question")
    assert [await link.receive() for _ in range(2)] == [b"que", b"stion"]
    assert arrived == [b"silence", b"question"]
    await link.close()
    listening.close()


async def test_datagrams_of_others_do_not_arrive() -> None:
    loop = asyncio.get_running_loop()
    with udp_socket() as far, udp_socket() as stranger:
        link = await udp.connect(*far.getsockname())
        await link.send(b"question")
        _, near = await loop.sock_recvfrom(far, 100)
        await loop.sock_sendto(stranger, b"forged", near)
        await loop.sock_sendto(far, b"true", near)
        assert await link.receive() == b"true"
        await link.close()


def udp_socket() -> socket.socket:
    """A bound socket for the loop."""
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind(("127.0.0.1", 0))
    made.setblocking(False)
    return made


async def test_a_flood_is_not_kept() -> None:
    link = udp.UdpLink()
    for number in range(200):
        link.datagram_received(bytes((number,)), None)
    assert [await link.receive() for _ in range(64)] == [bytes((number,)) for number in range(136, 200)]


async def test_closing_wakes_whoever_waits_and_ends_sending() -> None:
    listening = await udp.listen("127.0.0.1", 0, lambda _: [])
    link = await udp.connect("127.0.0.1", udp.port_of(listening))
    waiting = asyncio.create_task(link.receive())
    await asyncio.sleep(0)
    await link.close()
    assert await waiting == b""
    with pytest.raises(UnreachableError):
        await link.send(b"x")
    listening.close()


async def test_a_port_without_anybody_ends_the_link() -> None:
    listening = await udp.listen("127.0.0.1", 0, lambda _: [])
    port = udp.port_of(listening)
    listening.close()
    link = await udp.connect("127.0.0.1", port)
    await link.send(b"anybody?")
    assert await link.receive() == b""
    await link.close()


async def test_what_is_no_datagram_or_no_host_is_said() -> None:
    link = await udp.connect("127.0.0.1", 9)
    with pytest.raises(LocalError):
        await link.send(bytes(udp.LONGEST + 1))
    await link.close()
    with pytest.raises(UnreachableError):
        await udp.connect("no such host.invalid", 9)
