"""Faults of whoever runs the PKI, told as theirs: with the place, and what to do."""

import json
import shutil
import socket
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from meterkast.console.cli.app import app
from meterkast.console.exits import Exit
from meterkast.model.errors import DataError, LocalError
from meterkast.pki import PkiService, PkiSettings
from meterkast.pki.ruling import RULES_FILE
from pki.world import TITLE, World


def typed(*words: object) -> tuple[int, dict[str, Any]]:
    done = CliRunner().invoke(app, ["pki", *(str(word) for word in words), "--json"])
    error: dict[str, Any] = json.loads(done.stdout)["error"]
    return done.exit_code, error


def started(world: World) -> None:
    service = PkiService(PkiSettings(folder=world.folder / "pki", trust=world.trust.path))
    service.start()
    service.stop()


def test_a_port_in_use(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        code, error = typed("serve", "--site", world.folder, "--port", port)
    assert (code, error["code"], error["where"]) == (Exit.USAGE, "port-unusable", f"127.0.0.1:{port}")
    assert error["hint"]


def test_rules_that_are_no_text(world: World) -> None:
    (world.folder / "pki" / RULES_FILE).write_bytes(b"\xff\xfe")
    code, error = typed("status", "--site", world.folder)
    assert (code, error["code"]) == (Exit.BAD_INPUT, "rules-malformed")
    assert error["where"].endswith(RULES_FILE)


def test_a_gateway_is_born_once(world: World) -> None:
    world.site.equip(TITLE, world.now)
    code, error = typed("equip", TITLE, "--site", world.folder)
    assert (code, error["code"]) == (Exit.USAGE, "pki-gateway-born")
    assert error["where"] == str(world.folder / "gateways" / str(TITLE) / "keystore")
    assert "pki release" in error["hint"]


def test_a_birth_that_was_broken_off_goes_on(world: World) -> None:
    keystore = world.site.equip(TITLE, world.now)
    (certificate,) = Path(world.folder / "gateways" / str(TITLE) / "keystore").glob("birth.crt*")
    certificate.unlink()
    key = keystore.public_key("birth")
    assert world.site.equip(TITLE, world.now).certificate("birth")[0].public_key() == key


def test_a_trust_folder_that_is_gone_is_not_made_anew(world: World) -> None:
    started(world)  # control
    shutil.rmtree(world.trust.path)
    with pytest.raises(LocalError) as caught:
        started(world)
    assert caught.value.code == "trust-missing"
    assert not world.trust.path.exists()


def test_a_damaged_list_that_nobody_mends_is_told(world: World) -> None:
    (world.trust.path / "device-0.crl.pem").write_text("no")
    started(world)  # a list of our own is signed anew
    (world.trust.path / "root.crl.pem").write_text("no")
    with pytest.raises(DataError) as caught:
        started(world)
    assert (caught.value.code, caught.value.where) == (
        "trust-malformed",
        str(world.trust.path / "root.crl.pem"),
    )
