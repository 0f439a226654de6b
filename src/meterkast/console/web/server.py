"""Serves the page on this machine, on the wished port or the next free one."""

import errno
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from meterkast.console.web.source import Announcer
from meterkast.model.errors import LocalError

HOST = "127.0.0.1"
_TRIES = 50
_GRACE_SECONDS = 2


def listen(port: int) -> socket.socket:
    """A socket on the loopback address: on ``port``, or on the next one that is free.

    Raises:
        LocalError: ``page-port-unusable`` where none in reach is.
    """
    for candidate in range(port, min(port + _TRIES, 65536)):
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, candidate))
            listener.listen(128)
        except OSError as error:
            listener.close()
            if error.errno != errno.EADDRINUSE:
                break
        else:
            return listener
    raise LocalError(
        "page-port-unusable",
        "The page finds no port to be served on.",
        where=f"port {port}",
        hint="Try --port 8400.",
    )


class PageServer(uvicorn.Server):
    """A server that ends its streams when it is told to go; uvicorn alone would wait for them."""

    def __init__(self, app: FastAPI, announcer: Announcer) -> None:
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=_GRACE_SECONDS,
            lifespan="off",
        )
        super().__init__(config)
        self._announcer = announcer

    def leave(self) -> None:
        """Ends the streams and the server; from any thread."""
        self._announcer.end()
        self.should_exit = True


@contextmanager
def served(app: FastAPI, announcer: Announcer, listener: socket.socket) -> Iterator[str]:
    """The page, served from a thread of its own so that a busy street never delays it; gives its address."""
    server = PageServer(app, announcer)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="page")
    thread.start()
    try:
        yield f"http://{HOST}:{listener.getsockname()[1]}/"
    finally:
        server.leave()
        thread.join()
        listener.close()
