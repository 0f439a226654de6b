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
from meterkast.headend import meter_opening
from meterkast.headend.meter_counter import kept_counter
from meterkast.headend.meter_line import MeterLine
from meterkast.headend.meter_opening import open_meter
from meterkast.headend.meter_reader import MeterReader
from meterkast.model.errors import DataError, PeerError, TrustError, UnreachableError
from meterkast.model.obis import Obis
from meterkast.model.unit import Unit
from meterkast.outside.links import memory, tcp, udp
from meterkast.outside.links.serial import PtyLink, open_port
from meterkast.protocols import wrapper
from meterkast.protocols.axdr import array
from meterkast.protocols.dlms.apdu import AttributeDescriptor, DataNotification, LongInvokeId
from meterkast.protocols.dlms.client import Client
from meterkast.protocols.hdlc import Address
from meterkast.protocols.mode_e import START_SPEED, Identification
from reading.reading_meter import (
    LLS,
    PROTECTED,
    OpticalHead,
    answer_datagram,
    meter,
    serve_hdlc,
    serve_wrapper,
)

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


@pytest.mark.parametrize("together", [True, False], ids=["in-one-piece", "in-pieces"])
async def test_a_meter_may_push_between_question_and_answer(together: bool) -> None:
    near, far = memory.pair()
    server, decoder = meter(), wrapper.Decoder()
    pushed = DataNotification(LongInvokeId(1), None, array([])).encode()

    async def serve() -> None:
        while octets := await far.receive():
            for found in decoder.receive(octets):
                answers = server.receive(found.source, found.apdu)
                if found.apdu[0] == 0xC0:  # a GET: the association stands
                    answers = [pushed, *answers]
                said = [wrapper.encode(found.destination, found.source, each) for each in answers]
                for piece in [b"".join(said)] if together else said:
                    await far.send(piece)

    serving = asyncio.create_task(serve())
    reading = MeterReader(MeterLine(near, client=PUBLIC, timeout=5), Client())
    await reading.open()
    assert len(await reading.objects()) == 8
    await reading.close()
    await serving


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
    serving = asyncio.create_task(serve_hdlc(meter(), line, address=Address(1), window=5))
    code, read = await ran(str(line.path), "1-0:1.8.0", "--timeout", "5", "--window", "7")
    assert (code, read["objects"][0]["value"], read["identification"]) == (0, "1234567", None)
    await line.close()
    await serving


METER = Identification(maker="ISk", speed=9600, type="MT382-1000")


@pytest.mark.processes
@pytest.mark.parametrize(("speed", "agreed"), [("9600", 9600), ("2400", START_SPEED)])
async def test_the_command_opens_with_mode_e(speed: str, agreed: int) -> None:
    line = PtyLink()
    head = OpticalHead(line, METER)

    async def serve() -> None:
        await head.opened()
        await serve_hdlc(meter(), head, address=Address(1))

    serving = asyncio.create_task(serve())
    code, read = await ran(str(line.path), "1-0:1.8.0", "--mode-e", "--speed", speed, "--timeout", "5")
    assert (code, read["objects"][0]["value"]) == (0, "1234567")
    assert read["identification"] == "/ISk5\\2MT382-1000"
    assert head.speed == agreed
    await line.close()
    await serving


async def test_an_opening_needs_no_confirmation_and_asks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meter_opening, "CONFIRMATION_WAIT", 0.05)
    line = PtyLink()
    head = OpticalHead(line, METER, confirms=False, deaf=1)
    opening = asyncio.create_task(head.opened())
    link = open_port(line.path, speed=START_SPEED)
    assert await open_meter(link, timeout=0.6) == METER
    await opening
    assert link.speed == head.speed == 9600
    await link.close()
    await line.close()


async def test_a_meter_that_says_nothing_at_the_opening_is_unreachable() -> None:
    line = PtyLink()
    link = open_port(line.path, speed=START_SPEED)
    with pytest.raises(UnreachableError) as silent:
        await open_meter(link, timeout=0.1)
    assert silent.value.code == "meter-silent"
    await link.close()
    await line.close()


@pytest.mark.processes
async def test_the_command_reads_over_udp() -> None:
    server = meter()
    listening = await udp.listen("127.0.0.1", 0, lambda datagram: answer_datagram(server, datagram))
    where = f"127.0.0.1:{udp.port_of(listening)}"
    code, read = await ran(where, "1-0:1.8.0", "--udp")
    assert (code, read["objects"][0]["value"]) == (0, "1234567")
    listening.close()
    code, nobody = await ran(where, "--udp", "--timeout", "0.3")
    assert (code, nobody["error"]["code"]) == (4, "meter-silent")


@pytest.mark.processes
async def test_a_way_that_cannot_be_is_said() -> None:
    for arguments in (("/dev/ttyUSB0", "--udp"), ("127.0.0.1:4059", "--mode-e")):
        code, said = await ran(*arguments)
        assert (code, said["error"]["code"]) == (2, "read-way-impossible")


async def test_damaged_and_foreign_datagrams_pass_by() -> None:
    near, far = memory.pair()
    line = MeterLine(near, client=PUBLIC, framing="datagram", timeout=5)
    asking = asyncio.create_task(line.exchange(b"question"))
    assert wrapper.parse(await far.receive()).apdu == b"question"
    for datagram in (b"noise", wrapper.encode(2, PUBLIC, b"foreign"), wrapper.encode(1, PUBLIC, b"answer")):
        await far.send(datagram)
        await far.drained()
    assert await asking == b"answer"
