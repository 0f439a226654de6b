"""``gateway.toml`` and the process that lives by it."""

import asyncio
import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.gateway_house import DAY, NOW, OPERATOR, TITLE, HeadEnd, make_gas_meter, make_module
from meterkast.gasmeter.service import run as run_gas_meter
from meterkast.gateway.configuration import Configuration
from meterkast.gateway.service import run
from meterkast.gateway.settings import Endpoint, FramingKind
from meterkast.model.calendar import HOUR, day_start
from meterkast.model.errors import DataError, UnreachableError
from meterkast.module.server import serve
from meterkast.outside.clock import ScaledClock, SharedClock, SystemClock
from meterkast.outside.links import Link, serial, tcp
from meterkast.outside.links.tcp import port_of
from meterkast.pki.site import Site
from meterkast.protocols.hdlc import Address

_LEAST = """
title = "MKG0000000001"
operator = "Stedin"
trust = "../../trust"
[headend]
host = "headend.example"
port = 4059
server-name = "headend.meterkast.internal"
"""
_DEVICES = """
[module]
name = "SAG5000000000017"
serial = "/dev/nowhere"
address = { upper = 1, lower = 17, octets = 4 }
request-seconds = 2.5
[gas]
name = "MKM12345678"
tcp = "127.0.0.1:1"
"""


def _load(folder: Path, text: str) -> Configuration:
    path = folder / "gateway.toml"
    path.write_text(text)
    return Configuration.load(path)


def test_the_least_there_is(tmp_path: Path) -> None:
    configuration = _load(tmp_path, _LEAST)
    settings = configuration.settings
    assert (settings.title, settings.operator, settings.folder) == (TITLE, OPERATOR, tmp_path)
    assert settings.trust == tmp_path / "../../trust"
    assert settings.headend.port == 4059
    assert (settings.module, settings.gas_meter) == (None, None)
    assert (configuration.module, configuration.gas) == (None, None)
    assert isinstance(configuration.clock, SystemClock)
    assert not settings.allow_unconfined


async def test_devices_and_clocks(tmp_path: Path) -> None:
    configuration = _load(tmp_path, _LEAST + _DEVICES + "[clock]\nstart = 1000\nspeed = 0\n")
    module = configuration.settings.module
    assert module is not None
    assert (module.name, module.framing, module.request_seconds) == (
        "SAG5000000000017",
        FramingKind.HDLC,
        2.5,
    )
    assert module.address == Address(1, 17, 4)
    assert configuration.settings.gas_meter == "MKM12345678"
    assert isinstance(configuration.clock, ScaledClock)
    assert configuration.clock.now() == 1000
    for dial, code in ((configuration.module, "serial-unavailable"), (configuration.gas, "peer-unreachable")):
        assert dial is not None
        with pytest.raises(UnreachableError) as caught:
            await dial()
        assert caught.value.code == code
    SharedClock.create(tmp_path / "clock", 5.0)
    assert _load(tmp_path, _LEAST + '[clock]\nfile = "clock"\n').clock.now() == 5.0


def test_the_wires_into_the_house(tmp_path: Path) -> None:
    wires = '[consumer-port]\nx1 = "192.0.2.7:4064"\np1 = "[::1]:4065"\n'
    configuration = _load(tmp_path, _LEAST + wires)
    settings = configuration.settings
    assert settings.x1 == Endpoint(host="192.0.2.7", port=4064)
    assert settings.p1 == Endpoint(host="::1", port=4065)
    assert configuration.consumer_port is None
    assert _load(tmp_path, _LEAST + wires + 'tcp = "127.0.0.1:1"\n').consumer_port is not None


@pytest.mark.parametrize(
    "text",
    [
        _LEAST + '[consumer-port]\nx1 = "everywhere"\n',
        "",
        "title = ",
        _LEAST.replace("MKG0000000001", "mkg"),
        _LEAST.replace("4059", '"many"'),
        _LEAST + "[module]\nname = 'x'\n",
        _LEAST + "[gas]\nname = 'x'\ntcp = 'nowhere'\n",
        _LEAST + "[clock]\nfile = 'absent'\n",
    ],
)
def test_malformed_files(tmp_path: Path, text: str) -> None:
    with pytest.raises(DataError) as caught:
        _load(tmp_path, text)
    assert caught.value.code in {"gateway-toml-malformed", "gateway-toml-missing"}


@given(st.text(max_size=80))
def test_any_text_is_settings_or_a_data_error(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_text(text, encoding="utf-8", newline="")
    with pytest.raises(DataError):
        Configuration.load(path)


def test_no_file_at_all(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        Configuration.load(tmp_path / "gateway.toml")
    assert caught.value.code == "gateway-toml-missing"


@pytest.mark.processes
async def test_a_house_on_serial_line_and_tcp(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    """The module on a pseudo-terminal, the gas meter over TCP; the service catches up and delivers."""
    caplog.set_level(logging.INFO)
    terminal = serial.PtyLink()
    module = asyncio.create_task(serve(make_module(), terminal, "hdlc"))
    clock = ScaledClock(day_start(DAY), speed=0)
    hours = range(day_start(DAY), day_start(DAY) + 25 * HOUR, HOUR)

    async def gas(link: Link) -> None:
        meter = make_gas_meter()
        for at in hours:
            await meter.push(link, at)
        await run_gas_meter(meter, link, clock)

    gas_meters = await tcp.listen("127.0.0.1", 0, gas)
    stop = asyncio.Event()
    async with HeadEnd(site).listening() as headend:
        configuration = _load(
            site.folder / "gateways" / str(TITLE),
            _LEAST.replace("headend.example", "127.0.0.1").replace("4059", str(headend.port))
            + f'[module]\nname = "KFM5000000000017"\nserial = "{terminal.path}"\n'
            + f'[gas]\nname = "MKM12345678"\ntcp = "127.0.0.1:{port_of(gas_meters)}"\n'
            + f"[clock]\nstart = {NOW}\nspeed = 0\n",
        )
        running = asyncio.create_task(run(configuration, stop=stop))
        async with asyncio.timeout(30):
            while not any(block.day == DAY for p in headend.opened() for block in p.blocks):
                assert not running.done()
                await asyncio.sleep(0.02)
        stop.set()
        await running
    blocks = {(block.day, block.device): block for p in headend.opened() for block in p.blocks}
    assert blocks[DAY, "KFM5000000000017"].flags == ()
    assert blocks[DAY, "MKM12345678"].flags == ()
    gas_meters.close()
    await terminal.close()
    await module
