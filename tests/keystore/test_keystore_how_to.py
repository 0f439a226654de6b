"""The page on keys in a token is followed, command by command."""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ceremony.rehearsed import rehearsed
from docs.pages import DOCS, ROOT, fences
from keystore.softhsm import SoftHsm, needs_softhsm, token_in
from meterkast.outside.trust import TrustFolder, is_for_development
from meterkast.pki.ceremony import Ceremony
from meterkast.pki.ceremony.rehearsal import rehearsed_clock

pytestmark = [pytest.mark.processes, needs_softhsm]

PAGE = DOCS / "how-to" / "keys-in-a-token.md"
SCRIPT = "from meterkast.console.cli import main; main()"
PRINTED_MODULE = "/usr/lib/softhsm/libsofthsm2.so"


@pytest.fixture
def hsm(tmp_path: Path) -> Iterator[SoftHsm]:
    """Step 1, by our own hand: the command of the page asks for PINs at the terminal."""
    assert f"--label {SoftHsm.label}" in fences(PAGE, "sh")[0]
    with token_in(tmp_path / "hsm") as hsm:
        pin = tmp_path / "meterkast.pin"
        pin.write_text(hsm.pin())
        pin.chmod(0o600)
        yield hsm


def argv(line: str, *more: str) -> list[str]:
    program, *arguments = shlex.split(line)
    return (
        [sys.executable, "-c", SCRIPT, *arguments, *more] if program == "meterkast" else [program, *arguments]
    )


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT / "src")}


def runs(line: str, folder: Path) -> bool:
    """Whether the component is up, and ends when it is told to."""
    with subprocess.Popen(
        argv(line), cwd=folder, env=environment(), stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        said = process.stderr.readline()
        if "headend" in line:
            until = time.monotonic() + 60
            while not (folder / "site/headend/endpoint.json").exists() and time.monotonic() < until:
                assert process.poll() is None, said + process.stderr.read()
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0, said + process.stderr.read()
    return "runs" in said


def refused(line: str, folder: Path) -> str:
    """What a command is refused with, for security."""
    command = argv(line, "--json")
    done = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 5, done.stderr
    code: str = json.loads(done.stdout)["error"]["code"]
    return code


def settled(hsm: SoftHsm, folder: Path) -> Path:
    """Step 2: says where the keys of a site will be."""
    in_token, sealed = (text.replace(PRINTED_MODULE, str(hsm.module)) for text in fences(PAGE, "toml")[:2])
    for line in fences(PAGE, "sh")[1].splitlines():
        subprocess.run(argv(line), cwd=folder, check=True)
    site = folder / "site"
    for name, settings in (("pki/issuing", in_token), ("headend/keystore", sealed), ("mdm/keystore", sealed)):
        (site / name / "keystore.toml").write_text(settings)
    return site


def done(line: str, folder: Path) -> None:
    subprocess.run(argv(line), cwd=folder, env=environment(), check=True, capture_output=True)


def test_the_page_is_followed(hsm: SoftHsm, tmp_path: Path) -> None:
    _, _, create, headend, mdm, production = fences(PAGE, "sh")[:6]
    site = settled(hsm, tmp_path)
    done(create, tmp_path)
    for name in ("pki/issuing", "headend/keystore", "mdm/keystore"):
        assert not any(b"PRIVATE KEY" in path.read_bytes() for path in (site / name).iterdir())
    for line in (headend, mdm):
        assert runs(line, tmp_path)
    assert refused(production, tmp_path) == "trust-root-development"
    (site / "headend/keystore/keystore.toml").unlink()
    assert refused(production, tmp_path) == "keystore-software-refused"


def test_with_a_root_from_a_ceremony_it_starts_in_production(hsm: SoftHsm, tmp_path: Path) -> None:
    request, _, create, *components = fences(PAGE, "text")[1].splitlines()
    site = settled(hsm, tmp_path)
    done(request.replace("ceremony/requests", "requests"), tmp_path)
    with rehearsed(tmp_path / "ceremony") as rehearsal:
        rehearsal.stage.is_rehearsal = False
        rehearsal.stage.requests = tmp_path / "requests"
        rehearsal.stage.clock = rehearsed_clock(datetime.now(UTC) - timedelta(days=1))
        Ceremony.begin(rehearsal.stage).hold()
    done(create, tmp_path)
    assert not is_for_development(TrustFolder(site / "trust").anchors()[0])
    for line in components:
        assert runs(line, tmp_path)
