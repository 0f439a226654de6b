"""One day of one house, all parts real: module, gas meter, application process, seal, TLS, confirmation."""

from datetime import timedelta

import pytest

from gateway.gateway_house import DAY, TITLE, living_in
from meterkast.gateway.module_state import State
from meterkast.gateway.settings import FramingKind
from meterkast.model.block import Medium
from meterkast.model.calendar import HOUR, QUARTER, grid
from meterkast.model.obis import Obis
from meterkast.pki.site import Site
from meterkast.protocols import hdlc
from meterkast.protocols.hdlc import Address

pytestmark = pytest.mark.processes

_IMPORT, _EXPORT = Obis(1, 0, 1, 8, 0), Obis(1, 0, 2, 8, 0)


@pytest.mark.parametrize(
    ("vendor", "framing"),
    [("KFM", FramingKind.HDLC), ("SAG", FramingKind.HDLC), ("KFM", FramingKind.WRAPPER)],
)
async def test_a_day_arrives_to_the_last_watt_hour(site: Site, vendor: str, framing: FramingKind) -> None:
    async with living_in(site, vendor=vendor, framing=framing) as house:
        await house.burn(range(25))
        assert await house.gateway.collect(DAY)
        assert await house.gateway.deliver() == 1
        (payload,) = house.headend.opened()
        electricity, gas = payload.blocks
        assert payload.events == ()
        assert (electricity.device, electricity.medium, electricity.day) == (
            house.module.name,
            Medium.ELECTRICITY,
            DAY,
        )
        assert electricity.times == grid(DAY, QUARTER)
        assert electricity.flags == ()
        assert None not in electricity.status
        assert {column.obis: column.values for column in electricity.columns} == {
            obis: tuple(house.module.registers(at)[obis] for at in electricity.times)
            for obis in (_IMPORT, _EXPORT)
        }
        assert (gas.device, gas.medium, gas.flags) == ("MKM12345678", Medium.GAS, ())
        assert gas.times == grid(DAY, HOUR)
        assert gas.columns[0].values == tuple(house.gas_meter.index(at) for at in gas.times)
        status = house.gateway.status()
        assert (status.title, status.module, status.pending, status.last_day) == (
            str(TITLE),
            State.ASSOCIATED,
            0,
            DAY,
        )
        assert {"network-namespace", "seccomp"} & set(status.layers)


async def test_a_day_is_collected_once(site: Site) -> None:
    async with living_in(site) as house:
        await house.burn(range(25))
        assert await house.gateway.collect(DAY)
        assert await house.gateway.collect(DAY)
        assert house.gateway.status().sealed == 1
        assert await house.gateway.deliver() == 1
        assert await house.gateway.deliver() == 0


async def test_the_module_forgets_and_is_found_again(site: Site) -> None:
    """The module restarts between two days: the association is gone, the wire is not."""
    async with living_in(site) as house:
        assert await house.gateway.collect(DAY - timedelta(days=1))
        assert house.gateway.status().module is State.ASSOCIATED
        module, gateway = Address(1), Address(1)
        disc = hdlc.Frame(destination=module, source=gateway, control=hdlc.Control(kind=hdlc.Kind.DISCONNECT))
        await house.module_wire.send(disc.encode())
        assert await house.gateway.collect(DAY)
        assert await house.gateway.deliver() == 2
        assert [payload.blocks[0].flags for payload in house.headend.opened()] == [(), ()]
