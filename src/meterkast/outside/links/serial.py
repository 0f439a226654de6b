"""Serial lines: a real port, or a pseudo-terminal that stands in for the cable between two devices."""

import asyncio
import os
import termios
import tty
from pathlib import Path

from meterkast.model.errors import UnreachableError

_SPEEDS = {
    300: termios.B300,
    2400: termios.B2400,
    9600: termios.B9600,
    19200: termios.B19200,
    115200: termios.B115200,
}


class SerialLink:
    """One end of a serial line, as a file descriptor in raw mode."""

    def __init__(self, descriptor: int) -> None:
        os.set_blocking(descriptor, False)
        self._descriptor = descriptor
        self._loop = asyncio.get_running_loop()
        self._closed = False
        self._waiting: set[asyncio.Event] = set()

    async def _ready(self, *, writing: bool) -> None:
        add = self._loop.add_writer if writing else self._loop.add_reader
        remove = self._loop.remove_writer if writing else self._loop.remove_reader
        ready = asyncio.Event()
        self._waiting.add(ready)
        add(self._descriptor, ready.set)
        try:
            await ready.wait()
        finally:
            self._waiting.discard(ready)
            if not self._closed:
                remove(self._descriptor)

    async def send(self, octets: bytes) -> None:
        """Hands the octets to the line.

        Raises:
            UnreachableError: ``link-closed`` where the line is gone.
        """
        left = memoryview(octets)
        while left:
            try:
                left = left[os.write(self._descriptor, left) :]
            except BlockingIOError:
                await self._ready(writing=True)
            except OSError as error:
                raise UnreachableError("link-closed", "The serial line is gone.") from error

    async def receive(self, limit: int = 65536) -> bytes:
        """The next octets, at most ``limit``; empty once the line is gone."""
        while not self._closed:
            try:
                return os.read(self._descriptor, limit)
            except BlockingIOError:
                await self._ready(writing=False)
            except OSError:
                return b""
        return b""

    async def close(self) -> None:
        """Lets go of the line."""
        if not self._closed:
            self._closed = True
            self._loop.remove_reader(self._descriptor)
            self._loop.remove_writer(self._descriptor)
            for ready in self._waiting:
                ready.set()
            os.close(self._descriptor)


def open_port(path: Path, *, speed: int = 9600) -> SerialLink:
    """Opens a serial port, 8N1, raw.

    Raises:
        UnreachableError: ``serial-unavailable`` where the port can't be opened at that speed.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(descriptor)
        settings = termios.tcgetattr(descriptor)
        settings[4] = settings[5] = _SPEEDS[speed]
        termios.tcsetattr(descriptor, termios.TCSANOW, settings)
    except (OSError, KeyError, termios.error) as error:
        raise UnreachableError(
            "serial-unavailable",
            "The serial port can't be opened at this speed.",
            where=str(path),
            hint=f"Check the path and your rights; speeds: {', '.join(map(str, _SPEEDS))}.",
        ) from error
    return SerialLink(descriptor)


class PtyLink(SerialLink):
    """The near end of a pseudo-terminal; another process opens the far end at ``path``.

    The far end stays open here too: the line would otherwise break between two visits of the other process.
    """

    def __init__(self) -> None:
        ours, self._theirs = os.openpty()
        tty.setraw(ours)
        tty.setraw(self._theirs)
        self.path = Path(os.ttyname(self._theirs))
        super().__init__(ours)

    async def close(self) -> None:
        """Lets go of both ends."""
        if not self._closed:
            os.close(self._theirs)
        await super().close()
