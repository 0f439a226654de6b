"""``kill -9`` of a gateway process on the real chain: every day arrives once, as the module has it."""

import asyncio
import random
import signal
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from meterkast.gateway.settings import HeadEndAddress
from meterkast.mdm.access import Query
from meterkast.mdm.store import StoredBlock
from meterkast.model.calendar import HOUR, day_start
from meterkast.module import service
from meterkast.module.module import Module
from meterkast.module.settings import ModuleSettings
from meterkast.module.vendor import VendorProfile
from meterkast.outside.clock import SharedClock
from meterkast.street.centre import OPERATOR, Centre
from meterkast.street.clearing import clear
from meterkast.street.home import Address, module_name
from meterkast.street.homes import Household
from meterkast.street.supply import Supply

pytestmark = pytest.mark.processes

START, DAYS, KILLS = date(2026, 3, 2), 5, 8
PAIRING = bytes(range(32))


def configuration(home: Address, headend: HeadEndAddress, module_port: int) -> str:
    address = VendorProfile.load(home.household.vendor).address
    return f"""
        title = "{home.title}"
        operator = "{OPERATOR}"
        trust = "../../trust"
        [headend]
        host = "{headend.host}"
        port = {headend.port}
        server-name = "{headend.server_name}"
        [module]
        name = "{module_name(home.household)}"
        tcp = "127.0.0.1:{module_port}"
        address = {{ upper = {address.upper}, lower = {address.lower}, octets = {address.width} }}
        [clock]
        file = "../../clock"
    """


async def gateway_process(config: Path) -> asyncio.subprocess.Process:
    command = Path(sys.executable).with_name("meterkast")
    return await asyncio.create_subprocess_exec(
        str(command),
        "gateway",
        "run",
        str(config),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )


async def stored_days(centre: Centre, days: int) -> list[StoredBlock]:
    """The whole days; the hour before the first of them is a block of its own."""
    async with asyncio.timeout(60):
        while len(blocks := centre.blocks(Query(first_day=START))) < days:
            await asyncio.sleep(0.05)
    return blocks


async def test_a_gateway_killed_again_and_again_delivers_every_day_once(tmp_path: Path) -> None:
    site = tmp_path / "site"
    clear(site)
    clock = SharedClock.create(site / "clock", day_start(START + timedelta(days=DAYS)) + HOUR)
    centre = Centre(site)
    home = Address.of(Household(3, 0))
    module = Module(
        ModuleSettings(
            profile=VendorProfile.load(home.household.vendor),
            serial=int(module_name(home.household)[3:]),
            phases=home.household.phases,
            pairing_key=PAIRING,
            installed_at=day_start(START) - HOUR,
        ),
        Supply(home.household),
        clock,
    )
    endpoints: asyncio.Future[service.Endpoints] = asyncio.get_running_loop().create_future()
    stop = asyncio.Event()
    serving = asyncio.create_task(
        service.run(module, address=("127.0.0.1", 0), ready=endpoints.set_result, stop=stop)
    )
    chance = random.Random(7)
    try:
        headend = await centre.open()
        keystore = (await centre.connect([home]))[home]
        keystore.put_secret("pairing", PAIRING)
        port = (await endpoints).port
        assert port is not None
        config = keystore.folder.parent / "gateway.toml"
        config.write_text(configuration(home, headend, port))
        for _ in range(KILLS):
            process = await gateway_process(config)
            await asyncio.sleep(chance.uniform(0.3, 1.5))
            process.send_signal(signal.SIGKILL)
            await process.wait()
        process = await gateway_process(config)
        blocks = await stored_days(centre, DAYS)
        process.terminate()
        await process.wait()
        status = centre.status()
        envelopes = [body[:64] for body in centre.bodies()]
    finally:
        stop.set()
        await serving
        await centre.close()
        clock.close()
    assert [each.block.day for each in blocks] == [START + timedelta(days=number) for number in range(DAYS)]
    assert [each.version for each in blocks] == [1] * DAYS
    for each in blocks:
        for column in each.block.columns:
            truth = tuple(module.registers(at)[column.obis] for at in each.block.times)
            assert column.values == truth
    assert len(set(envelopes)) == len(envelopes) == sum(store.stored for store in status.gateways)
