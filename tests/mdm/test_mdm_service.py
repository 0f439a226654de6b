"""The intake as a process: it starts by itself, goes on by itself, and ends when told."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from mdm.one_home import DAY, gas_block
from mdm.sealed import SealingGateway, database_of, found, gateway_of, now
from meterkast.mdm.access import Query, Readings
from meterkast.mdm.service import MdmSettings, run
from meterkast.model.errors import LocalError
from meterkast.outside.bus import BusMessage
from meterkast.outside.bus.sqlite import SqliteBus
from meterkast.outside.clock import SharedClock
from meterkast.pki.site import Site


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return found(tmp_path / "site")


@asynccontextmanager
async def running(site: Site) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(run(MdmSettings(site=site.folder, poll=0.001, patience=0.01), stop=stop))
    try:
        yield
    finally:
        stop.set()
        await task


def append(site: Site, gateway: SealingGateway, number: int) -> None:
    bus = SqliteBus(site.folder / "bus" / "bus.sqlite")
    envelope = gateway.envelope(number, gas_block(DAY + timedelta(days=number)))
    bus.append([BusMessage(key=b"", body=envelope, at=0)])
    bus.close()


async def stored(site: Site, count: int) -> list[int]:
    """When each of the blocks was known, once there are so many."""
    readings = Readings(database_of(site.folder))
    async with asyncio.timeout(20):
        while len(found := [block.known_at for block in readings.blocks(Query())]) < count:
            await asyncio.sleep(0.005)
    return found


async def test_what_comes_before_and_after_the_start_is_stored_at_metering_time(site: Site) -> None:
    SharedClock.create(site.folder / "clock", 1_772_600_000.5).close()
    append(site, gateway_of(site), 1)
    async with running(site):
        await stored(site, 1)
        append(site, gateway_of(site), 2)
        assert await stored(site, 2) == [1_772_600_000] * 2


async def test_without_a_revocation_list_it_waits_and_says_so(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    for path in site.trust.crl_files():
        path.unlink()
    append(site, gateway_of(site), 1)
    with caplog.at_level(logging.ERROR, "meterkast.mdm"):
        async with running(site):
            async with asyncio.timeout(20):
                while not caplog.records:
                    await asyncio.sleep(0.005)
            assert caplog.records[0].getMessage().startswith("intake-revocation-unknown")
            assert not list(Readings(database_of(site.folder)).blocks(Query()))


async def test_a_trust_folder_that_cannot_be_read_makes_it_wait(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    path = site.trust.crl_files()[0]
    contents = path.read_bytes()
    path.write_bytes(b"not a list")
    append(site, gateway_of(site), 1)
    with caplog.at_level(logging.ERROR, "meterkast.mdm"):
        async with running(site):
            async with asyncio.timeout(20):
                while not caplog.records:
                    await asyncio.sleep(0.005)
            assert caplog.records[0].getMessage().startswith("trust-malformed")
            path.write_bytes(contents)
            assert len(await stored(site, 1)) == 1


async def test_with_the_lists_back_it_goes_on(site: Site, tmp_path: Path) -> None:
    aside = [(path, path.read_bytes()) for path in site.trust.crl_files()]
    for path, _ in aside:
        path.unlink()
    append(site, gateway_of(site), 1)
    async with running(site):
        for path, contents in aside:
            path.write_bytes(contents)
        site.authority.publish(now())
        assert len(await stored(site, 1)) == 1


async def test_a_keystore_open_to_others_stops_the_start(site: Site) -> None:
    (site.folder / "mdm" / "keystore").chmod(0o755)
    with pytest.raises(LocalError):
        await run(MdmSettings(site=site.folder), stop=asyncio.Event())
