"""The consumer port: a P1 telegram of both meters, or of the one that is left; one way, and nothing else."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from gateway.gateway_house import NOW, TITLE, House, found_site, living_in
from meterkast.gateway.consumer_port import ConsumerPort, require_telegram
from meterkast.gateway.errand import TELLING
from meterkast.gateway.host import ApplicationHost
from meterkast.gateway.line import Line
from meterkast.model.calendar import HOUR
from meterkast.model.errors import MeterkastError, PeerError
from meterkast.model.obis import Obis
from meterkast.outside.links import memory
from meterkast.protocols.p1.readings import telegram_instant, telegram_readings
from meterkast.protocols.p1.telegram import CrcVerdict, emit, parse

pytestmark = pytest.mark.processes


@pytest.fixture(params=["KFM", "SAG"])
async def house(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[House]:
    async with living_in(found_site(tmp_path / "site"), vendor=request.param) as house:
        yield house


@pytest.fixture
async def host() -> AsyncIterator[ApplicationHost]:
    host = ApplicationHost.of_consumer_port()
    await host.start()
    yield host
    await host.stop()


async def test_the_telegram_shows_what_the_meters_show(house: House, host: ApplicationHost) -> None:
    last_hour = NOW - NOW % HOUR
    await house.gas_meter.push(house.gas_wire, last_hour)
    await asyncio.sleep(0)
    telegram = parse(await house.gateway.tell(host))
    assert (telegram.crc, telegram.findings, telegram_instant(telegram)) == (CrcVerdict.OK, (), NOW)
    readings = {reading.obis: reading for reading in telegram_readings(telegram)}
    for obis, truth in house.module.registers(NOW).items():
        if obis.e:
            assert readings[obis].value == truth
    gas = readings[Obis(0, 1, 24, 2, 1)]
    assert isinstance(gas.value, Decimal)
    assert (int(gas.value * 1000), gas.at) == (house.gas_meter.index(last_hour), last_hour)
    powers = [readings[Obis(1, 0, code, 7, 0)].value for code in (1, 2)]
    assert 0 in powers
    assert sum(powers) > 0  # type: ignore[arg-type]
    assert {Obis(1, 0, code, 7, 0) for code in (32, 52, 72, 31, 51, 71)} <= readings.keys()


async def test_without_the_module_gas_goes_on(house: House, host: ApplicationHost) -> None:
    await house.gas_meter.push(house.gas_wire, NOW - NOW % HOUR)
    await asyncio.sleep(0)
    house.module_wire.unplugged = True
    telegram = parse(await house.gateway.tell(host))
    assert [each.code for each in telegram.objects if each.code.startswith("1-0")] == []
    assert telegram.first("0-1:24.2.1") is not None
    house.module_wire.unplugged = False
    assert parse(await house.gateway.tell(host)).first("1-0:1.8.1") is not None


async def test_the_port_application_hands_in_nothing(tmp_path: Path) -> None:
    """The collector under the grants of the port: it is refused, and nothing is sealed."""
    async with living_in(found_site(tmp_path / "site")) as house:
        host = ApplicationHost(grants=TELLING)
        await host.start()
        with pytest.raises(MeterkastError) as caught:
            await house.gateway.tell(host)
        assert caught.value.code == "application-gone"
        assert house.gateway.status().sealed == 0
        await host.stop()


async def test_a_household_that_does_not_read_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("meterkast.gateway.consumer_port._PATIENCE", 0.05)
    near, far = memory.pair()
    port = ConsumerPort(Line(near))
    for _ in range(20):
        await port.send(bytes(1 << 16))
    assert len(await far.receive(1 << 21)) == 1 << 20
    assert not near._inbox
    await far.close()
    await port.send(b"nobody")
    await port.close()


GOOD = emit(f"/MKG5{TITLE}", [("1-3:0.2.8", ["50"])])


@pytest.mark.parametrize(
    "octets", [b"", b"hello", GOOD[:-4], GOOD.replace(b"50", b"51"), GOOD + GOOD, b"x" + GOOD, GOOD * 200]
)
def test_only_a_whole_telegram_leaves(octets: bytes) -> None:
    require_telegram(GOOD)
    with pytest.raises(PeerError) as caught:
        require_telegram(octets)
    assert caught.value.code == "telegram-malformed"
