"""The consumer port: both meters as P1 and as X1, or the one that is left; one way, and nothing else."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from itertools import islice, pairwise
from pathlib import Path

import pytest

from gateway.gateway_house import NOW, TITLE, House, found_site, living_in, make_module, settings_for
from meterkast.console.household import HouseholdClient
from meterkast.gateway.consumer_port.consent import Consent
from meterkast.gateway.consumer_port.port import consent_folder
from meterkast.gateway.consumer_port.showing import Showing
from meterkast.gateway.consumer_port.wire import Wire
from meterkast.gateway.errand import TELLING
from meterkast.gateway.gateway import Gateway
from meterkast.gateway.host import ApplicationHost
from meterkast.gateway.line import Line
from meterkast.gateway.settings import Endpoint
from meterkast.model.calendar import HOUR
from meterkast.model.errors import MeterkastError, PeerError
from meterkast.model.obis import Obis
from meterkast.module.server import serve
from meterkast.outside.clock import SystemClock
from meterkast.outside.links import memory
from meterkast.protocols.p1.readings import telegram_instant, telegram_readings
from meterkast.protocols.p1.telegram import CrcVerdict, emit, parse
from meterkast.protocols.x1.document import Document
from meterkast.protocols.x1.quantity import QUANTITIES

pytestmark = pytest.mark.processes


@pytest.mark.timeout(60)
async def test_every_second_over_x1_and_over_p1(tmp_path: Path) -> None:
    """A gateway on its own schedule; a client is paired and reads, another reads the plain stream."""
    site = found_site(tmp_path / "site")
    anywhere = Endpoint(host="127.0.0.1", port=0)
    module_end, wire = memory.pair()
    serving = asyncio.create_task(serve(make_module(clock=SystemClock()), module_end, "hdlc"))
    settings = replace(settings_for(site, 1), x1=anywhere, p1=anywhere)
    gateway = Gateway(settings, clock=SystemClock(), module_link=wire)
    await gateway.start()
    running = asyncio.create_task(gateway.run())
    consent = Consent(consent_folder(settings.folder))
    consent.switch_plain(on=True)
    port = gateway.port.x1
    assert port is not None
    client = HouseholdClient(tmp_path / "client", timeout=20)
    await asyncio.to_thread(client.pair, "127.0.0.1", port, consent.press_button(), "test")
    documents = await asyncio.to_thread(lambda: list(islice(client.read("127.0.0.1", port), 4)))
    steps = [later.at - sooner.at for sooner, later in pairwise(documents)]
    assert min(steps) == 1
    assert max(steps) <= 3
    assert all(document.values["1-0:1.8.1"] > 0 for document in documents)
    assert gateway.port.p1 is not None
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port.p1)
    telegram = parse(await reader.readuntil(b"\r\n!") + await reader.readline())
    assert (telegram.crc, telegram.findings) == (CrcVerdict.OK, ())
    writer.close()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await gateway.stop()
    with pytest.raises(ConnectionError):
        await asyncio.open_connection("127.0.0.1", port)
    await module_end.close()
    await serving


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


async def test_the_document_shows_the_same_and_the_gas_of_each_five_minutes(
    house: House, host: ApplicationHost
) -> None:
    last_hour = NOW - NOW % HOUR
    await house.gas_meter.push(house.gas_wire, last_hour)
    await asyncio.sleep(0)
    telegram = parse(await house.gateway.tell(host))
    document = house.gateway.shown
    assert document is not None
    assert (document.at, document.equipment) == (NOW, house.module.name)
    p1 = {str(reading.obis): reading.value for reading in telegram_readings(telegram)}
    whole = {code for code in document.values if code.split(".")[0].split(":")[1] not in {"31", "51", "71"}}
    assert {code: p1[code] for code in whole} == {code: document.values[code] for code in whole}
    assert document.values.keys() == p1.keys() & QUANTITIES.keys()
    (gas,) = document.gas.values()
    instants = range(last_hour - HOUR + 300, last_hour + 1, 300)
    assert gas.indexes == tuple((at, house.gas_meter.index(at)) for at in instants)


async def test_a_second_costs_a_few_exchanges_with_the_module(house: House, host: ApplicationHost) -> None:
    """What a line of 9600 baud can carry: the first time scalers as well, then values in lists."""
    exchanges: list[int] = []
    ask = house.gateway._desk.exchange

    async def counted(apdu: bytes) -> bytes:
        answer = await ask(apdu)
        exchanges.append(len(apdu) + len(answer))
        return answer

    house.gateway._desk.exchange = counted  # type: ignore[method-assign]
    await house.gateway.tell(host)
    exchanges.clear()
    await house.gateway.tell(host)
    assert len(exchanges) <= 2
    assert sum(exchanges) < 500


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
    monkeypatch.setattr("meterkast.gateway.consumer_port.wire._PATIENCE", 0.05)
    near, far = memory.pair()
    wire = Wire(Line(near))
    for _ in range(20):
        wire.tell(bytes(1 << 16))
        await wire.sent()
    assert len(await far.receive(1 << 21)) == 1 << 20
    assert not near._inbox
    await far.close()
    wire.tell(b"nobody")
    await wire.close()


GOOD = emit(f"/MKG5{TITLE}", [("1-3:0.2.8", ["50"])])
LINE = Document(at=NOW, equipment=str(TITLE)).encode()


@pytest.mark.parametrize(
    "octets", [b"", b"hello", GOOD[:-4], GOOD.replace(b"50", b"51"), GOOD + GOOD, b"x" + GOOD, GOOD * 200]
)
def test_only_a_whole_telegram_leaves(octets: bytes) -> None:
    assert Showing.checked(GOOD, LINE).telegram == GOOD
    with pytest.raises(PeerError) as caught:
        Showing.checked(octets, LINE)
    assert caught.value.code == "telegram-malformed"


@pytest.mark.parametrize(
    "line",
    [b"", LINE[:-1], LINE + b"\n", LINE * 2, b" " + LINE, LINE.replace(b'{"value"', b'{ "value"'), b"{}\n"],
)
def test_only_a_whole_document_leaves(line: bytes) -> None:
    with pytest.raises(PeerError) as caught:
        Showing.checked(GOOD, line)
    assert caught.value.code == "document-malformed"
