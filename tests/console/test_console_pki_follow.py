"""``pki follow``: another machine hears of a revocation, over a real list server."""

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from console.test_console_pki import document, founded, typed
from meterkast.outside.trust import TrustFolder
from meterkast.pki.service import PkiService, PkiSettings


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    founded(tmp_path / "site")
    shutil.copytree(tmp_path / "site" / "trust", tmp_path / "elsewhere")
    return tmp_path / "elsewhere"


def served(site: Path) -> PkiService:
    service = PkiService(PkiSettings(folder=site / "pki", trust=site / "trust"))
    service.start()
    return service


def test_once(elsewhere: Path, tmp_path: Path) -> None:
    service = served(tmp_path / "site")
    try:
        place = f"127.0.0.1:{service.list_port}"
        document("follow", place, "--trust", str(elsewhere), "--once")
        site = "--site", str(tmp_path / "site")
        serial = document("list", "headend.meterkast.internal", *site)["certificates"]
        assert isinstance(serial, list)
        assert typed("revoke", serial[0]["serial"], *site)[0] == 0
        followed = document("follow", place, "--trust", str(elsewhere), "--once")
        assert followed == {"lists": 1, "authorities": 0}
        heard = TrustFolder(elsewhere).crl("operator")
        assert heard is not None
        assert [f"{each.serial_number:X}" for each in heard] == [serial[0]["serial"]]
    finally:
        service.stop()


def test_again_and_again_until_it_is_told_to_stop(elsewhere: Path, tmp_path: Path) -> None:
    service = served(tmp_path / "site")
    program = "from meterkast.console.cli import main; main()"
    words = ["pki", "follow", f"127.0.0.1:{service.list_port}", "--trust", str(elsewhere), "--every", "1"]
    process = subprocess.Popen(
        [sys.executable, "-c", program, *words], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )
    try:
        assert process.stderr is not None
        assert "follows" in process.stderr.readline()
        typed("publish", "--site", str(tmp_path / "site"))
        assert "pki-followed" in process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    finally:
        process.kill()
        service.stop()


@pytest.mark.parametrize(
    ("place", "code", "exit_code"),
    [("nope", "address-malformed", 2), ("127.0.0.1:1", "pki-lists-unreachable", 4)],
)
def test_nobody_there(elsewhere: Path, place: str, code: str, exit_code: int) -> None:
    ended, out = typed("follow", place, "--trust", str(elsewhere), "--once", "--json")
    assert (json.loads(out)["error"]["code"], ended) == (code, exit_code)
