"""Modules that are dead, lie, flood or send garbage; a gateway that is revoked. The others go on."""

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from meterkast.mdm.access import Query
from meterkast.mdm.store import StoredBlock
from meterkast.model.block import Medium
from meterkast.model.obis import Obis
from meterkast.module.module import Module
from meterkast.module.settings import ModuleSettings
from meterkast.outside.clock import Clock
from meterkast.street.home import Home
from meterkast.street.parts import Parts
from meterkast.street.state import StreetSettings
from meterkast.street.street import Street
from meterkast.street.supply import Supply

pytestmark = pytest.mark.processes

SILENT, LIAR, FLOOD, GARBAGE, HEALTHY = range(5)
NOON = 12 * 3600


class Liar(Parts):
    """A module whose registers halve at noon, in its load profile as everywhere."""

    name = "a lying module"

    def module(self, settings: ModuleSettings, supply: Supply, clock: Clock) -> Module:
        module = Module(settings, supply, clock)
        registers: Any = module._registers
        genuine: Callable[[int], Mapping[Obis, int]] = registers.at
        registers.at = lambda at: {
            obis: value // 2 if at % 86_400 >= NOON else value for obis, value in genuine(at).items()
        }
        return module


@pytest.fixture
async def street(tmp_path: Path) -> AsyncIterator[Street]:
    street = Street(
        StreetSettings(homes=5, days=1, site=tmp_path / "site"),
        parts=lambda number: Liar() if number == LIAR else Parts(),
    )
    await street.build()
    yield street
    await street.close()


def block_of(street: Street, home: Home, medium: Medium) -> StoredBlock:
    device = home.module.name if medium is Medium.ELECTRICITY else home.gas_meter.name
    return street.centre.blocks(Query(device=device))[-1]


async def test_every_bad_module_is_flagged_and_nobody_else_suffers(street: Street) -> None:
    homes = street.homes
    homes[SILENT].module_line.unplugged = True
    homes[FLOOD].module_line.fault = lambda octets: octets * 300_000
    homes[GARBAGE].module_line.fault = lambda octets: bytes(octet ^ 0x5A for octet in octets)
    await street.live_day()
    flags = {
        number: set(block_of(street, home, Medium.ELECTRICITY).block.flags)
        for number, home in enumerate(homes)
    }
    assert "SILENT" in flags[SILENT]
    assert "REG_DECR" in flags[LIAR]
    assert "FLOOD" in flags[FLOOD]
    assert "GARBAGE" in flags[GARBAGE]
    assert flags[HEALTHY] == set()
    for home in homes:
        gas = block_of(street, home, Medium.GAS).block
        assert gas.missing == 0
        assert gas.flags == ()
        assert home.gateway.status().pending == 0


async def test_a_lie_is_stored_as_it_was_told(street: Street) -> None:
    await street.live_day()
    liar = street.homes[LIAR]
    block = block_of(street, liar, Medium.ELECTRICITY).block
    told = block.columns[0]
    assert any(step is not None and step < 0 for step in told.differences())
    assert told.values == tuple(liar.module._registers.at(at)[told.obis] for at in block.times)


async def test_a_module_that_comes_back_is_read_from_its_buffer(street: Street) -> None:
    home = street.homes[SILENT]
    day = street.today
    home.module_line.unplugged = True
    await street.live_day()
    assert "SILENT" in block_of(street, home, Medium.ELECTRICITY).block.flags
    home.module_line.unplugged = False
    await street.collect(home, day)
    await street.stored()
    stored = block_of(street, home, Medium.ELECTRICITY)
    assert (stored.version, stored.block.flags, stored.block.missing) == (2, (), 0)


async def test_a_revoked_gateway_delivers_nothing_and_loses_nothing(street: Street) -> None:
    await street.live_day()
    revoked, healthy = street.homes[SILENT], street.homes[HEALTHY]
    authority = street.centre.site.authority
    for issued in authority.issued(str(revoked.address.title)):
        authority.revoke(issued.certificate.serial_number, datetime.now(UTC))
    day = street.today
    await revoked.gateway.collect(day)
    assert await revoked.gateway.deliver() == 0
    assert revoked.gateway.status().pending == 1
    await street.collect(healthy, day)
    assert healthy.gateway.status().pending == 0
    status = await street.stored()
    stored = {store.title: store.stored for store in status.gateways}
    assert stored[str(revoked.address.title)] == 1
    assert stored[str(healthy.address.title)] == 2
