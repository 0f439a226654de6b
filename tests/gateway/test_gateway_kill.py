"""A real gateway process, killed at random points: nothing lost, no counter twice, no day twice."""

import asyncio
import os
import random
import sys
from asyncio.subprocess import DEVNULL, Process
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.gateway_house import INSTALLED, NOW, OPERATOR, TITLE, HeadEnd, make_module
from meterkast.model.block import MeterDayBlock
from meterkast.model.calendar import local_day
from meterkast.module.server import serve
from meterkast.outside.clock import SharedClock
from meterkast.outside.journal import Journal
from meterkast.outside.links import Link, tcp
from meterkast.outside.links.tcp import port_of
from meterkast.pki.site import HEADEND_NAME, Site

_KILLS = 15
_PROCESS = """
import asyncio, sys
from pathlib import Path
from meterkast.gateway.configuration import Configuration
from meterkast.gateway.service import run
asyncio.run(run(Configuration.load(Path(sys.argv[1])), stop=asyncio.Event()))
"""
_TOML = """
title = "{title}"
operator = "{operator}"
trust = "../../trust"
slot-seconds = 1
headend = {{ host = "127.0.0.1", port = {headend}, server-name = "{server_name}" }}
module = {{ name = "KFM5000000000017", tcp = "127.0.0.1:{module}" }}
clock = {{ file = "../../clock" }}
"""


async def _start(configuration: Path) -> Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _PROCESS, str(configuration)),
        stdout=DEVNULL,
        stderr=DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


async def _until(headend: HeadEnd, envelopes: int, process: Process) -> None:
    """Returns once the head-end has so many envelopes; fails where the gateway ends by itself."""
    async with asyncio.timeout(60):
        while len(headend.envelopes) < envelopes:
            assert process.returncode is None
            await asyncio.sleep(0.001)


async def _kill(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()
    await process.wait()


@pytest.mark.processes
@pytest.mark.timeout(120)
async def test_killed_at_random_points(site: Site) -> None:
    """Some kills strike during the start, some between two days, some around a confirmation."""
    chance = random.Random(20261122)
    clock = SharedClock.create(site.folder / "clock", NOW)
    module = make_module(clock=clock)

    async def answer(link: Link) -> None:
        await serve(module, link, "wrapper")

    modules = await tcp.listen("127.0.0.1", 0, answer)
    folder = site.folder / "gateways" / str(TITLE)
    async with HeadEnd(site).listening() as headend:
        configuration = folder / "gateway.toml"
        configuration.write_text(
            _TOML.format(
                title=TITLE,
                operator=OPERATOR,
                headend=headend.port,
                server_name=HEADEND_NAME,
                module=port_of(modules),
            )
        )
        for number in range(_KILLS):
            process = await _start(configuration)
            wanted = len(headend.envelopes) + 1 if number % 3 else 0
            await _until(headend, wanted, process)
            await asyncio.sleep(chance.random() * (0.05 if wanted else 0.8))  # a random instruction
            await _kill(process)
            clock.set(clock.now() + 86400)
        process = await _start(configuration)
        last = local_day(int(clock.now())) - timedelta(days=1)
        async with asyncio.timeout(60):
            while last not in {block.day for block in _delivered(headend)} or _pending(folder):
                assert process.returncode is None
                await asyncio.sleep(0.05)
        await _kill(process)
    modules.close()
    assert all(len(set(kept)) == 1 for kept in headend.envelopes.values())
    blocks = _delivered(headend)
    first = local_day(INSTALLED - 1)  # its last instant is the first that the module knows
    expected = [first + timedelta(days=ahead) for ahead in range((last - first).days + 1)]
    assert sorted(block.day for block in blocks) == expected
    for block in blocks:
        registers = [module.registers(max(at, INSTALLED)) for at in block.times]
        assert all(
            value == (register[column.obis] if at >= INSTALLED else None)
            for column in block.columns
            for at, value, register in zip(block.times, column.values, registers, strict=True)
        )
    journal = Journal(folder / "journal.sqlite")
    assert journal.counts() == (len(headend.envelopes), len(headend.envelopes))
    assert journal.reserve() > max(headend.envelopes)


def _delivered(headend: HeadEnd) -> list[MeterDayBlock]:
    return [block for payload in headend.opened() for block in payload.blocks]


def _pending(folder: Path) -> int:
    journal = Journal(folder / "journal.sqlite")
    sealed, confirmed = journal.counts()
    journal.close()
    return sealed - confirmed
