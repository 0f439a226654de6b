"""The gas meter on a line, and its frame counter on a disk."""

import asyncio
import itertools
import os
from pathlib import Path

import pytest

from gasmeter.wall import HOUR, KEY, SETTINGS, START, a_meter, flow, no_flow
from meterkast.gasmeter import service
from meterkast.gasmeter.counter import FrameCounter
from meterkast.gasmeter.meter import GasMeter
from meterkast.model.errors import DataError, LocalError, UnreachableError
from meterkast.outside.clock import ScaledClock, SharedClock
from meterkast.outside.links import Link, memory
from meterkast.protocols.mbus.frame import Acknowledgement, Decoder, Frame, ShortFrame
from meterkast.protocols.mbus.gas import open_gas_telegram


async def next_frames(link: Link, count: int) -> list[Frame]:
    decoder, frames = Decoder(), list[Frame]()
    async with asyncio.timeout(10):
        while len(frames) < count:
            frames += decoder.receive(await link.receive())
    return frames


async def test_it_pushes_every_hour_that_ends_and_none_twice() -> None:
    near, far = memory.pair()
    clock = ScaledClock(START + 1, speed=100 * HOUR)
    running = asyncio.create_task(service.run(a_meter(), near, clock))
    telegrams = [open_gas_telegram(found.encode(), KEY, 0) for found in (await next_frames(far, 5))[:5]]
    assert [gas.at for gas in telegrams] == [START + HOUR * hour for hour in range(1, 6)]
    assert [gas.counter for gas in telegrams] == [1, 2, 3, 4, 5]
    await far.close()
    await asyncio.wait_for(running, 10)


async def test_hours_that_passed_while_it_slept_are_not_left_out(tmp_path: Path) -> None:
    near, far = memory.pair()
    clock = SharedClock.create(tmp_path / "clock", START)
    running = asyncio.create_task(service.run(a_meter(), near, clock))
    (first,) = await next_frames(far, 1)
    clock.set(START + 4 * HOUR)
    rest = await next_frames(far, 4)
    telegrams = [open_gas_telegram(found.encode(), KEY, 0) for found in (first, *rest)]
    assert [gas.at for gas in telegrams] == [START + HOUR * hour for hour in range(5)]
    await far.close()
    await asyncio.wait_for(running, 10)
    clock.close()


async def test_it_answers_polls_and_survives_garbage() -> None:
    near, far = memory.pair()
    serving = asyncio.create_task(a_meter().serve(near, ScaledClock(START + HOUR, speed=0)))
    await far.send(b"\x00garbage")
    await far.send(ShortFrame(control=0x40, address=1).encode())
    assert await next_frames(far, 1) == [Acknowledgement()]
    poll = ShortFrame(control=0x5B, address=1).encode()
    await far.send(poll[:3])
    await far.send(poll[3:])
    (answer,) = await next_frames(far, 1)
    assert open_gas_telegram(answer.encode(), KEY, 0).at == START + HOUR
    await far.close()
    await asyncio.wait_for(serving, 10)


async def test_a_push_on_a_closed_link_is_told() -> None:
    near, far = memory.pair()
    await far.close()
    with pytest.raises(UnreachableError):
        await a_meter().push(near, START)


async def test_a_fault_of_ours_ends_the_service_and_is_told() -> None:
    near, _ = memory.pair()
    broken = GasMeter(SETTINGS, no_flow, itertools.count(1).__next__)
    with pytest.raises(LocalError):
        await asyncio.wait_for(service.run(broken, near, ScaledClock(START + HOUR, speed=0)), 10)


def test_the_frame_counter_goes_on_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "counter"
    first = FrameCounter(path)
    assert [first(), first(), first()] == [1, 2, 3]
    again = FrameCounter(path)
    meter = GasMeter(SETTINGS, flow, again)
    assert open_gas_telegram(meter.telegram(START + HOUR), KEY, 3).counter == 4


def test_the_counter_is_on_the_disk_before_it_is_used(tmp_path: Path) -> None:
    path = tmp_path / "counter"
    counter = FrameCounter(path)
    for _ in range(5):
        used = counter()
        assert int(path.read_text()) >= used


def test_a_counter_that_cannot_be_stored_is_not_given_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter = FrameCounter(tmp_path / "counter")
    assert counter() == 1

    def fail(descriptor: int) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match="disk full"):
            counter()
    assert FrameCounter(tmp_path / "counter")() == 2


@pytest.mark.parametrize("content", ["", "x", "-1", "1.5", "\N{SUPERSCRIPT TWO}"])
def test_a_spoilt_counter_does_not_begin_anew(tmp_path: Path, content: str) -> None:
    path = tmp_path / "counter"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        FrameCounter(path)
    assert caught.value.code == "gasmeter-counter-malformed"
