"""The operator reads a meter: over the wrapper and over HDLC, in memory, on TCP and on a serial line."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cosem.peers import CLOCK, GAS, GATEWAY, IMPORT, PROFILE, PUBLIC, QUARTER, START, hls5
from hdlc.frames import SERVER
from meterkast.headend.meter_counter import kept_counter
from meterkast.headend.meter_line import MeterLine
from meterkast.headend.meter_reader import MeterReader
from meterkast.model.errors import DataError, PeerError, TrustError, UnreachableError
from meterkast.model.obis import Obis
from meterkast.model.unit import Unit
from meterkast.outside.links import memory, tcp
from meterkast.outside.links.serial import PtyLink
from meterkast.protocols.dlms.apdu import AttributeDescriptor
from meterkast.protocols.dlms.client import Client
from reading.reading_meter import LLS, PROTECTED, meter, serve_hdlc, serve_wrapper

FRAMINGS = ("wrapper", "hdlc")


@pytest.fixture(params=FRAMINGS)
async def reader(request: pytest.FixtureRequest) -> AsyncIterator[MeterReader]:
    near, far = memory.pair()
    serve = serve_wrapper if request.param == "wrapper" else serve_hdlc
    serving = asyncio.create_task(serve(meter(), far))
    line = MeterLine(near, client=GATEWAY, framing=request.param, timeout=5, address=SERVER)
    reading = MeterReader(line, Client(hls5=hls5(2)))
    await reading.open()
    yield reading
    await reading.close()
    await serving


async def test_the_object_list_holds_what_the_meter_has(reader: MeterReader) -> None:
    listed = {(each.class_id, each.logical_name) for each in await reader.objects()}
    assert {(3, IMPORT), (4, GAS), (7, PROFILE), (8, CLOCK)} <= listed


async def test_registers_come_with_unit_and_time(reader: MeterReader) -> None:
    listed = {each.logical_name: each for each in await reader.objects()}
    energy, gas, clock = [await reader.register(listed[name]) for name in (IMPORT, GAS, CLOCK)]
    assert (energy.value, energy.unit, energy.at) == (Decimal(1_234_567), Unit.WATT_HOUR, None)
    assert (gas.value, gas.unit, gas.at) == (Decimal("0.007"), Unit.CUBIC_METRE, START)
    assert clock.value is None
    assert isinstance(clock.data.value, bytes)


async def test_a_profile_comes_in_part_and_with_scalings(reader: MeterReader) -> None:
    profile = await reader.profile(PROFILE, START + 2 * QUARTER, START + 5 * QUARTER)
    assert [row.at for row in profile.rows] == [START + number * QUARTER for number in (2, 3, 4, 5)]
    assert profile.scalings[2].value(profile.rows[0].values[1]) == Decimal(1_000_034)
    assert profile.scalings.keys() == {2}


async def test_what_the_meter_refuses_is_said(reader: MeterReader) -> None:
    with pytest.raises(PeerError) as refused:
        await reader.get(AttributeDescriptor(3, Obis(1, 0, 99, 99, 0), 2))
    assert refused.value.code == "meter-no-access"


async def test_lost_frames_are_asked_for_again() -> None:
    near, far = memory.pair()
    serving = asyncio.create_task(serve_hdlc(meter(), far, frozenset((0, 2, 5))))
    line = MeterLine(near, client=PUBLIC, framing="hdlc", timeout=1.5, address=SERVER)
    reading = MeterReader(line, Client())
    await reading.open()
    assert len(await reading.objects()) == 8
    await reading.close()
    await serving


@pytest.mark.parametrize("framing", FRAMINGS)
async def test_a_silent_meter_is_unreachable(framing: str) -> None:
    near, _far = memory.pair()
    line = MeterLine(near, client=PUBLIC, framing=framing, timeout=0.15, address=SERVER)
    with pytest.raises(UnreachableError) as silent:
        await MeterReader(line, Client()).open()
    assert silent.value.code == "meter-silent"


async def test_a_refused_association_is_refused_for_security() -> None:
    near, far = memory.pair()
    serving = asyncio.create_task(serve_wrapper(meter(), far))
    with pytest.raises(TrustError):
        await MeterReader(MeterLine(near, client=GATEWAY), Client()).open()
    await near.close()
    await serving


def test_a_counter_goes_on_behind_what_may_have_been_used(tmp_path: Path) -> None:
    path = tmp_path / "counter"
    first = [kept_counter(path).next() for _ in range(3)]
    assert first == sorted(set(first))
    path.write_text("many")
    with pytest.raises(DataError):
        kept_counter(path)


async def ran(*arguments: str) -> tuple[int, dict[str, Any]]:
    """The command in a process of its own, as a user starts it, while the meter goes on here."""
    command = [str(Path(sys.executable).with_name("meterkast")), "read", "dlms", *arguments, "--json"]
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    said, complained = await process.communicate()
    assert b"Traceback" not in complained
    return process.returncode or 0, json.loads(said)


@pytest.mark.processes
async def test_the_command_reads_over_tcp(tmp_path: Path) -> None:
    server = meter()
    listening = await tcp.listen("127.0.0.1", 0, lambda link: serve_wrapper(server, link))
    where = f"127.0.0.1:{tcp.port_of(listening)}"
    async with listening:
        code, listed = await ran(where)
        assert code == 0
        assert {"1-0:1.8.0", "1-0:99.1.0"} <= {each["obis"] for each in listed["objects"]}
        code, read = await ran(
            where, "1-0:1.8.0", "0-1:24.2.1", "--client", str(LLS), "--security", "lls", "--key", "12345678"
        )
        assert code == 0
        assert [(each["value"], each["unit"]) for each in read["objects"]] == [
            ("1234567", "Wh"),
            ("0.007", "m3"),
        ]
        keys = ["--key", bytes(range(16)).hex(), "--auth-key", bytes(range(0x80, 0x90)).hex()]
        protected = ["--client", str(PROTECTED), "--security", "protected", "--title", "MKM0000000002"]
        days = ["--from", "2026-03-22", "--to", "2026-03-23", "--counter", str(tmp_path / "counter")]
        for _ in range(2):  # the counter goes on where it was left
            code, profile = await ran(where, "1-0:99.1.0", *protected, *keys, *days)
            assert code == 0
            (table,) = profile["objects"]
            assert len(table["rows"]) == 97
            assert table["rows"][1] == {"at": START + QUARTER, "values": [0, "1000017"]}
        code, refused = await ran(where, "1-0:1.8.0", "--client", "1")
        assert (code, refused["error"]["code"]) == (5, "meter-refuses-association")
        code, absent = await ran(where, "1-0:9.9.9")
        assert (code, absent["error"]["code"]) == (2, "meter-object-absent")


@pytest.mark.processes
async def test_the_command_reads_over_a_serial_line() -> None:
    line = PtyLink()
    serving = asyncio.create_task(serve_hdlc_on_one(line))
    code, read = await ran(str(line.path), "1-0:1.8.0", "--timeout", "5")
    assert (code, read["objects"][0]["value"]) == (0, "1234567")
    await line.close()
    await serving


async def serve_hdlc_on_one(line: PtyLink) -> None:
    """A meter whose HDLC address is that of its logical device, as the command asks for it."""
    from meterkast.protocols.hdlc import Address, Apdu, Connected, Reply
    from meterkast.protocols.hdlc import Link as HdlcLink

    server, end, client = meter(), HdlcLink(role="server", server_address=Address(1)), 0
    while octets := await line.receive():
        for event in end.receive(octets):
            match event:
                case Connected():
                    client = event.client
                case Reply(reply):
                    await line.send(reply)
                case Apdu(request):
                    await line.send(b"".join(end.send(server.receive(client, request))))
