"""A module that is dead, lies, floods or sends garbage: the gateway stays up, all else goes on (AT-19)."""

import asyncio
import time
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.gateway_house import DAY, House, living_in, make_module
from meterkast.gateway.line import Line
from meterkast.gateway.module_line import ModuleLine
from meterkast.gateway.module_state import TRANSITIONS, Signal, State, follow
from meterkast.gateway.settings import FramingKind, ModulePort
from meterkast.model.errors import LocalError, MeterkastError, UnreachableError
from meterkast.model.identity import SystemTitle
from meterkast.model.obis import Obis
from meterkast.model.quality import Flag
from meterkast.outside.links import Link, memory
from meterkast.outside.links.fault import Fault
from meterkast.pki.site import Site
from meterkast.protocols.block import Payload
from meterkast.protocols.dlms.apdu import AttributeDescriptor, GetRequestNormal, InvokeId
from meterkast.protocols.dlms.hls5 import Hls5

_ASKED = GetRequestNormal(InvokeId(1), AttributeDescriptor(1, Obis(0, 0, 42, 0, 0), 2)).encode()


async def _day_with(house: House) -> Payload:
    """Collects and delivers the day; the gas meter sends all along."""
    await house.burn(range(25))
    assert await house.gateway.collect(DAY)
    assert await house.gateway.deliver() == 1
    (payload,) = house.headend.opened()
    assert payload.blocks[1].flags == ()
    assert payload.blocks[1].missing == 0
    return payload


def _nothing(_octets: bytes) -> bytes:
    return b""


def _flood(_octets: bytes) -> bytes:
    return b"\x7e" * ((1 << 18) + 1)


def _noise(octets: bytes) -> bytes:
    return bytes(octet ^ 0x5A for octet in octets) * 3


@pytest.mark.processes
@pytest.mark.parametrize(
    ("fault", "flag"), [(_nothing, Flag.SILENT), (_flood, Flag.FLOOD), (_noise, Flag.GARBAGE)]
)
async def test_trouble_is_flagged_and_gas_goes_on(site: Site, fault: Fault, flag: Flag) -> None:
    async with living_in(site) as house:
        house.module_wire.fault = fault
        began = time.monotonic()
        payload = await _day_with(house)
        assert time.monotonic() - began < 5
        electricity = payload.blocks[0]
        assert set(electricity.flags) == {flag, Flag.MISSING}
        assert electricity.missing == 2 * 97
        assert [event.code for event in payload.events] == [f"module-{flag.lower()}"]
        assert house.gateway.status().module is State.DEGRADED


@pytest.mark.processes
async def test_what_could_not_be_read_is_read_later_and_told_again_only_then(site: Site) -> None:
    async with living_in(site) as house:
        house.module_wire.unplugged = True
        await _day_with(house)
        assert await house.gateway.collect(DAY)
        assert house.gateway.status().sealed == 1
        house.module_wire.unplugged = False
        assert await house.gateway.collect(DAY)
        assert await house.gateway.deliver() == 1
        healed = house.headend.opened()[-1].blocks
        assert [(block.device, block.flags) for block in healed] == [(house.module.name, ())]
        assert house.gateway.status().module is State.ASSOCIATED


@pytest.mark.processes
async def test_a_module_with_another_pairing_key_is_not_read(site: Site) -> None:
    stranger = make_module(pairing_key=bytes(32))
    async with living_in(site, module=stranger) as house:
        payload = await _day_with(house)
        assert set(payload.blocks[0].flags) == {Flag.GARBAGE, Flag.MISSING}
        codes = {event.code for event in payload.events}
        assert "module-untrusted" in codes


@pytest.mark.processes
async def test_a_day_before_the_devices_were_there_is_not_news(site: Site) -> None:
    async with living_in(site) as house:
        assert await house.gateway.collect(DAY - timedelta(days=9))
        assert house.gateway.status().sealed == 0


def _line(wire: Link, framing: FramingKind = FramingKind.HDLC) -> ModuleLine:
    hls5 = Hls5(
        title=SystemTitle.parse("MKG0000000001"),
        encryption_key=bytes(16),
        authentication_key=bytes(16),
        next_counter=lambda: 1,
        new_challenge=lambda: bytes(16),
    )
    port = ModulePort(name="KFM5000000000017", framing=framing, request_seconds=0.02, flood_octets=4096)
    return ModuleLine(port, Line(wire), hls5)


@given(st.lists(st.binary(min_size=1, max_size=200), max_size=8), st.sampled_from(FramingKind))
def test_whatever_the_module_says_it_is_one_of_four_troubles(said: list[bytes], framing: FramingKind) -> None:
    async def talk() -> None:
        near, far = memory.pair()
        for octets in said:
            await far.send(octets)
        line = _line(near, framing)
        with pytest.raises(MeterkastError) as caught:
            await line.exchange(_ASKED)
        assert caught.value.code in {"module-silent", "module-flood", "module-garbage", "module-untrusted"}
        assert line.state is State.DEGRADED

    asyncio.run(talk())


async def test_a_flood_is_cut_off_at_its_bound() -> None:
    near, far = memory.pair()
    await far.send(b"\x7e" * 4097)
    with pytest.raises(MeterkastError) as caught:
        await _line(near).exchange(_ASKED)
    assert caught.value.code == "module-flood"


async def test_a_line_that_was_hung_up_is_dialled_again() -> None:
    dialled = 0

    async def dial() -> Link:
        nonlocal dialled
        dialled += 1
        near, far = memory.pair()
        await far.close()
        return near

    line = Line(dial)
    proof = _line(memory.pair()[0])._proof
    module = ModuleLine(ModulePort(name="KFM5000000000017", request_seconds=0.1), line, proof)
    for expected in (1, 2):
        with pytest.raises(UnreachableError) as caught:
            await module.exchange(_ASKED)
        assert (caught.value.code, dialled) == ("module-silent", expected)


async def test_giving_up_in_the_middle_leaves_a_line_that_starts_afresh() -> None:
    near, _far = memory.pair()
    module = _line(near)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await module.exchange(_ASKED)
    assert module.state is State.DEGRADED
    with pytest.raises(UnreachableError):
        await module.exchange(_ASKED)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("signal", Signal)
def test_every_state_and_signal(state: State, signal: Signal) -> None:
    expected = TRANSITIONS[state].get(signal)
    if expected is None:
        with pytest.raises(LocalError):
            follow(state, signal)
    else:
        assert follow(state, signal) is expected


def test_every_state_can_fail_and_come_back() -> None:
    assert set(TRANSITIONS) == set(State)
    assert all(row[Signal.FAILED] is State.DEGRADED for row in TRANSITIONS.values())
    assert follow(follow(State.DEGRADED, Signal.CONNECTED), Signal.PAIRED) is State.ASSOCIATED
