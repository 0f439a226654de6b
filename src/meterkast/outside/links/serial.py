"""Serial lines: a real port, or a pseudo-terminal that stands in for the cable between two devices."""

import asyncio
import os
import termios
import tty
from pathlib import Path

from meterkast.model.errors import UnreachableError

_SPEEDS = {
    baud: getattr(termios, f"B{baud}")
    for baud in (300, 600, 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)
}
_PSEUDO_TERMINALS = Path("/dev/pts")
"""They carry octets without parity and refuse to be told otherwise."""
_CONTROL_MODES, _INPUT_SPEED, _OUTPUT_SPEED = 2, 4, 5  # places in what tcgetattr gives


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

    @property
    def speed(self) -> int:
        """Baud of the line as it is set now; of a pseudo-terminal, as the far end has set it."""
        set_now = termios.tcgetattr(self._descriptor)[_OUTPUT_SPEED]
        return next(baud for baud, constant in _SPEEDS.items() if constant == set_now)

    async def change_speed(self, speed: int) -> None:
        """Goes on at another speed once everything that was sent has left.

        Raises:
            UnreachableError: ``serial-unavailable`` where the line is gone or has no such speed.
        """
        try:
            await asyncio.to_thread(_set_speed, self._descriptor, speed, when=termios.TCSADRAIN)
        except (OSError, KeyError, termios.error) as error:
            raise UnreachableError(
                "serial-unavailable", "The serial line can't change its speed.", where=f"{speed} baud"
            ) from error

    async def close(self) -> None:
        """Lets go of the line."""
        if not self._closed:
            self._closed = True
            self._loop.remove_reader(self._descriptor)
            self._loop.remove_writer(self._descriptor)
            for ready in self._waiting:
                ready.set()
            os.close(self._descriptor)


def open_port(path: Path, *, speed: int = 9600, even_parity: bool = False) -> SerialLink:
    """Opens a serial port, raw: 8N1, or 8E1 as M-Bus has it.

    Raises:
        UnreachableError: ``serial-unavailable`` where the port can't be opened at that speed.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(descriptor)
        _set_speed(descriptor, speed, when=termios.TCSANOW)
        if even_parity and not path.resolve().is_relative_to(_PSEUDO_TERMINALS):
            _set_even_parity(descriptor)
    except (OSError, KeyError, termios.error) as error:
        raise UnreachableError(
            "serial-unavailable",
            "The serial port can't be opened at this speed.",
            where=str(path),
            hint=f"Check the path and your rights; speeds: {', '.join(map(str, _SPEEDS))}.",
        ) from error
    return SerialLink(descriptor)


def _set_speed(descriptor: int, speed: int, *, when: int) -> None:
    settings = termios.tcgetattr(descriptor)
    settings[_INPUT_SPEED] = settings[_OUTPUT_SPEED] = _SPEEDS[speed]
    termios.tcsetattr(descriptor, when, settings)


def _set_even_parity(descriptor: int) -> None:
    settings = termios.tcgetattr(descriptor)
    settings[_CONTROL_MODES] |= termios.PARENB
    settings[_CONTROL_MODES] &= ~termios.PARODD
    termios.tcsetattr(descriptor, termios.TCSANOW, settings)


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
