"""Agreed with by a stranger: pydlms-client, in a process of its own, reads a meter of ours."""

import asyncio
import json
import os
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cosem.peers import PUBLIC
from cosem.protected import CLIENT, mechanism_5, protection
from meterkast.headend.meter_line import MeterLine
from meterkast.headend.meter_reader import MeterReader
from meterkast.model.obis import Obis
from meterkast.model.unit import Unit
from meterkast.outside.links import tcp
from meterkast.protocols.cosem.object_list import ListedObject
from meterkast.protocols.dlms.client import Client
from reading.reading_meter import PROTECTED, meter, serve_wrapper

PEERS = Path(os.environ.get("METERKAST_PEERS") or Path(__file__).resolve().parents[2] / ".venv-peers")
PYTHON = PEERS / "bin" / "python"
KEYS = {
    "key": bytes(range(16)).hex(),
    "auth_key": bytes(range(0x80, 0x90)).hex(),
    "title": "4D4B4D0000000002",
}

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(
        not PYTHON.exists(), reason="no peers: ./mk bench dlms installs them, or METERKAST_PEERS"
    ),
]


async def read_by_peer(**task: object) -> dict[str, Any]:
    server = meter()
    listening = await tcp.listen("127.0.0.1", 0, lambda link: serve_wrapper(server, link))
    async with listening:
        process = await asyncio.create_subprocess_exec(
            str(PYTHON),
            str(Path(__file__).with_name("peer_client.py")),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        said, complained = await process.communicate(
            json.dumps({**task, "port": tcp.port_of(listening)}).encode()
        )
    assert process.returncode == 0, complained.decode()[-2000:]
    answer: dict[str, Any] = json.loads(said)
    return answer


async def test_it_reads_in_the_clear() -> None:
    answer = await read_by_peer(client=PUBLIC)
    assert answer["register"].startswith("1234567")
    assert (answer["rows"], answer["objects"]) == (97, 8)


async def test_it_reads_with_hls5_and_every_message_protected() -> None:
    answer = await read_by_peer(client=PROTECTED, security=True, **KEYS)
    assert answer["register"].startswith("1234567")
    assert (answer["rows"], answer["objects"]) == (97, 8)


@pytest.mark.parametrize("protected", [False, True])
async def test_we_read_its_meter(protected: bool) -> None:
    process = await asyncio.create_subprocess_exec(
        str(PYTHON),
        str(Path(__file__).with_name("peer_meter.py")),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(KEYS).encode() + b"\n")
    port = int(await process.stdout.readline())
    own = protection(CLIENT)
    client = Client(hls5=mechanism_5(own), protection=own) if protected else Client()
    link = await tcp.connect("127.0.0.1", port)
    reader = MeterReader(MeterLine(link, client=1 if protected else PUBLIC, timeout=5), client)
    await reader.open()
    energy = Obis(1, 0, 1, 8, 0)
    value = await reader.register(ListedObject(class_id=3, version=0, logical_name=energy))
    assert (value.value, value.unit) == (Decimal(12345678), Unit.WATT_HOUR)
    await reader.close()
    process.stdin.close()
    await process.wait()
