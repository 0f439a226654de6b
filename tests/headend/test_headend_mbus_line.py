"""A line to wired M-Bus devices with a real gas meter at its far end."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from gasmeter.wall import KEY, SETTINGS, START, flow
from meterkast.gasmeter.meter import GasMeter
from meterkast.headend.mbus_line import MbusLine
from meterkast.model.errors import PeerError, UnreachableError
from meterkast.outside.clock import ScaledClock
from meterkast.outside.links.memory import pair
from meterkast.protocols.mbus.conversation import SELECTED, read_out, search, select
from meterkast.protocols.mbus.gas import open_gas_telegram
from meterkast.protocols.mbus.secondary import SecondaryAddress

NOW = START + 7200 + 1


@asynccontextmanager
async def a_line() -> AsyncIterator[MbusLine]:
    """A master's line with one gas meter on it."""
    near, far = pair()
    meter = GasMeter(SETTINGS, flow, itertools.count(1).__next__)
    serving = asyncio.create_task(meter.serve(far, ScaledClock(NOW, 0)))
    yield MbusLine(near, patience=0.05)
    await near.close()
    await serving


async def test_a_gas_meter_is_read_out() -> None:
    async with a_line() as line:
        (answer,) = await line.hold(read_out(1))
    assert open_gas_telegram(answer.encode(), KEY, -1).at == START + 7200


async def test_a_gas_meter_is_found_and_read_by_who_it_is() -> None:
    async with a_line() as line:
        found = await line.hold(search(SecondaryAddress()))
        assert found.devices == (SETTINGS.identity,)
        await line.hold(select(SecondaryAddress.of(SETTINGS.identity)))
        (answer,) = await line.hold(read_out(SELECTED))
    assert open_gas_telegram(answer.encode(), KEY, -1).device == SETTINGS.identity


async def test_nobody_there_is_silence() -> None:
    async with a_line() as line:
        with pytest.raises(UnreachableError) as caught:
            await line.hold(read_out(9))
    assert caught.value.code == "mbus-silent"


async def test_two_at_once_are_noise() -> None:
    near, far = pair()

    async def two_at_once() -> None:
        while await far.receive():
            await far.send(b"\xe5")
            await far.send(b"\x68\x03\x03\x68\x08\x01\x72\x7b\x16")

    talking = asyncio.create_task(two_at_once())
    with pytest.raises(PeerError) as caught:
        await MbusLine(near, patience=0.05).hold(read_out(1))
    assert caught.value.code == "mbus-noise"
    await near.close()
    await talking


async def test_a_line_that_is_gone_is_said() -> None:
    near, far = pair()
    await far.close()
    with pytest.raises(UnreachableError) as caught:
        await MbusLine(near, patience=0.05).hold(read_out(1))
    assert caught.value.code == "link-closed"
