"""A component that runs as a process of its own, and can be killed and started again."""

import asyncio
import contextlib
import signal
import sys
from pathlib import Path

from meterkast.model.errors import LocalError

_STOP_SECONDS = 10.0


class ComponentProcess:
    """A process of the centre.

    Args:
        name: ``headend`` or ``mdm``.
        site: the state folder; its log goes to ``log/NAME.log`` in there.
        ready: the file by which it says that it is ready; None where it says nothing.

    Attributes:
        arguments: what it is started with besides its name and the site.
    """

    def __init__(self, name: str, site: Path, *, ready: Path | None = None) -> None:
        self.name = name
        self._site = site
        self._ready = ready
        self._process: asyncio.subprocess.Process | None = None
        self.arguments: tuple[str, ...] = ()

    @property
    def running(self) -> bool:
        """Whether it has been started and has not ended."""
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int | None:
        """The process number of its present life."""
        return self._process.pid if self._process is not None and self.running else None

    async def start(self) -> None:
        """Starts it; it is not ready at once."""
        if self._ready is not None:
            self._ready.unlink(missing_ok=True)  # one that was killed leaves its file behind
        log = self._site / "log" / f"{self.name}.log"
        log.parent.mkdir(exist_ok=True)
        with log.open("ab") as file:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "meterkast.street.component",
                self.name,
                str(self._site),
                *self.arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=file,
                start_new_session=True,
            )

    async def ready(self, *, seconds: float = 30.0) -> None:
        """Waits until it says that it is ready.

        Raises:
            LocalError: ``component-not-ready`` where it ended or took too long; its log says why.
        """
        if self._ready is None:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.running and not self._ready.exists():
                    await asyncio.sleep(0.01)
        if not self._ready.exists():
            raise LocalError(
                "component-not-ready",
                f"The component {self.name} did not start.",
                where=str(self._site / "log" / f"{self.name}.log"),
                hint="Its log says why.",
            )

    async def kill(self) -> None:
        """``kill -9``: no chance to tidy up."""
        if self._process is not None and self.running:
            self._process.send_signal(signal.SIGKILL)
            await self._process.wait()

    async def stop(self) -> None:
        """Asks it to end, and insists after ten seconds."""
        if self._process is None or not self.running:
            return
        self._process.terminate()
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await self._process.wait()
        except TimeoutError:
            await self.kill()
