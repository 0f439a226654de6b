"""Group commit: what is reported is on the bus, once, and many go in one commit."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from meterkast.headend.appender import Appender
from meterkast.model.errors import TrustError, UnreachableError
from meterkast.outside.bus import BusMessage
from meterkast.outside.bus.sqlite import SqliteBus
from meterkast.outside.clock import ScaledClock


class CountingBus(SqliteBus):
    """Knows how many messages each commit had, and can be out of order."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.commits: list[int] = []
        self.broken = False

    def append(self, messages: Sequence[BusMessage]) -> list[int]:
        if self.broken:
            raise OSError("disk full")
        self.commits.append(len(messages))
        return super().append(messages)

    def bodies(self) -> list[bytes]:
        return [message.body for _, message in self.read(0, 10_000)]


@pytest.fixture
def bus(tmp_path: Path) -> CountingBus:
    return CountingBus(tmp_path / "bus.sqlite")


@asynccontextmanager
async def running(bus: SqliteBus) -> AsyncIterator[Appender]:
    appender = Appender(bus, ScaledClock(42, 0))
    task = asyncio.create_task(appender.run())
    try:
        yield appender
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_what_is_appended_is_on_the_bus_with_its_time(bus: CountingBus) -> None:
    async with running(bus) as appender:
        await appender.append(b"key", b"body")
    assert bus.read(0, 10) == [(1, BusMessage(key=b"key", body=b"body", at=42))]


async def test_many_at_once_go_in_few_commits_and_in_order(bus: CountingBus) -> None:
    bodies = [b"%d" % number for number in range(1000)]
    async with running(bus) as appender:
        await asyncio.gather(*(appender.append(body, body) for body in bodies))
    assert bus.bodies() == bodies
    assert len(bus.commits) <= 10
    assert max(bus.commits) <= 300


async def test_the_same_message_is_on_the_bus_once_however_often_it_comes(bus: CountingBus) -> None:
    async with running(bus) as appender:
        await asyncio.gather(*(appender.append(b"key", b"body") for _ in range(5)))
        await appender.append(b"key", b"body")
    async with running(bus) as appender:
        await appender.append(b"key", b"body")
    assert bus.bodies() == [b"body"]


@pytest.mark.parametrize("together", [True, False])
async def test_a_second_message_under_a_key_is_kept_and_a_third_refused(
    bus: CountingBus, *, together: bool
) -> None:
    async with running(bus) as appender:
        first, second = appender.append(b"key", b"body"), appender.append(b"key", b"lie")
        if together:
            await asyncio.gather(first, second)
        else:
            await first
            await second
        with pytest.raises(TrustError) as caught:
            await appender.append(b"key", b"another lie")
        await appender.append(b"key", b"lie")
        assert [await appender.has(b"key", each) for each in (b"lie", b"another lie")] == [True, False]
    assert caught.value.code == "envelope-counter-clash"
    assert bus.bodies() == [b"body", b"lie"]


async def test_a_bus_that_fails_confirms_nobody_and_later_goes_on(
    bus: CountingBus, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(bus) as appender:
        bus.broken = True
        with caplog.at_level(logging.CRITICAL, "meterkast.headend"):
            outcomes = await asyncio.gather(
                *(appender.append(b"%d" % number, b"body") for number in range(3)), return_exceptions=True
            )
        assert [type(outcome) for outcome in outcomes] == [UnreachableError] * 3
        assert bus.bodies() == []
        bus.broken = False
        await appender.append(b"key", b"body")
    assert bus.bodies() == [b"body"]


async def test_somebody_who_stops_waiting_does_not_disturb_the_others(bus: CountingBus) -> None:
    async with running(bus) as appender:
        leaving = asyncio.create_task(appender.append(b"a", b"a"))
        staying = asyncio.create_task(appender.append(b"b", b"b"))
        await asyncio.sleep(0)
        leaving.cancel()
        await staying
    assert b"b" in bus.bodies()
