"""The page's last step is followed: a gateway whose keys are in a token of its own, in production."""

import os
import re
import shlex
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from docs.pages import fences
from docs.test_docs_one_component import ENVIRONMENT, argv, running
from keystore.softhsm import SoftHsm, needs_softhsm, token_in
from keystore.test_keystore_how_to import PAGE, PRINTED_MODULE
from meterkast.pki import Site
from meterkast.pki.root import Root
from meterkast.protocols.x509 import Rules

pytestmark = [pytest.mark.processes, needs_softhsm]

PRINTED_PORTS = ("8443", "8080", "4059", "4064")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A site as after step 4, with a root that is not for development."""
    create = Root.create

    def made(keys: Path, *, operator: str, now: datetime, rules: Rules, development: bool) -> Root:
        assert development
        return create(keys, operator=operator, now=now, rules=rules)

    monkeypatch.setattr(Root, "create", made)
    return Site.create(tmp_path / "site", operator="stadsnet", now=datetime.now(UTC)).folder


@pytest.fixture
def hsm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SoftHsm]:
    """The gateway's token, made by our own hand: the command of the page asks for PINs at the terminal."""
    with token_in(tmp_path / "hsm") as hsm:
        monkeypatch.setitem(ENVIRONMENT, "SOFTHSM2_CONF", os.environ["SOFTHSM2_CONF"])
        hsm.add("gateway")
        (tmp_path / "gateway.pin").write_text(hsm.pins["gateway"])
        (tmp_path / "gateway.pin").chmod(0o600)
        yield hsm


def free_ports() -> dict[str, str]:
    with ExitStack() as opened:
        sockets = [opened.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in PRINTED_PORTS]
        return {port: str(each.getsockname()[1]) for port, each in zip(PRINTED_PORTS, sockets, strict=True)}


def test_the_gateway_of_the_page(hsm: SoftHsm, site: Path, tmp_path: Path) -> None:
    ports = free_ports()

    def settled(text: str) -> str:
        text = re.sub("|".join(ports), lambda match: ports[match[0]], text)
        return text.replace(PRINTED_MODULE, str(hsm.module))

    for name, octets in (("module/pairing.key", os.urandom(32)), ("gasmeter/user.key", os.urandom(16))):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(octets)
    token, folders, equip, serve, people, run = map(settled, fences(PAGE, "sh")[6:])
    assert "--label gateway" in token
    for line in folders.splitlines():
        subprocess.run(shlex.split(line), cwd=tmp_path, check=True)
    folder = tmp_path / shlex.split(folders)[2]
    places = ("keystore/keystore.toml", "x1/keystore.toml", "gateway.toml")
    for place, text in zip(places, fences(PAGE, "toml")[2:], strict=True):
        (folder / place).write_text(settled(text))
    with running(serve.strip(), tmp_path) as pki:
        for line in (equip.strip(), *people.splitlines()):
            if line.startswith("meterkast gateway enrol"):
                pki.says("(listening)")
            subprocess.run(argv(line), cwd=tmp_path, env=ENVIRONMENT, check=True, capture_output=True)
        with running(run.strip(), tmp_path) as gateway:
            gateway.says("(application-started)")
            socket.create_connection(("127.0.0.1", int(ports["4064"])), timeout=10).close()
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert not any(b"PRIVATE KEY" in path.read_bytes() for path in files)
    assert {path.name for path in files if path.suffix == ".sealed"} == {
        "birth.key.pem.sealed",
        "tls.key.pem.sealed",
        "pairing.secret.sealed",
        "gas.secret.sealed",
        "x1.key.pem.sealed",
    }
