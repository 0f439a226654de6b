"""Applications that ask for more than they were granted, and a host that outlives them."""

import asyncio
import logging
import os
import re
import signal
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.gateway_house import DAY, NOW, living_in, settings_for
from meterkast.gateway.gateway import Gateway
from meterkast.gateway.grants import READABLE, require_grant
from meterkast.gateway.host import ApplicationHost
from meterkast.model.errors import LocalError, TrustError
from meterkast.model.obis import Obis
from meterkast.outside.clock import ScaledClock
from meterkast.outside.journal import Journal
from meterkast.outside.links import memory
from meterkast.pki.site import Site
from meterkast.protocols.axdr import boolean, null
from meterkast.protocols.dlms.apdu import (
    ActionRequestNormal,
    AttributeDescriptor,
    GetRequestNext,
    GetRequestNormal,
    GetRequestWithList,
    InvokeId,
    MethodDescriptor,
    SetRequestNormal,
)

_INVOKE = InvokeId(1)
_SWITCH = Obis(0, 0, 96, 3, 10)
_HOSTILE = Path(__file__).parent / "hostile"


def _get(class_id: int, attribute: int = 2) -> bytes:
    return GetRequestNormal(_INVOKE, AttributeDescriptor(class_id, _SWITCH, attribute)).encode()


def _get_list(*class_ids: int) -> bytes:
    wanted = tuple((AttributeDescriptor(class_id, _SWITCH, 2), None) for class_id in class_ids)
    return GetRequestWithList(_INVOKE, wanted).encode()


@pytest.mark.parametrize("class_id", sorted(READABLE))
def test_reading_what_measures_is_granted(class_id: int) -> None:
    require_grant(_get(class_id))
    require_grant(GetRequestNext(_INVOKE, 3).encode())
    require_grant(_get_list(*[class_id] * 16))


@pytest.mark.parametrize(
    "apdu",
    [
        _get(70),
        _get(71),
        _get(15),
        _get(3, 0),
        _get(3, -1),
        _get_list(3, 70),
        _get_list(),
        _get_list(*[3] * 40),
        SetRequestNormal(_INVOKE, AttributeDescriptor(3, _SWITCH, 2), None, boolean(True)).encode(),
        ActionRequestNormal(_INVOKE, MethodDescriptor(70, _SWITCH, 1), null()).encode(),
        ActionRequestNormal(_INVOKE, MethodDescriptor(8, _SWITCH, 1), null()).encode(),
        _get(3) + b"\x00",
        _get(3) * 30,
        b"",
    ],
)
def test_all_else_is_refused(apdu: bytes) -> None:
    """AT-20: no switch, no writing, no calling, no association objects."""
    with pytest.raises(TrustError) as caught:
        require_grant(apdu)
    assert caught.value.code == "grant-refused"


def test_no_class_but_those_that_measure() -> None:
    granted = set()
    for class_id in range(1024):
        with suppress(TrustError):
            require_grant(_get(class_id))
            granted.add(class_id)
    assert granted == READABLE == {1, 3, 4, 7, 8}


@given(st.binary(max_size=40))
def test_garbage_is_never_granted_by_accident(apdu: bytes) -> None:
    try:
        require_grant(apdu)
    except TrustError:
        return
    assert apdu[:2] in {b"\xc0\x01", b"\xc0\x02", b"\xc0\x03"}


@pytest.mark.processes
async def test_a_greedy_application_gets_nothing(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    host = ApplicationHost(module="greedy", bundle=_HOSTILE)
    await host.start()
    gateway = Gateway(settings_for(site, 1), clock=ScaledClock(NOW, speed=0))
    await gateway.start(host)
    assert not await gateway.collect(DAY)
    assert not await gateway.collect(DAY)
    await gateway.stop()
    journal = Journal(site.folder / "gateways" / "MKG0000000001" / "journal.sqlite")
    assert [(event.code, event.device) for _, event in journal.events()] == [
        ("grant-refused", "MKG0000000001"),
        ("payload-malformed", "MKG0000000001"),
        ("application-gone", "MKG0000000001"),
    ]
    assert journal.counts() == (0, 0)
    await host.stop()
    outcome = dict(re.findall(r"attempt ([a-z ]+): ([a-z-]+)", caplog.text))
    assert {name for name, code in outcome.items() if code == "granted"} == {"clock", "log"}
    assert {name for name, code in outcome.items() if code not in {"granted", "grant-refused"}} == {
        "wrong field",
        "no payload",
    }
    assert len(outcome) == 15
    assert "\x1b" not in caplog.text


@pytest.mark.processes
async def test_an_application_that_is_killed_is_started_again(site: Site) -> None:
    async with living_in(site) as house:
        await house.burn(range(25))
        host = house.gateway._host
        assert host is not None
        first = host.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        async with asyncio.timeout(10):
            while host.pid in {first, None}:
                await asyncio.sleep(0.01)
        assert await house.gateway.collect(DAY)
        assert await house.gateway.deliver() == 1


@pytest.mark.processes
async def test_an_application_that_dies_at_work_fails_its_errand_only(site: Site) -> None:
    """The module is silent, so the application waits for it when it is killed."""
    async with living_in(site) as house:
        house.module_wire.unplugged = True
        collecting = asyncio.create_task(house.gateway.collect(DAY))
        host = house.gateway._host
        assert host is not None
        async with asyncio.timeout(10):
            while host._current is None:
                await asyncio.sleep(0)
        assert host.pid is not None
        os.kill(host.pid, signal.SIGKILL)
        assert not await collecting
        house.module_wire.unplugged = False
        assert await house.gateway.collect(DAY)
        assert await house.gateway.deliver() == 1
        (payload,) = house.headend.opened()
        assert "application-gone" in {event.code for event in payload.events}


@pytest.mark.processes
@pytest.mark.parametrize("vice", ["sleep", "flood", "chatter", "hurry", "nonsense", "answer"])
async def test_an_application_that_wastes_time_is_ended(site: Site, vice: str) -> None:
    """Whatever it does instead of working, its errand ends within its time and the process is gone."""
    host = ApplicationHost(module=f"wasteful_{vice}", bundle=_HOSTILE)
    await host.start()
    first = host.pid
    settings = replace(settings_for(site, 1), errand_seconds=0.5)
    silent_module, _ = memory.pair()
    gateway = Gateway(settings, clock=ScaledClock(NOW, speed=0), module_link=silent_module)
    await gateway.start(host)
    began = time.monotonic()
    assert not await gateway.collect(DAY)
    assert time.monotonic() - began < 3
    async with asyncio.timeout(10):
        while host.pid in {None, first}:
            await asyncio.sleep(0.01)
    assert first is not None
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)
    await gateway.stop()
    await host.stop()


@pytest.mark.processes
async def test_one_process_serves_many_gateways(site: Site) -> None:
    host = ApplicationHost()
    await host.start()
    gateways = [Gateway(settings_for(site, 1), clock=ScaledClock(NOW, speed=0)) for _ in range(3)]
    for gateway in gateways:
        await gateway.start(host)
    assert all(await asyncio.gather(*(gateway.collect(DAY) for gateway in gateways)))
    assert gateways[0].status().sealed == 1  # all three keep one and the same journal
    for gateway in gateways:
        await gateway.stop()
    await host.stop()


async def test_without_an_application_nothing_is_collected(site: Site) -> None:
    gateway = Gateway(settings_for(site, 1), clock=ScaledClock(NOW, speed=0))
    assert not await gateway.collect(DAY)
    host = ApplicationHost()
    with pytest.raises(LocalError) as caught:
        await host.run(gateway._desk, DAY)
    assert caught.value.code == "application-stopped"
    await gateway.stop()
