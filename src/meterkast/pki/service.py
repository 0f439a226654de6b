"""The PKI as a process of its own: enrolment over TLS, revocation lists over plain HTTP, lists kept fresh."""

import logging
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from meterkast.outside.clock import SystemClock
from meterkast.outside.https import HttpServer, Request, Response
from meterkast.outside.keystore import FreshContext, SoftwareKeystore
from meterkast.outside.trust import TrustFolder
from meterkast.pki.authority import Authority
from meterkast.pki.distribution import Distribution
from meterkast.pki.est import EstServer

TLS_LABEL = "tls"
_PUBLISH_EVERY = 3600.0
_log = logging.getLogger("meterkast.pki")


@dataclass(frozen=True, slots=True, kw_only=True)
class PkiSettings:
    """Where the service works and listens.

    Attributes:
        folder: the PKI's own folder (``issuing/``, ``tls/``, ``manufacturers/``, ``register.sqlite``).
        trust: the trust folder it publishes in.
        host: address to listen on.
        port: port of enrolment (TLS); 0 takes a free one.
        list_port: port of the revocation lists (plain HTTP); 0 takes a free one.
    """

    folder: Path
    trust: Path
    host: str = "127.0.0.1"
    port: int = 0
    list_port: int = 0


class PkiService:
    """Both servers and the hourly publication. It runs without the root's folder."""

    def __init__(self, settings: PkiSettings) -> None:
        trust = TrustFolder(settings.trust)
        manufacturers = TrustFolder(settings.folder / "manufacturers")
        self.authority = Authority(settings.folder, trust)
        self._est = EstServer(self.authority, manufacturers)
        keystore = SoftwareKeystore(settings.folder / "tls")
        context = FreshContext(keystore, TLS_LABEL, trust=manufacturers, server_side=True)
        self._enrolment = HttpServer((settings.host, settings.port), self._enrol, context=context)
        self._lists = HttpServer((settings.host, settings.list_port), Distribution(trust).handle)
        self._stopping = threading.Event()
        self._publisher = threading.Thread(target=self._publish, daemon=True)

    @property
    def port(self) -> int:
        """The port of enrolment."""
        return self._enrolment.port

    @property
    def list_port(self) -> int:
        """The port of the revocation lists."""
        return self._lists.port

    def start(self) -> None:
        """Publishes fresh lists, begins to answer, and returns."""
        self.authority.publish(_now())
        self._enrolment.start()
        self._lists.start()
        self._publisher.start()
        _log.info("pki-listening port=%d list_port=%d", self.port, self.list_port)

    def stop(self) -> None:
        """Stops answering."""
        self._stopping.set()
        self._enrolment.stop()
        self._lists.stop()
        self._publisher.join()

    def _enrol(self, request: Request) -> Response:
        return self._est.handle(request, _now())

    def _publish(self) -> None:
        while not self._stopping.wait(_PUBLISH_EVERY):
            self.authority.publish(_now())


def serve(settings: PkiSettings, *, on_listening: Callable[[PkiService], None] | None = None) -> None:
    """Runs the service until SIGTERM or SIGINT; for the main thread of a process of its own.

    ``on_listening`` is called once, when both ports are open.
    """
    service = PkiService(settings)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    service.start()
    if on_listening is not None:
        on_listening(service)
    stop.wait()
    service.stop()


def _now() -> datetime:
    return datetime.fromtimestamp(SystemClock().now(), UTC)
