"""A confined process, seen from outside: started, watched, ended."""

import asyncio
import json
import logging
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from pathlib import Path

from meterkast.model.errors import LocalError

_LOG = logging.getLogger("meterkast.outside.confinement")
_ROOT = Path(__file__).parents[3]
_START = (
    f"import sys; sys.path.insert(0, {str(_ROOT)!r}); "
    "from meterkast.outside.confinement.enter import main; main()"
)
_START_SECONDS = 20.0
_STDERR_LINE, _STDERR_LINES = 512, 200
_MEMORY = 512 << 20


class ConfinedProcess:
    """One application behind its walls, with one socket out.

    Attributes:
        layers: what the kernel granted, such as ``network-namespace`` and ``seccomp``.
    """

    def __init__(self, process: Process, layers: tuple[str, ...]) -> None:
        self._process = process
        self._stderr = asyncio.create_task(_log_stderr(process))
        self.layers = layers

    @classmethod
    async def start(
        cls,
        module: str,
        channel: socket.socket,
        *,
        bundle: Path | None = None,
        memory: int = _MEMORY,
        allow_unconfined: bool = False,
    ) -> "ConfinedProcess":
        """Runs ``python -m module --fd N`` with ``channel`` as its only way out and an empty environment.

        Args:
            module: dotted name of the module to run, of this package or of the bundle.
            channel: the application's end of a socket pair; the caller closes its own copy afterwards.
            bundle: folder of the application's own code, where it does not come with this package.
            memory: bound of the address space in octets.
            allow_unconfined: runs even where the kernel grants neither a network namespace nor seccomp.

        Raises:
            LocalError: ``sandbox-unavailable``.
        """
        order = {
            "module": module,
            "arguments": ["--fd", str(channel.fileno())],
            "bundle": bundle and str(bundle),
            "memory": memory,
            "allow_unconfined": allow_unconfined,
        }
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", "-B", "-c", _START, json.dumps(order)),
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
            env={},
            pass_fds=(channel.fileno(),),
            limit=_STDERR_LINE,
            start_new_session=True,  # Ctrl-C at a terminal is the gateway's to answer, not the application's
        )
        try:
            layers = await _granted(process)
        except BaseException:
            await _end(process)
            raise
        return cls(process, layers)

    @property
    def pid(self) -> int:
        """The process number, for measuring and for tests."""
        return self._process.pid

    async def wait(self) -> int:
        """Waits for the end and gives the exit status, negative for a signal."""
        return await self._process.wait()

    async def stop(self) -> None:
        """Ends the process at once; it holds nothing worth saving."""
        await _end(self._process)
        await self._stderr


async def _granted(process: Process) -> tuple[str, ...]:
    """The layers from the report on standard output."""
    stdout = process.stdout
    if stdout is None:
        raise LocalError("sandbox-unavailable", "The sandbox was started without a report channel.")
    try:
        async with asyncio.timeout(_START_SECONDS):
            report = json.loads(await stdout.read())
    except (TimeoutError, ValueError):
        report = {"layers": [], "confined": False}
    if not report["confined"]:
        raise LocalError(
            "sandbox-unavailable",
            "The kernel grants neither a network namespace nor seccomp, so the application was not started.",
            hint="Allow user namespaces or seccomp, or allow unconfined applications in the settings.",
        )
    return tuple(report["layers"])


async def _end(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()
    await process.wait()


async def _log_stderr(process: Process) -> None:
    """Standard error goes to the log, so many lines of so many characters; the rest is read and dropped."""
    stderr = process.stderr
    if stderr is None:
        return
    lines = 0
    while octets := await stderr.read(_STDERR_LINE):
        for line in octets.decode("utf-8", "replace").splitlines():
            if lines < _STDERR_LINES:
                _LOG.warning("application-stderr %s", ascii(line))
            lines += 1
