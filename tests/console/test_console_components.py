"""Components as processes of their own: they say where they are, and end when they are told to."""

import json
import os
import select
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from console.test_console_cli import SOURCE, document, meterkast
from meterkast.console.exits import Exit

pytestmark = pytest.mark.processes

_WITHIN = 60


@contextmanager
def running(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A component; at the end of the block it is told to stop and must end well."""
    script = "from meterkast.console.cli import main; main()"
    component = subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
    )
    try:
        yield component
        component.send_signal(signal.SIGTERM)
        assert component.wait(_WITHIN) == Exit.DONE
        assert component.stderr is not None
        assert "Traceback" not in component.stderr.read()
    finally:
        component.kill()
        component.communicate()


def says(component: subprocess.Popen[str], word: str) -> str:
    """The first line of its log that holds the word."""
    assert component.stderr is not None
    for line in component.stderr:
        if word in line:
            return line
    raise AssertionError(f"it ended without {word}")


def test_a_module_tells_where_it_is_and_keeps_its_key(tmp_path: Path) -> None:
    folder = tmp_path / "module"
    keys = []
    for _ in range(2):
        with running("module", "run", str(folder), "--vendor", "SAG", "--port", "0", "--json") as module:
            assert module.stdout is not None
            told = json.loads(module.stdout.readline())
            assert told["name"].startswith("SAG")
            assert told["port"] > 0
            assert told["terminal"] is None
            keys.append((folder / "pairing.key").read_bytes())
    assert keys[0] == keys[1]
    assert stat.S_IMODE((folder / "pairing.key").stat().st_mode) == 0o600


def test_a_gas_meter_answers_on_its_terminal(tmp_path: Path) -> None:
    with running("gasmeter", "run", str(tmp_path / "gas"), "--json") as meter:
        assert meter.stdout is not None
        terminal = json.loads(meter.stdout.readline())["terminal"]
        line = os.open(terminal, os.O_RDWR | os.O_NOCTTY)
        os.write(line, bytes.fromhex("1040014116"))  # SND_NKE to address 1
        assert select.select([line], [], [], _WITHIN)[0]
        assert os.read(line, 1) == b"\xe5"
        os.close(line)


def test_a_damaged_key_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "pairing.key").write_bytes(b"short")
    code, out, _ = meterkast("module", "run", str(tmp_path), "--json")
    assert code == Exit.BAD_INPUT
    assert document(out)["error"]["code"] == "device-key-damaged"


def test_a_gateway_without_its_file_is_bad_input(tmp_path: Path) -> None:
    code, out, _ = meterkast("gateway", "run", str(tmp_path / "gateway.toml"), "--json")
    assert code == Exit.BAD_INPUT
    assert document(out)["error"]["code"] == "gateway-toml-missing"


def test_a_site_can_be_founded_served_and_looked_into(tmp_path: Path) -> None:
    site = ("--site", str(tmp_path))
    assert meterkast("pki", "create", *site)[0] == Exit.DONE
    assert meterkast("pki", "create", *site)[0] == Exit.USAGE
    assert meterkast("pki", "equip", "MKG0000000001", *site)[0] == Exit.DONE
    gateways = document(meterkast("pki", "list", "--json", *site)[1])["gateways"]
    assert gateways == [{"gateway": "MKG0000000001", "operator": "stadsnet"}]

    with running("pki", "serve", *site) as pki:
        assert "port=" in says(pki, "pki-listening")
    with running("headend", "run", *site) as headend:
        says(headend, "headend-listening")
        assert json.loads((tmp_path / "headend" / "endpoint.json").read_text())["port"] > 0
    with running("mdm", "run", *site) as mdm:
        says(mdm, "runs")

    held = document(meterkast("pki", "list", "headend.meterkast.internal", "--json", *site)[1])
    serial = held["certificates"][0]["serial"]
    assert meterkast("pki", "revoke", serial, *site)[0] == Exit.DONE
    held = document(meterkast("pki", "list", "headend.meterkast.internal", "--json", *site)[1])
    assert held["certificates"][0]["revoked"]


@pytest.mark.parametrize(
    ("arguments", "code", "ended"),
    [
        (("pki", "list"), "site-without-pki", Exit.USAGE),
        (("pki", "equip", "nobody"), "system-title-malformed", Exit.BAD_INPUT),
        (("pki", "revoke", "number"), "serial-malformed", Exit.BAD_INPUT),
    ],
)
def test_what_the_pki_cannot_do_it_says(
    tmp_path: Path, arguments: tuple[str, ...], code: str, ended: Exit
) -> None:
    result = meterkast(*arguments, "--json", "--site", str(tmp_path))
    assert result[0] == ended
    assert document(result[1])["error"]["code"] == code
