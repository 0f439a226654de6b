"""The main job and the case from the command line, with real processes behind them."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from console.test_console_cli import SOURCE, document, process
from meterkast.console.exits import Exit

pytestmark = pytest.mark.processes

CONTRACT = (
    *(
        "homes",
        "days",
        "seed",
        "expected_blocks",
        "stored_blocks",
        "expected_gas_blocks",
        "stored_gas_blocks",
    ),
    *("lost", "duplicates"),
    *("register_mismatches", "claims", "elapsed_s"),
)


def test_one_command_delivers_and_proves(tmp_path: Path) -> None:
    site = str(tmp_path / "site")
    code, out, err = process("demo", "--once", "--homes", "2", "--days", "1", "--json", "--site", site)
    summary = document(out)
    assert code == Exit.DONE, (summary, err)
    assert tuple(summary)[: len(CONTRACT)] == CONTRACT
    assert summary["stored_blocks"] == summary["stored_gas_blocks"] == 2
    assert {claim["status"] for claim in summary["claims"]} == {"proven"}
    assert "running: 2026-03-02" in err
    assert "Traceback" not in err

    _, out, _ = process("assurance", "status", "--json", "--site", site)
    proven = {claim["id"] for claim in document(out)["claims"] if claim["status"] == "proven"}
    assert proven == {claim["id"] for claim in summary["claims"]}

    first_day = ("--from", "2026-03-02", "--to", "2026-03-02")
    code, out, _ = process("readings", "--json", "--medium", "electricity", *first_day, "--site", site)
    energy = [row for row in json.loads(out) if row["obis"] == "1-0:1.8.0"]
    assert code == Exit.DONE
    assert len(energy) == 2 * 96
    assert all(float(row["consumption"]) >= 0 for row in energy)


def test_quiet_is_quiet(tmp_path: Path) -> None:
    arguments = ("--homes", "1", "--days", "1", "--quiet", "--site", str(tmp_path / "site"))
    code, out, err = process("demo", "--once", *arguments)
    assert (code, err) == (Exit.DONE, "")
    assert "Everything arrived, once and unchanged." in out


def test_claims_of_a_site_that_was_never_proven_are_open(tmp_path: Path) -> None:
    code, out, _ = process("assurance", "status", "--json", "--site", str(tmp_path))
    assert code == Exit.FAILED
    assert {claim["status"] for claim in document(out)["claims"]} == {"open"}


def test_an_unknown_claim_is_bad_input(tmp_path: Path) -> None:
    code, out, _ = process("assurance", "run", "--only", "no-such", "--json", "--site", str(tmp_path))
    assert code == Exit.BAD_INPUT
    assert document(out)["error"]["code"] == "claim-unknown"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_page_is_served_at_once_and_ends_with_the_street(tmp_path: Path, number: signal.Signals) -> None:
    script = "from meterkast.console.cli import main; main()"
    arguments = ("demo", "--homes", "2", "--days", "1", "--port", "18600", "--site", str(tmp_path / "site"))
    street = subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
    )
    assert street.stderr is not None
    told = re.search(r"http://127\.0\.0\.1:(\d+)/", street.stderr.readline())
    assert told is not None
    page = http.client.HTTPConnection("127.0.0.1", int(told[1]), timeout=30)
    page.request("GET", "/api/state.json")
    assert json.load(page.getresponse())["phase"] == "building"
    page.request("GET", "/events")
    assert page.getresponse().readline().startswith(b"data: ")
    street.send_signal(number)
    assert street.wait(timeout=60) == Exit.DONE
    assert street.stderr.read() == ""
    page.close()
