"""The stranger, in a process of its own: pydlms-client in the environment of the peers."""

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from bench.peers import peer_python

from cosem.protected import CLIENT, protection
from meterkast.outside.links import Link, tcp
from meterkast.protocols.dlms.server import Server
from meterkast.protocols.hdlc import Address
from reading.reading_meter import serve_hdlc, serve_wrapper

PYTHON = peer_python()
STRANGER: Final = [
    pytest.mark.processes,
    pytest.mark.skipif(PYTHON is None, reason="no peers: ./mk bench dlms installs them, or METERKAST_PEERS"),
]
"""Marks of a test that needs it."""

ENERGY, LOAD, NOTE = "1.0.1.8.0.255", "1.0.99.1.0.255", "0.0.96.13.0.255"
LONG: Final = bytes(range(256)) * 3
"""More than goes into one message of 256 octets."""


def keys(suite: int) -> dict[str, Any]:
    """The symmetric keys of the tests and the title of the client, as a task names them."""
    own = protection(CLIENT, suite)
    return {
        "suite": suite,
        "key": own.encryption_key.hex(),
        "auth_key": own.authentication_key.hex(),
        "title": own.title.octets.hex(),
    }


@asynccontextmanager
async def listening(server: Server, *, hdlc: bool = False, window: int = 1) -> AsyncIterator[int]:
    """The port of a meter of ours."""

    async def serve(link: Link) -> None:
        if hdlc:
            await serve_hdlc(server, link, address=Address(1), window=window)
        else:
            await serve_wrapper(server, link)

    listener = await tcp.listen("127.0.0.1", 0, serve)
    async with listener:
        yield tcp.port_of(listener)


async def peer(script: str, task: dict[str, Any]) -> list[Any]:
    """What a script prints for a task."""
    process = await _started(script)
    said, complained = await process.communicate(json.dumps(task).encode())
    assert process.returncode == 0, complained.decode()[-2000:]
    answer: list[Any] = json.loads(said)
    return answer


class StrangerMeter:
    """Its meter, on a port of this machine."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.port = 0

    async def say(self, line: dict[str, Any]) -> bytes:
        """What the meter answers to a line of its input."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(line).encode() + b"\n")
        return await self._process.stdout.readline()


@asynccontextmanager
async def stranger_meter(task: dict[str, Any]) -> AsyncIterator[StrangerMeter]:
    """Runs its meter."""
    process = await _started("peer_meter.py")
    meter = StrangerMeter(process)
    meter.port = int(await meter.say(task))
    try:
        yield meter
    finally:
        await process.communicate(b"")


async def _started(script: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        str(PYTHON),
        str(Path(__file__).with_name(script)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
