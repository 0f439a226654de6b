"""The pages on the PKI are followed from one empty folder: founded, a gateway enrolled, and revoked."""

import os
import re
import shutil
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from docs.pages import DOCS, ROOT, text
from pki.world import TITLE, found

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl command on this machine"),
    pytest.mark.skipif(shutil.which("curl") is None, reason="no curl command on this machine"),
]

START, ENROL, REVOKE = (
    DOCS / "how-to" / f"{name}.md" for name in ("start-a-pki", "enrol-with-openssl", "revoke")
)
PRINTED_PORTS = ("8443", "8080", "4059")
WITHIN = 60.0
_FENCE = re.compile(
    r"(?:^Write `([^`\n]+)`[^\n]*\n\n)?^```(sh|ini|text)\n(.*?)^```$", re.DOTALL | re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Step:
    """Commands, and what they must say; or a file and its contents."""

    commands: str
    said: tuple[str, ...] = ()
    file: str = ""

    @property
    def fails(self) -> bool:
        return any(re.search(r"error|refused|alert", line) for line in self.said)


def steps(page: Path) -> list[Step]:
    """What is to be done; what stands right under commands is what they say."""
    found: list[Step] = []
    end = 0
    for match in _FENCE.finditer(text(page)):
        file, language, contents = match.groups()
        if language == "text" and found and match.start() - end <= len("\n\n"):
            found[-1] = Step(found[-1].commands, said=tuple(contents.splitlines()))
        elif language != "text":
            found.append(Step(contents, file=file or ""))
        end = match.end()
    return found


class Terminal:
    """One folder, and a shell in it that knows ``meterkast``, ``python`` and the ports of this run."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._place = folder
        self._ports = free_ports()
        commands = folder / ".bin"
        commands.mkdir(parents=True)
        for name, does in (
            ("meterkast", '-c "from meterkast.console.cli import main; main()" "$@"'),
            ("python", '"$@"'),
        ):
            path = commands / name
            path.write_text(f"#!/bin/sh\nexec {sys.executable} {does}\n")
            path.chmod(stat.S_IRWXU)
        self._environment = {
            **os.environ,
            "PATH": f"{commands}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT / "src"),
            "PYTHONUNBUFFERED": "1",
        }

    def begin(self) -> None:
        """Every page begins in the same folder."""
        self._place = self._folder

    def port(self, printed: str) -> int:
        return int(self._ports[printed])

    def settled(self, printed: str) -> str:
        """What the page prints, with the ports of this run."""
        return re.sub(rf"\b({'|'.join(PRINTED_PORTS)})\b", lambda match: self._ports[match[0]], printed)

    def write(self, step: Step) -> None:
        (self._place / step.file).write_text(self.settled(step.commands))

    def run(self, commands: str) -> tuple[int, str]:
        """How it ended and all that it said; the next commands begin where these ended."""
        script = f"set -e -o pipefail\ntrap 'pwd > {self._folder}/.place' EXIT\n{self.settled(commands)}"
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self._place,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=WITHIN,
        )
        self._place = Path((self._folder / ".place").read_text().strip())
        return done.returncode, done.stdout

    def follow(self, step: Step) -> None:
        code, said = self.run(step.commands)
        assert (code != 0) is step.fails, f"{step.commands}\n{said}"
        for line in step.said:
            assert line in said, f"{step.commands}\n{said}"

    @contextmanager
    def running(self, commands: str) -> Iterator[None]:
        """A service, from when it listens until it is told to stop; it must end well."""
        printed = re.search(r"--port (\d+)", commands)
        assert printed
        log = self._folder / ".log"
        command = f"exec {self.settled(commands)}"
        with log.open("ab") as file:
            process = subprocess.Popen(
                ["bash", "-c", command], cwd=self._folder, env=self._environment, stdout=file, stderr=file
            )
        try:
            until = time.monotonic() + WITHIN
            while not listens(self.port(printed[1])):
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < until, log.read_text()
                time.sleep(0.05)
            yield
            process.terminate()
            assert process.wait(WITHIN) == 0, log.read_text()
        finally:
            process.kill()
            process.wait()


def free_ports() -> dict[str, str]:
    with ExitStack() as open_ones:
        sockets = [open_ones.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in PRINTED_PORTS]
        return {port: str(each.getsockname()[1]) for port, each in zip(PRINTED_PORTS, sockets, strict=True)}


def listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def test_the_pages_are_followed(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path / "empty")
    shutil.copy(DOCS / "how-to" / "knock.py", tmp_path / "empty")
    with ExitStack() as services:
        for page in (START, ENROL, REVOKE):
            terminal.begin()
            for step in steps(page):
                if step.file:
                    terminal.write(step)
                elif re.search(r"^meterkast (pki serve|headend run) ", step.commands):
                    services.enter_context(terminal.running(step.commands))
                else:
                    terminal.follow(step)


def test_a_device_that_waited_renews_as_the_page_says(tmp_path: Path) -> None:
    """A PKI and a gateway of five hundred days ago; the commands are those that are too early on the page."""
    terminal = Terminal(tmp_path / "empty")
    world = found(tmp_path / "empty" / "site", days_ago=500)
    keystore, device = world.enrolled(), tmp_path / "empty" / "device"
    device.mkdir()
    shutil.copy(world.trust.path / "anchors.pem", device)
    shutil.copy(keystore.folder / "tls.key.pem", device)
    chain = b"".join(each.public_bytes(Encoding.PEM) for each in keystore.certificate("tls"))
    (device / "tls.chain.pem").write_bytes(chain)
    request, renew = (
        step.commands
        for step in steps(ENROL)
        if "req -new -key tls-2" in step.commands or "simplereenroll" in step.commands
    )
    (serve,) = (step for step in steps(START) if "pki serve" in step.commands)
    terminal.run("cd device")
    (configuration,) = (step for step in steps(ENROL) if step.file)
    terminal.write(configuration)
    with terminal.running(serve.commands):
        for commands in (request.partition("curl")[0], renew):
            code, said = terminal.run(commands)
            assert code == 0, said
    renewed = x509.load_pem_x509_certificate((device / "tls-2.crt.pem").read_bytes())
    assert renewed.not_valid_after_utc > keystore.certificate("tls")[0].not_valid_after_utc
    assert len(world.site.authority.issued(str(TITLE))) == 4
