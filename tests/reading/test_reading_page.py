"""The library page: its programs run as they stand there, and print what it says."""

import asyncio
import re
import subprocess
import sys
from pathlib import Path

import pytest

from cosem.protected import CLIENT, protection
from meterkast.outside.links import tcp
from reading.reading_meter import meter, serve_wrapper

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "read-a-meter.md"
TEXT = PAGE.read_text("utf-8")
PROGRAMS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
PRINTED = re.findall(r"```text\n(.*?)```", TEXT, re.DOTALL)

pytestmark = pytest.mark.processes


async def ran(program: str, folder: Path, *more: str) -> str:
    """What the program prints, run beside a meter of ours."""
    server = meter()
    listening = await tcp.listen("127.0.0.1", 0, lambda link: serve_wrapper(server, link))
    (folder / "program.py").write_text(program, "utf-8")
    async with listening:
        address = ["127.0.0.1", str(tcp.port_of(listening))]
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "program.py", *address, *more),
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        said, complained = await process.communicate()
    assert process.returncode == 0, complained.decode()
    return said.decode()


def test_the_first_program_has_ten_lines() -> None:
    assert len([line for line in PROGRAMS[0].splitlines() if line]) == 10


@pytest.mark.parametrize("number", [0, 1])
async def test_a_program_prints_what_the_page_says(number: int, tmp_path: Path) -> None:
    assert await ran(PROGRAMS[number], tmp_path) == PRINTED[number]


async def test_the_program_with_keys_reads_the_same(tmp_path: Path) -> None:
    own = protection(CLIENT)
    keys = own.encryption_key.hex(), own.authentication_key.hex()
    for _ in range(2):  # the counter goes on where it was left
        assert await ran(PROGRAMS[2], tmp_path, *keys) == PRINTED[0]


def test_nothing_on_the_page_is_left_out() -> None:
    assert (len(PROGRAMS), len(PRINTED)) == (3, 2)
