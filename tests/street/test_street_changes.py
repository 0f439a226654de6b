"""What people change in a house: the module, communication, the kind of meter; and a screwdriver."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from meterkast.mdm.access import Query
from meterkast.model.calendar import day_bounds
from meterkast.model.obis import Obis
from meterkast.module.module import Module
from meterkast.outside.clock import ScaledClock
from meterkast.protocols.order import Speech
from meterkast.protocols.p1.telegram import parse
from meterkast.street.digital import DigitalMeter
from meterkast.street.feeder import feeder_energy
from meterkast.street.state import StreetSettings
from meterkast.street.street import Street
from meterkast.street.tamper import tamper

pytestmark = pytest.mark.processes

IMPORT, EXPORT = Obis(1, 0, 1, 8, 0), Obis(1, 0, 2, 8, 0)


@pytest.fixture
async def street(tmp_path: Path) -> AsyncIterator[Street]:
    street = Street(StreetSettings(homes=2, days=1, site=tmp_path / "site"))
    await street.build()
    yield street
    await street.close()


async def test_a_module_is_swapped_and_put_back(street: Street) -> None:
    home = street.homes[0]
    first = home.module
    now = int(street.clock.now())
    old = await street.swap(home, home.new_module("SAG", now - now % 60, spare=True))
    assert old.module is first
    assert home.module.name.startswith("SAG7")
    day = street.today
    await street.live_day()
    (stored,) = street.centre.blocks(Query(device=home.module.name, first_day=day, last_day=day))
    assert stored.ean == str(home.address.household.ean)
    assert stored.block.columns[0].values[-1] == home.module.registers(day_bounds(day)[1])[IMPORT]
    await street.swap(home, old)
    day = street.today
    await street.live_day()
    assert street.centre.blocks(Query(device=first.name, first_day=day, last_day=day))


async def test_a_silent_home_holds_nobody_up_and_tells_its_household(street: Street) -> None:
    silent, other = street.homes
    await silent.gateway.obey(street.centre.order(silent.address.title, 1, Speech.OFF))
    async with silent.uplink_tapped() as tap:
        await street.live_day()
    assert (tap.connections, silent.gateway.status().sealed) == (0, 0)
    assert other.gateway.status().confirmed == 1
    telegram = parse(await street.telegram(silent))
    assert telegram.first("1-0:1.8.1") is not None
    assert telegram.first("0-1:24.2.1") is not None


async def test_a_tapped_uplink_shows_what_is_sent_and_ends(street: Street) -> None:
    home = street.homes[0]
    settings = home.gateway.settings
    async with home.uplink_tapped() as tap:
        await street.live_day()
    assert tap.connections == 1
    assert len(tap.seen) > 1000
    assert home.gateway.settings == settings


async def test_a_lie_lasts_as_long_as_the_screwdriver(street: Street) -> None:
    module = street.homes[0].module
    at = int(street.clock.now())
    true = module.registers(at)[IMPORT]
    tamper(module, lambda _at, registers: {name: value + 1 for name, value in registers.items()})
    tamper(module, lambda _at, registers: {name: value + 2 for name, value in registers.items()})
    assert module.registers(at)[IMPORT] == true + 2
    tamper(module, None)
    assert module.registers(at)[IMPORT] == true


async def test_the_digital_meter_shows_both_directions(street: Street) -> None:
    home = street.homes[0]
    start, end = day_bounds(street.today)
    settings = home.module_settings("KFM", start, bytes(32))
    at_end = DigitalMeter(Module(settings, home.supply, ScaledClock(end, speed=0))).display()
    at_start = DigitalMeter(Module(settings, home.supply, ScaledClock(start, speed=0))).display()
    net = sum(at_end[name] - at_start[name] for name in (IMPORT,)) - (at_end[EXPORT] - at_start[EXPORT])
    assert net == pytest.approx(feeder_energy([home], start, end), abs=4)
