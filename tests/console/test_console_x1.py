"""``meterkast read x1`` and ``meterkast gateway x1``, against a consumer port on real sockets."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from console.test_console_cli import Ended, meterkast
from meterkast.protocols.x1.schema import schema
from x1.x1_house import HOST, SHOWING, House


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """The port of a gateway whose folder is ``tmp_path / "gateway"``."""
    (tmp_path / "gateway").mkdir()
    house = House(tmp_path / "gateway" / "x1")
    yield house
    await house.close()


async def said(*arguments: object) -> Ended:
    return await asyncio.to_thread(lambda: meterkast(*map(str, arguments)))


async def test_from_the_button_to_the_reading_and_back(house: House, tmp_path: Path) -> None:
    gateway, where = tmp_path / "gateway", f"{HOST}:{house.x1}"
    client = ("--keystore", tmp_path / "client")
    code, told, _ = await said("gateway", "x1", "press-button", gateway, "--json")
    assert code == 0
    pairing = json.loads(told)
    assert pairing["seconds"] == 120
    code, told, note = await said("read", "x1", where, "--pair", pairing["code"], "--name", "test", *client)
    assert (code, "paired with the gateway" in note) == (0, True)
    assert "1-0:1.7.0            0.482 kW  Power import" in told
    code, told, _ = await said("read", "x1", where, "--count", 3, "--json", *client)
    assert [json.loads(line) for line in told.splitlines()] == [json.loads(SHOWING.line)] * 3
    code, told, _ = await said("gateway", "x1", "paired", gateway, "--json")
    (listed,) = json.loads(told)["clients"]
    assert listed["name"] == "test"
    code, told, _ = await said("gateway", "x1", "unpair", gateway, listed["fingerprint"][:6])
    assert (code, told) == (0, "test reads along no more\n")
    code, told, _ = await said("read", "x1", where, "--json", *client)
    assert (code, json.loads(told)["error"]["code"]) == (5, "x1-not-paired")


async def test_the_household_switches_plain_p1(house: House, tmp_path: Path) -> None:
    for switch, on in (("on", True), ("off", False)):
        assert (await said("gateway", "x1", "p1", tmp_path / "gateway", switch))[0] == 0
        code, told, _ = await said("gateway", "x1", "paired", tmp_path / "gateway")
        assert (code, told) == (0, f"plain P1: {switch}\n")
        assert house.consent.plain is on


@pytest.mark.parametrize(
    ("arguments", "code", "error"),
    [
        (("read", "x1", "nowhere"), 2, "address-malformed"),
        (("read", "x1", "127.0.0.1:1", "--pair", "K7QM-3XPT"), 4, "peer-unreachable"),
        (("read", "x1", "127.0.0.1:1"), 5, "x1-not-paired"),
        (("gateway", "x1", "paired", "absent"), 3, "gateway-folder-missing"),
        (("gateway", "x1", "unpair", ".", "ab"), 2, "x1-client-unknown"),
    ],
)
async def test_what_goes_wrong_is_said(
    arguments: tuple[str, ...], code: int, error: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    tmp_path.chmod(0o700)
    monkeypatch.setenv("METERKAST_X1_KEYSTORE", str(tmp_path / "client"))
    ended, told, _ = await said(*arguments, "--json")
    assert (ended, json.loads(told)["error"]["code"]) == (code, error)


async def test_a_wrong_code_is_refused(house: House, tmp_path: Path) -> None:
    await said("gateway", "x1", "press-button", tmp_path / "gateway")
    where, keystore = f"{HOST}:{house.x1}", tmp_path / "client"
    ended, told, _ = await said("read", "x1", where, "--pair", "2222-2222", "--keystore", keystore, "--json")
    assert (ended, json.loads(told)["error"]["code"]) == (5, "x1-pairing-refused")
    ended, told, _ = await said("read", "x1", where, "--pair", "no code", "--keystore", keystore, "--json")
    assert (ended, json.loads(told)["error"]["code"]) == (2, "x1-code-malformed")


async def test_the_schema_is_printed() -> None:
    assert json.loads((await said("gateway", "x1", "schema"))[1]) == schema()
