"""``meterkast read mbus`` on a gas meter that runs as a process of its own, on a pseudo-terminal."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from console.test_console_cli import document, meterkast
from console.test_console_components import running
from meterkast.console.exits import Exit

pytestmark = pytest.mark.processes


@dataclass
class Wall:
    """The terminal of the meter's line, its name, and its user key."""

    terminal: str
    name: str
    key: str


@pytest.fixture(scope="module")
def wall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wall]:
    folder = tmp_path_factory.mktemp("gas")
    with running("gasmeter", "run", str(folder), "--home", "3", "--since", "2026-01-01", "--json") as meter:
        assert meter.stdout is not None
        told = json.loads(meter.stdout.readline())
        yield Wall(told["terminal"], told["name"], (folder / "user.key").read_bytes().hex())


def test_a_search_finds_the_meter(wall: Wall) -> None:
    code, out, err = meterkast("read", "mbus", wall.terminal, "--json", "--patience", "2")
    assert (code, err) == (Exit.DONE, "")
    assert document(out) == {
        "line": wall.terminal,
        "devices": [
            {
                "name": wall.name,
                "identification": "00000004",
                "manufacturer": "MKM",
                "version": 1,
                "device_type": "gas",
            }
        ],
        "clashes": [],
    }


@pytest.mark.parametrize("device", ["1", "254", "00000004", "0000000F", "mkm00000004"])
def test_the_meter_is_read_by_any_of_its_addresses(wall: Wall, device: str) -> None:
    arguments = ("read", "mbus", wall.terminal, device, "--key", wall.key, "--json", "--patience", "5")
    code, out, _ = meterkast(*arguments)
    (read,) = document(out)["devices"]
    assert code == Exit.DONE
    assert read["device"] == device
    assert read["telegrams"][0]["meter_id"] == "00000004"
    assert "0-1:24.2.1" in [reading["obis"] for reading in read["telegrams"][0]["readings"]]


def test_people_get_the_layers_and_the_reading(wall: Wall) -> None:
    code, out, _ = meterkast("read", "mbus", wall.terminal, "1", "--key", wall.key, "--patience", "5")
    assert code == Exit.DONE
    assert "M-Bus long frame" in out
    assert "0-1:24.2.1" in out


@pytest.mark.parametrize(
    ("device", "code"), [("9", Exit.UNREACHABLE), ("99999999", Exit.UNREACHABLE), ("251", Exit.BAD_INPUT)]
)
def test_nobody_and_nonsense_are_told_apart(wall: Wall, device: str, code: Exit) -> None:
    ended, out, err = meterkast("read", "mbus", wall.terminal, device, "--patience", "0.05", "--json")
    assert ended == code
    assert document(out)["error"]["hint"]
    assert "Traceback" not in err


def test_a_key_that_is_missing_is_asked_for(wall: Wall) -> None:
    code, out, _ = meterkast("read", "mbus", wall.terminal, "1", "--json", "--patience", "5")
    assert code == Exit.BAD_INPUT
    assert document(out)["error"]["code"] == "key-needed"


def test_a_port_that_is_not_there(tmp_path: Path) -> None:
    code, out, _ = meterkast("read", "mbus", str(tmp_path / "ttyUSB9"), "1", "--json")
    assert code == Exit.UNREACHABLE
    assert document(out)["error"]["code"] == "serial-unavailable"
