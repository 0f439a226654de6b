"""The page that runs each component by itself is followed, command by command, and readings arrive."""

import os
import re
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest

from docs.pages import DOCS, ROOT, fences

pytestmark = pytest.mark.processes

PAGE = DOCS / "how-to" / "one-component.md"
SCRIPT = "from meterkast.console.cli import main; main()"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONUNBUFFERED": "1"}
PRINTED_PORTS = ("8443", "8080", "4059")
WITHIN = 90.0


def free_ports() -> dict[str, str]:
    """A free port for each that the page prints."""
    with ExitStack() as open_ones:
        sockets = [open_ones.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in PRINTED_PORTS]
        return {port: str(each.getsockname()[1]) for port, each in zip(PRINTED_PORTS, sockets, strict=True)}


def argv(line: str) -> list[str]:
    """The command of the page, as this Python runs it."""
    program, *arguments = shlex.split(line)
    if program == "meterkast":
        return [sys.executable, "-c", SCRIPT, *arguments]
    assert program == "python"
    return [sys.executable, str(PAGE.parent / arguments[0]), *arguments[1:]]


def runs_on(line: str) -> bool:
    return " run " in line or " serve " in line


@dataclass(frozen=True, slots=True)
class Component:
    """A process of the page, and where it logs."""

    process: subprocess.Popen[bytes]
    log: Path

    def says(self, pattern: str) -> str:
        """What the pattern finds in the log, once it is there."""
        until = time.monotonic() + WITHIN
        while (found := re.search(pattern, self.log.read_text(), re.MULTILINE)) is None:
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < until, self.log.read_text()
            time.sleep(0.05)
        return found[1]


@contextmanager
def running(line: str, folder: Path) -> Iterator[Component]:
    """A component; at the end it is told to stop, and must end well."""
    log = folder / f"{'-'.join(line.split()[1:3])}.log"
    with log.open("wb") as file:
        process = subprocess.Popen(argv(line), cwd=folder, env=ENVIRONMENT, stdout=file, stderr=file)
    try:
        yield Component(process, log)
        process.terminate()
        assert process.wait(WITHIN) == 0, log.read_text()
    finally:
        process.kill()
        process.wait()


def test_the_page_can_be_followed(tmp_path: Path) -> None:
    since = (date.today() - timedelta(days=3)).isoformat()  # noqa: DTZ011 — as the page says it
    ports = free_ports()
    lines = [line.replace("\"$(date -d '3 days ago' +%F)\"", since) for line in fences(PAGE, "sh")]
    lines = [re.sub("|".join(ports), lambda match: ports[match[0]], line.strip()) for line in lines]
    *commands, gateway, readings = lines
    (configuration,) = fences(PAGE, "toml")
    with ExitStack() as components:
        terminals: dict[str, str] = {}
        path = tmp_path / shlex.split(gateway)[-1]
        for line in commands:
            if " gateway enrol " in line:
                path.write_text(settled(configuration, ports, terminals), encoding="utf-8")
            if not runs_on(line):
                subprocess.run(argv(line), cwd=tmp_path, env=ENVIRONMENT, timeout=WITHIN, check=True)
                continue
            component = components.enter_context(running(line, tmp_path))
            if "pki serve" in line or "headend run" in line:
                component.says(r"(listening)")
            elif "module run" in line or "gasmeter run" in line:
                terminals[component.says(r"^name: (\S+)")] = component.says(r"^terminal: (\S+)")
        component = components.enter_context(running(gateway, tmp_path))
        layers = set(component.says(r"application-started (.*)").split(", "))
        assert layers & {"network-namespace", "seccomp"}
        assert len(delivered(readings, tmp_path)) >= 2 * 96


def settled(configuration: str, ports: dict[str, str], terminals: dict[str, str]) -> str:
    """The file of the page with the ports and terminals of this run."""
    text = re.sub("port = ([0-9]+)", lambda match: f"port = {ports[match[1]]}", configuration)
    for name, terminal in terminals.items():
        assert name in text
        text = re.sub(rf'(name = "{name}"\nserial = )"[^"]*"', rf'\1"{terminal}"', text)
    return text


def delivered(command: str, folder: Path) -> list[str]:
    """The readings with a value, once two whole days are there."""
    until = time.monotonic() + WITHIN
    while True:
        done = subprocess.run(
            argv(command), cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False
        )
        rows = [
            line for line in done.stdout.splitlines() if re.search(r" Wh *$", line) and " 1-0:1.8.0 " in line
        ]
        if len(rows) >= 2 * 96 or time.monotonic() > until:
            return rows
        time.sleep(0.2)
