"""Clients that others have written read the wires: OpenSSL's own, Python's own, and dsmr-parser."""

import asyncio
import json
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from bench.peers import peer_python
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from docs.pages import DOCS, fences
from meterkast.console.household import HouseholdClient
from meterkast.protocols.x1.schema import schema
from x1.x1_house import HOST, SHOWING, House

OPENSSL = shutil.which("openssl")
needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="no openssl command on this machine")


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path / "x1")
    yield house
    await house.close()


@pytest.fixture
async def paired(house: House, tmp_path: Path) -> Path:
    """The folder of a client that has been paired, with the gateway's certificate as PEM beside it."""
    folder = tmp_path / "client"
    await house.pair(HouseholdClient(folder))
    pem = x509.load_der_x509_certificate(house.certificate).public_bytes(Encoding.PEM)
    (folder / "gateway.pem").write_bytes(pem)
    return folder


def _s_client(house: House, *options: str | Path) -> list[str]:
    return [str(OPENSSL), "s_client", "-connect", f"{HOST}:{house.x1}", "-verify_quiet", *map(str, options)]


def _identity(paired: Path) -> tuple[str | Path, ...]:
    return (
        *("-cert", paired / "household.crt.pem", "-key", paired / "household.key.pem"),
        *("-CAfile", paired / "gateway.pem", "-verify_return_error", "-quiet", "-no_ign_eof"),
    )


@needs_openssl
@pytest.mark.processes
async def test_openssl_reads_along(house: House, paired: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *_s_client(house, "-tls1_3", *_identity(paired)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    validator = Draft202012Validator(schema())
    async with asyncio.timeout(10):
        for _ in range(3):
            line = await process.stdout.readline()
            assert line == SHOWING.line
            validator.validate(json.loads(line))
    process.kill()
    await process.communicate()


@needs_openssl
@pytest.mark.processes
@pytest.mark.parametrize("options", [("-tls1_2",), ("-tls1_1",), ("-no_tls1_3",)])
async def test_older_tls_is_refused(house: House, paired: Path, options: tuple[str, ...]) -> None:
    assert await _told(house, *options, *_identity(paired)) == b""


@needs_openssl
@pytest.mark.processes
async def test_openssl_without_a_paired_certificate_gets_nothing(house: House, paired: Path) -> None:
    assert await _told(house, "-tls1_3", "-quiet", "-no_ign_eof", "-CAfile", paired / "gateway.pem") == b""


async def _told(house: House, *options: str | Path) -> bytes:
    """All that OpenSSL is told before the gateway hangs up."""
    process = await asyncio.create_subprocess_exec(
        *_s_client(house, *options), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(10):
            told = await process.stdout.readline()
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()
    return told


@pytest.mark.processes
async def test_the_program_of_the_how_to_page_reads_along(house: House, paired: Path) -> None:
    """It has nothing of ours."""
    (program,) = fences(DOCS / "how-to" / "consumer-port.md", "python")
    assert "meterkast" not in program
    program = program.replace('"192.0.2.7", 4064', f'"{HOST}", {house.x1}').replace('"keystore"', '"."')
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-c", program, cwd=paired, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    async with asyncio.timeout(10):
        line = await process.stdout.readline()
    process.kill()
    await process.communicate()
    assert line == SHOWING.line


_DSMR_PARSER = """
import asyncio, sys
from dsmr_parser.clients.protocol import create_tcp_dsmr_reader

async def main():
    told = asyncio.get_running_loop().create_future()

    def take(telegram):
        if not told.done():
            told.set_result(telegram)

    await create_tcp_dsmr_reader("127.0.0.1", int(sys.argv[1]), "5", take, loop=asyncio.get_running_loop())
    telegram = await asyncio.wait_for(told, 20)
    gas = telegram.MBUS_DEVICES[0].MBUS_METER_READING
    print(telegram.ELECTRICITY_USED_TARIFF_1.value, telegram.CURRENT_ELECTRICITY_USAGE.value, gas.value)

asyncio.run(main())
"""
"""As Home Assistant reads a meter over the network."""


@pytest.mark.processes
async def test_dsmr_parser_reads_the_plain_stream(house: House) -> None:
    python = peer_python("wires")
    if python is None:
        pytest.skip("no environment with dsmr-parser")
    port = await house.plain()
    process = await asyncio.create_subprocess_exec(
        str(python), "-c", _DSMR_PARSER, str(port), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    async with asyncio.timeout(60):
        told, trouble = await process.communicate()
    assert told.split() == [b"1234.567", b"0.482", b"4321.098"], trouble.decode()
