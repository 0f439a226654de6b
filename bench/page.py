"""The page of a running street: how long until it stands."""

import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from http.client import HTTPException
from pathlib import Path

from bench.figure import Figure

_TRIES = 20
_PORT = 8477
_PATHS = ("", "static/page.css", "static/page.js", "static/chart.js", "api/state.json")


def measure() -> list[Figure]:
    """Loads the page with what it needs, again and again, while the street is being built and lives."""
    with tempfile.TemporaryDirectory() as folder:
        command = [str(Path(sys.executable).with_name("meterkast")), "demo", "--homes", "12", "--days", "1"]
        command += ["--port", str(_PORT), "--site", f"{folder}/site", "--quiet"]
        street = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            assert street.stderr is not None
            address = street.stderr.readline().split(" at ")[1].split()[0]
            _wait_for_homes(address)
            seconds = sorted(_load(address) for _ in range(_TRIES))
        finally:
            street.terminate()
            street.wait()
    return [
        Figure(
            name="page.load-slowest",
            value=seconds[-1],
            unit="s",
            goal=1,
            against=f"median {seconds[_TRIES // 2]:.3f} s of {_TRIES} loads of {len(_PATHS)} files",
        )
    ]


def _wait_for_homes(address: str) -> None:
    while not json.loads(_get(address + "api/state.json"))["homes"]:
        time.sleep(0.1)


def _load(address: str) -> float:
    began = time.perf_counter()
    for path in _PATHS:
        _get(address + path)
    return time.perf_counter() - began


def _get(url: str) -> bytes:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            body: bytes = answer.read()
            return body
    except HTTPException as error:
        raise SystemExit(f"bench: the page broke off: {error}") from error
