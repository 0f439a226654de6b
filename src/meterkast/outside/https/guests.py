"""Who is in the house: each connection with the time that it has left, and who goes when there is no room.

What counts is how long a connection has kept us waiting. Who asks and listens keeps nobody waiting, however
busy we are; who is idle, or lets drop an octet now and then, does little else (RQ-29, AT-47).
"""

import io
import logging
import select
import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

_log = logging.getLogger("meterkast.https")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a server may be made to bear.

    Attributes:
        connections: at most so many at once, each of which has a thread.
        seconds: for a whole handshake, for a whole question, and for a whole answer.
        wait_seconds: who has kept us waiting for longer makes room for somebody else.
        stop_seconds: that the answers under way still have when the server is stopped.
    """

    connections: int = 256
    seconds: float = 10.0
    wait_seconds: float = 0.5
    stop_seconds: float = 3.0


class Guest(io.RawIOBase):
    """One connection; reads and writes until its time is over, with ``TimeoutError`` from then on.

    ``recv`` and ``sendall`` are those of a socket. Closing it leaves the socket to its owner.
    """

    def __init__(self, plain: socket.socket, seconds: float) -> None:
        self._plain = plain
        self._seconds = seconds
        self._waiting: tuple[float, int] | None = None
        self._last = False
        plain.setblocking(False)
        self.begin()

    def begin(self) -> None:
        """Something new begins, for which it has all of its time."""
        self._until = time.monotonic() + self._seconds
        self._waited = 0.0

    def recv(self, limit: int) -> bytes:
        """Waits for octets; none once the far end has closed, or was cut."""
        self._wait(select.POLLIN)
        return self._plain.recv(limit)

    def sendall(self, octets: "ReadableBuffer") -> None:
        """Sends all of it."""
        left = memoryview(octets).cast("B")
        while left:
            self._wait(select.POLLOUT)
            left = left[self._plain.send(left) :]

    def readable(self) -> bool:
        """Yes."""
        return True

    def writable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """As ``recv``."""
        view = memoryview(buffer).cast("B")
        octets = self.recv(len(view))
        view[: len(octets)] = octets
        return len(octets)

    def write(self, octets: "ReadableBuffer") -> int:
        """As ``sendall``."""
        self.sendall(octets)
        return len(memoryview(octets))

    def waited(self) -> float:
        """Seconds that it has kept us waiting; 0 while it is we who have something to do. Any thread's."""
        waiting = self._waiting
        if waiting is None or _is_ready(self._plain, waiting[1], 0.0):
            return 0.0
        return self._waited + time.monotonic() - waiting[0]

    def last_call(self) -> None:
        """What it has begun to say is still answered, and nothing else is waited for. Any thread's."""
        self._last = True
        waiting = self._waiting
        listening = waiting is not None and waiting[1] == select.POLLIN
        if listening and not _is_ready(self._plain, select.POLLIN, 0.0):
            self.cut()

    def cut(self) -> None:
        """Ends it, whatever it waits for. Any thread's."""
        with suppress(OSError):  # gone by itself
            self._plain.shutdown(socket.SHUT_RDWR)

    def _wait(self, event: int) -> None:
        began = time.monotonic()
        self._waiting = began, event
        left = 0.0 if self._last and event == select.POLLIN else self._until - began
        ready = began < self._until and _is_ready(self._plain, event, left)
        self._waiting = None
        self._waited += time.monotonic() - began
        if not ready:
            raise TimeoutError("The far end is too slow.")


class Guests:
    """All who are in the house. Safe in threads."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._inside: dict[socket.socket, tuple[Guest, str]] = {}
        self._change = threading.Condition()

    def enter(self, plain: socket.socket, peer: str) -> bool:
        """Takes a place, if need be that of who has kept us waiting longest; whether there is one."""
        with self._change:
            if len(self._inside) >= self._bounds.connections and not self._make_room():
                return False
            self._inside[plain] = Guest(plain, self._bounds.seconds), peer
            return True

    def guest(self, plain: socket.socket) -> Guest:
        """The one with this socket; a new one, already cut, where it had to go before it was served."""
        with self._change:
            found = self._inside.get(plain)
        return found[0] if found else Guest(plain, 0.0)

    def leave(self, plain: socket.socket) -> None:
        """Gives the place back."""
        with self._change:
            self._inside.pop(plain, None)
            self._change.notify_all()

    def clear(self) -> None:
        """Sends everybody home: those who are silent at once, the others when their time is over."""
        with self._change:
            for guest, _peer in self._inside.values():
                guest.last_call()
            self._change.wait_for(lambda: not self._inside, self._bounds.stop_seconds)
            for guest, _peer in self._inside.values():
                guest.cut()

    def _make_room(self) -> bool:
        slowest = max(self._inside, key=lambda plain: self._inside[plain][0].waited())
        guest, peer = self._inside[slowest]
        if guest.waited() <= self._bounds.wait_seconds:
            return False
        _log.warning("https-house-full peer=%s", peer)
        del self._inside[slowest]
        guest.cut()
        return True


def _is_ready(plain: socket.socket, event: int, seconds: float) -> bool:
    """Whether it can be gone on with, at the latest in so many seconds; also where it has been closed."""
    poll = select.poll()
    try:
        poll.register(plain, event)
    except ValueError:  # closed by its owner
        return True
    return bool(poll.poll(seconds * 1000))
