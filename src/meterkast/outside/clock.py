"""Time, as something that is handed in: the system's, a faster one, or one that another process turns."""

import asyncio
import mmap
import struct
import time
from pathlib import Path
from typing import Protocol

_POLL = 0.005


class Clock(Protocol):
    """Metering time. Certificates live in real time and are judged by ``SystemClock``."""

    def now(self) -> float:
        """Unix seconds, UTC."""
        ...

    async def sleep_until(self, at: float) -> None:
        """Returns once ``now() >= at``."""
        ...


class SystemClock:
    """The machine's own time."""

    def now(self) -> float:
        """Unix seconds, UTC."""
        return time.time()

    async def sleep_until(self, at: float) -> None:
        """Returns once ``now() >= at``."""
        while (left := at - time.time()) > 0:
            await asyncio.sleep(min(left, 60.0))


class ScaledClock:
    """Starts at a given instant and runs ``speed`` times as fast as the machine's time; 0 stands still."""

    def __init__(self, start: float, speed: float = 1.0) -> None:
        self._start = start
        self._speed = speed
        self._began = time.monotonic()

    def now(self) -> float:
        """Unix seconds, UTC."""
        return self._start + (time.monotonic() - self._began) * self._speed

    async def sleep_until(self, at: float) -> None:
        """Returns once ``now() >= at``; never, where the clock stands still."""
        while (left := at - self.now()) > 0:
            await asyncio.sleep(min(left / self._speed, 1.0) if self._speed else 1.0)


class SettableClock:
    """Another clock, ahead or behind by what it was last set to."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead = 0.0

    def now(self) -> float:
        """Unix seconds, UTC."""
        return self._clock.now() + self._ahead

    def set(self, at: float) -> None:
        """From now on it is ``at`` (Unix seconds)."""
        self._ahead = at - self._clock.now()

    async def sleep_until(self, at: float) -> None:
        """Returns once ``now() >= at``, also where the clock is set meanwhile, to the minute."""
        while (left := at - self.now()) > 0:
            await self._clock.sleep_until(self._clock.now() + min(left, 60.0))


class SharedClock:
    """Virtual time in a file of eight octets: one process turns it, any number read it.

    A file, and not a message, because a reader that was killed and restarted sees the right time at once.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("r+b")
        self._octets = mmap.mmap(self._file.fileno(), 8)

    @classmethod
    def create(cls, path: Path, now: float) -> "SharedClock":
        """Makes the file, showing ``now``."""
        path.write_bytes(struct.pack("<d", now))
        return cls(path)

    def set(self, now: float) -> None:
        """Turns the clock. Only the process that created it may."""
        self._octets[:] = struct.pack("<d", now)

    def now(self) -> float:
        """Unix seconds, UTC."""
        value: float = struct.unpack("<d", self._octets[:])[0]
        return value

    async def sleep_until(self, at: float) -> None:
        """Returns once ``now() >= at``."""
        while self.now() < at:
            await asyncio.sleep(_POLL)

    def close(self) -> None:
        """Lets go of the file."""
        self._octets.close()
        self._file.close()
