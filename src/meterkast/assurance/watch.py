"""A watch on what code does to the outside: sockets, processes, devices. It sees what runs in its context."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache

_EVENTS = frozenset(
    {
        "socket.__new__",
        "socket.connect",
        "socket.bind",
        "socket.sendto",
        "socket.sendmsg",
        "socket.getaddrinfo",
        "subprocess.Popen",
        "os.posix_spawn",
        "os.fork",
    }
)
_seen: ContextVar[list[str] | None] = ContextVar("seen", default=None)


@contextmanager
def watching() -> Iterator[list[str]]:
    """Gives a list that fills with the names of such events, for as long as the block lasts.

    It counts what the block does by itself, in tasks that it starts, and in threads it hands work to; what
    other tasks of the process do meanwhile is not counted.
    """
    _install()
    seen: list[str] = []
    token = _seen.set(seen)
    try:
        yield seen
    finally:
        _seen.reset(token)


@cache
def _install() -> None:
    """An audit hook stays for the life of the process; without a watcher it does nothing."""
    sys.addaudithook(_hook)


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if event in _EVENTS or (event == "open" and _is_device(arguments)):
        seen = _seen.get()
        if seen is not None:
            seen.append(event)


def _is_device(arguments: tuple[object, ...]) -> bool:
    return bool(arguments) and isinstance(arguments[0], str) and arguments[0].startswith("/dev/tty")
