"""From end to end in memory, over TCP and over a terminal: what is read is what was measured."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meterkast.model.calendar import QUARTER, day_bounds, grid
from meterkast.model.errors import TrustError
from meterkast.model.obis import Obis
from meterkast.module import server
from meterkast.module.access import GATEWAY_CLIENT, PUBLIC_CLIENT, grants
from meterkast.module.framing import HdlcFraming, WrapperFraming
from meterkast.module.module import Module
from meterkast.module.registers import EXPORT, IMPORT
from meterkast.module.server import serve
from meterkast.module.vendor import VENDORS
from meterkast.outside.links import Link, memory
from meterkast.protocols import hdlc, wrapper
from meterkast.protocols.axdr import Data, boolean, octets
from meterkast.protocols.cosem.capture import decode_capture_objects
from meterkast.protocols.cosem.profile import decode_buffer
from meterkast.protocols.dlms import apdu
from meterkast.protocols.dlms.apdu import (
    ActionResult,
    AttributeDescriptor,
    DataAccessResult,
    ExceptionResponse,
    GetResponseNormal,
    MethodDescriptor,
    RangeSelection,
)
from meterkast.protocols.dlms.client import Client
from meterkast.protocols.dlms.event import Associated, Failed, Refused, Send
from meterkast.protocols.dlms.grant import Right
from meterkast.street.homes import Household
from module.module_loads import make_module
from module.module_reader import Reader, pairing

PROFILE, CLOCK, NAME = Obis(1, 0, 99, 1, 0), Obis(0, 0, 1, 0, 0), Obis(0, 0, 42, 0, 0)
SERIAL_NUMBER = Obis(0, 0, 96, 1, 0)
Kind = Literal["hdlc", "wrapper"]


@asynccontextmanager
async def served(module: Module, framing: Kind = "hdlc") -> AsyncIterator[Link]:
    """The far end of a line at which the module answers; it must still be alive when the test is done."""
    near, far = memory.pair()
    task = asyncio.create_task(serve(module, near, framing))
    try:
        yield far
    finally:
        await far.close()
        async with asyncio.timeout(10):
            await task


async def read_day(reader: Reader, day: date) -> dict[int, list[int]]:
    captures = await reader.get(7, PROFILE, 3)
    buffer = await reader.get(7, PROFILE, 2, RangeSelection(*day_bounds(day)))
    assert isinstance(captures, Data)
    assert isinstance(buffer, Data)
    rows = decode_buffer(buffer, decode_capture_objects(captures), QUARTER)
    return {row.at: [int(str(cell.value)) for cell in row.values[1:]] for row in rows if row.at is not None}


@pytest.mark.parametrize("framing", ["hdlc", "wrapper"])
@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("day", [date(2026, 6, 10), date(2026, 3, 29), date(2026, 10, 25)])
async def test_a_day_read_by_the_gateway_is_what_the_home_used(vendor: str, framing: Kind, day: date) -> None:
    start, end = day_bounds(day)
    home = Household(1, 1)
    module = make_module(
        vendor=vendor, installed_at=start - 86_400, now=end + 3600, phases=home.phases, load=home
    )
    async with served(module, framing) as link:
        reader = Reader(link, module, framing=framing, hls5=pairing())
        assert isinstance(await reader.open(), Associated)
        found = await read_day(reader, day)
        await reader.release()
        await reader.close()
    assert list(found) == list(grid(day, QUARTER))
    for at, values in found.items():
        truth = module.registers(at)
        assert values == [truth[IMPORT], truth[EXPORT]]
    net = home.power(start, end).sum(axis=1) * 60
    imported, exported = (last - first for first, last in zip(found[start], found[end], strict=True))
    assert imported == pytest.approx(net.clip(0).sum() / 3600, abs=2)
    assert exported == pytest.approx((-net).clip(0).sum() / 3600, abs=2)


@pytest.mark.parametrize("vendor", VENDORS)
async def test_the_whole_buffer_comes_in_blocks(vendor: str) -> None:
    module = make_module(vendor=vendor)
    async with served(module) as link:
        reader = Reader(link, module, hls5=pairing())
        await reader.open()
        buffer = await reader.get(7, PROFILE)
        assert isinstance(buffer, Data)
        assert len(buffer.items) == 960


async def test_the_public_client_sees_who_and_when_and_nothing_else() -> None:
    module = make_module()
    open_to_all = set()
    async with served(module) as link:
        reader = Reader(link, module, client=PUBLIC_CLIENT)
        assert isinstance(await reader.open(), Associated)
        for each in module.logical_device().objects:
            answer = await reader.get(each.class_id, each.logical_name)
            if isinstance(answer, Data):
                open_to_all.add(str(each.logical_name))
            else:
                assert answer == Failed(DataAccessResult.READ_WRITE_DENIED)
    assert open_to_all == {"0-0:42.0.0", "0-0:1.0.0", "0-0:96.1.0", "0-0:96.1.1", "1-0:0.2.0"}


@pytest.mark.parametrize(("client", "paired"), [(1, False), (2, True), (2, False), (127, False)])
async def test_strangers_are_refused(client: int, paired: bool) -> None:
    module = make_module()
    async with served(module) as link:
        reader = Reader(link, module, client=client, hls5=pairing() if paired else None)
        assert isinstance(await reader.open(), Refused)


@pytest.mark.parametrize("key", [bytes(32), bytes(range(16)) + bytes(16), bytes(16) + bytes(range(16, 32))])
async def test_another_pairing_key_is_refused(key: bytes) -> None:
    module = make_module()
    async with served(module) as link:
        with pytest.raises(TrustError) as refused:
            await Reader(link, module, hls5=pairing(key)).open()
    assert refused.value.code == "hls-refused"


async def test_nothing_can_be_set_or_called_by_the_gateway_itself() -> None:
    module = make_module()
    before = module.registers(module.now())

    def setting(class_id: int, name: Obis, attribute: int) -> Callable[[Client], bytes]:
        return lambda client: client.set(AttributeDescriptor(class_id, name, attribute), octets(bytes(12)))

    def calling(class_id: int, name: Obis, method: int) -> Callable[[Client], bytes]:
        return lambda client: client.act(MethodDescriptor(class_id, name, method), boolean(True))

    async with served(module) as link:
        reader = Reader(link, module, hls5=pairing())
        await reader.open()
        for each in module.logical_device().objects:
            for number in range(1, 6):
                refused = await reader.ask(setting(each.class_id, each.logical_name, number))
                assert refused == Failed(DataAccessResult.READ_WRITE_DENIED)
                denied = await reader.ask(calling(each.class_id, each.logical_name, number))
                assert denied == Failed(ActionResult.READ_WRITE_DENIED)
        switch = Obis(0, 0, 96, 3, 10)
        assert await reader.get(70, switch) == Failed(DataAccessResult.OBJECT_UNDEFINED)
        assert await reader.ask(calling(70, switch, 1)) == Failed(ActionResult.OBJECT_UNDEFINED)
    assert module.registers(module.now()) == before


def test_no_grant_goes_beyond_reading() -> None:
    module = make_module()
    given_out = grants(module.settings, next_counter=lambda: 1, entropy=bytes)
    assert set(given_out) == {GATEWAY_CLIENT, PUBLIC_CLIENT}
    for grant in given_out.values():
        for each in module.logical_device().objects:
            assert not grant.allows(Right.WRITE, each.logical_name)
            assert not grant.allows(Right.INVOKE, each.logical_name)


def test_a_new_connection_inherits_nothing() -> None:
    module = make_module()
    conversation = HdlcFraming(module)

    def visit() -> hdlc.Link:
        link = hdlc.Link(role="client", client_address=1, server_address=module.settings.profile.address)
        link.receive(conversation.receive(link.connect()))
        return link

    def ask(link: hdlc.Link, request: bytes) -> bytes:
        (answer,) = link.receive(conversation.receive(b"".join(link.send(request))))
        assert isinstance(answer, hdlc.Apdu)
        return answer.octets

    gateway, paired = visit(), Client(hls5=pairing())
    (proof,) = paired.receive(ask(gateway, paired.aarq()))
    assert isinstance(proof, Send)
    (associated,) = paired.receive(ask(gateway, proof.apdu))
    assert isinstance(associated, Associated)
    wanted = paired.get(AttributeDescriptor(3, IMPORT, 2))
    assert isinstance(apdu.decode(ask(gateway, wanted)), GetResponseNormal)
    assert isinstance(apdu.decode(ask(visit(), wanted)), ExceptionResponse)


async def test_garbage_does_not_take_it_down() -> None:
    module = make_module()
    async with served(module) as link:
        for _ in range(20):
            await link.send(os.urandom(5000) + b"\x7e")
        reader = Reader(link, module, hls5=pairing())
        assert isinstance(await reader.open(), Associated)
        assert isinstance(await reader.get(3, IMPORT), Data)


async def test_a_second_visitor_starts_afresh() -> None:
    module = make_module()
    async with served(module) as link:
        first = Reader(link, module, hls5=pairing())
        await first.open()
        second = Reader(link, module, client=PUBLIC_CLIENT)
        await second.open()
        assert await second.get(3, IMPORT) == Failed(DataAccessResult.READ_WRITE_DENIED)
        third = Reader(link, module, hls5=pairing())
        assert isinstance(await third.open(), Associated)


@given(st.lists(st.binary(max_size=300), max_size=10))
@settings(max_examples=60)
def test_any_octets_leave_hdlc_standing(pieces: list[bytes]) -> None:
    conversation = HdlcFraming(make_module())
    for piece in pieces:
        assert len(conversation.receive(piece)) < 100_000
        assert len(conversation.receive(b"\x7e" + piece + b"\x7e")) < 100_000


@given(st.integers(0, 65535), st.integers(0, 65535), st.lists(st.binary(max_size=200), max_size=8))
@settings(max_examples=60)
def test_any_wrapped_octets_get_an_answer(source: int, device: int, requests: list[bytes]) -> None:
    conversation = WrapperFraming(make_module())
    for request in requests:
        assert conversation.receive(wrapper.encode(source, 1, request))
        assert bool(conversation.receive(wrapper.encode(source, device, request))) == (device == 1)


def test_hanging_up_right_behind_a_request() -> None:
    module = make_module()
    conversation = HdlcFraming(module)
    client = hdlc.Link(role="client", client_address=16, server_address=module.settings.profile.address)
    client.receive(conversation.receive(client.connect()))
    request = b"".join(client.send(Client().aarq()))
    answer = conversation.receive(request + client.disconnect())
    assert [type(event) for event in client.receive(answer)] == [hdlc.Disconnected]


class Watched:
    """A link that tells when it has been listened to so many times more."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._left = 0
        self._listened = asyncio.Event()

    async def listened(self, times: int) -> None:
        self._left = times
        self._listened.clear()
        await self._listened.wait()

    async def send(self, octets: bytes) -> None:
        await self._link.send(octets)

    async def receive(self, limit: int = 65536) -> bytes:
        self._left -= 1
        if self._left == 0:
            self._listened.set()
        return await self._link.receive(limit)

    async def close(self) -> None:
        await self._link.close()


async def test_a_silent_visitor_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "INACTIVITY", 0.05)
    module = make_module()
    near, far = memory.pair()
    patient = Watched(near)
    task = asyncio.create_task(serve(module, patient))
    client = hdlc.Link(role="client", client_address=16, server_address=module.settings.profile.address)
    await far.send(client.connect())
    client.receive(await far.receive())
    async with asyncio.timeout(10):
        await patient.listened(2)  # the time that runs out, and the one after
        await far.send(b"".join(client.send(Client().aarq())))
        assert client.receive(await far.receive()) == [hdlc.Disconnected()]
        await far.close()
        await task


async def test_what_is_not_the_wrapper_ends_the_connection() -> None:
    near, far = memory.pair()
    task = asyncio.create_task(serve(make_module(), near, "wrapper"))
    await far.send(b"GET / HTTP/1.1\r\n\r\n")
    async with asyncio.timeout(10):
        assert await far.receive() == b""
        await task
