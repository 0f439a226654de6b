"""The page on keys in a token is followed, command by command."""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs.pages import DOCS, ROOT, fences
from keystore.softhsm import SoftHsm, needs_softhsm, token_in

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


def test_the_page_is_followed(hsm: SoftHsm, tmp_path: Path) -> None:
    _, folders, create, *components = fences(PAGE, "sh")
    in_token, sealed = (text.replace(PRINTED_MODULE, str(hsm.module)) for text in fences(PAGE, "toml"))
    for line in folders.splitlines():
        subprocess.run(argv(line), cwd=tmp_path, check=True)
    site = tmp_path / "site"
    for name, settings in (("pki/issuing", in_token), ("headend/keystore", sealed), ("mdm/keystore", sealed)):
        (site / name / "keystore.toml").write_text(settings)
    subprocess.run(argv(create), cwd=tmp_path, env=environment(), check=True, capture_output=True)
    for name in ("pki/issuing", "headend/keystore", "mdm/keystore"):
        assert not any(b"PRIVATE KEY" in path.read_bytes() for path in (site / name).iterdir())
    for line in components:
        assert runs(line, tmp_path)
    (site / "headend/keystore/keystore.toml").unlink()
    refused = subprocess.run(
        argv(components[0], "--json"),
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 5
    assert json.loads(refused.stdout)["error"]["code"] == "keystore-software-refused"
