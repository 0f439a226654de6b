"""The PKI as a process of its own: enrolment over TLS; lists and status over plain HTTP."""

import logging
import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from meterkast.model.deployment import Profile
from meterkast.model.errors import MeterkastError
from meterkast.outside.clock import SystemClock
from meterkast.outside.https import HttpServer, Request, Response
from meterkast.outside.keystore import FreshContext, open_keystore
from meterkast.outside.tls import RENEWAL
from meterkast.outside.trust import TrustFolder
from meterkast.pki.authority import Witness
from meterkast.pki.distribution import Distribution
from meterkast.pki.est import EstServer
from meterkast.pki.est.callers import CallerTrust
from meterkast.pki.issued import IssuedCertificate
from meterkast.pki.log import has_log, open_log
from meterkast.pki.ocsp import OcspDuty
from meterkast.pki.ocsp.server import PATH as OCSP_PATH
from meterkast.pki.tenants import Tenants

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
        list_port: port of revocation lists and responder (plain HTTP); 0 takes a free one.
        profile: what it may start with; in production no keys in plain files.
    """

    folder: Path
    trust: Path
    host: str = "127.0.0.1"
    port: int = 0
    list_port: int = 0
    profile: Profile = Profile.DEVELOPMENT


class PkiService:
    """Both servers, and hourly publication and renewal. It runs without the root's folder."""

    def __init__(self, settings: PkiSettings, *, witness: Witness | None = None) -> None:
        manufacturers = TrustFolder(settings.folder / "manufacturers")
        trust, profile = TrustFolder(settings.trust), settings.profile
        self._log = open_log(settings.folder, trust) if has_log(settings.folder) else None
        witnesses = [witness] if witness else []
        if self._log is not None:
            witnesses.append(self._log.witness)
        self.tenants = Tenants(settings.folder, trust, profile=profile, witness=_all(witnesses))
        self.authority = self.tenants.founder
        self._est = EstServer(self.tenants, manufacturers)
        keystore = open_keystore(settings.folder / "tls", profile, trust)
        callers = CallerTrust(manufacturers, self.tenants)
        context = FreshContext(keystore, TLS_LABEL, trust=callers, server_side=True, policy=RENEWAL)
        self._enrolment = HttpServer((settings.host, settings.port), self._enrol, context=context)
        self._ocsp = OcspDuty(
            self.tenants,
            settings.folder / "register.sqlite",
            open_keystore(settings.folder / "ocsp", profile, trust),
        )
        self._distribution = Distribution(self.tenants.trust_folders())
        self._lists = HttpServer((settings.host, settings.list_port), self._tell)
        self._stopping = threading.Event()
        self._publisher = threading.Thread(target=self._publish_hourly, daemon=True)

    @property
    def port(self) -> int:
        """The port of enrolment."""
        return self._enrolment.port

    @property
    def list_port(self) -> int:
        """The port of revocation lists and responder."""
        return self._lists.port

    def start(self) -> None:
        """Publishes fresh lists, begins to answer, and returns."""
        self._publish()
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

    def _tell(self, request: Request) -> Response:
        """A status or a list: both are signed, so that plain HTTP does."""
        if request.path.startswith(OCSP_PATH):
            return self._ocsp.handle(request, _now())
        return self._distribution.handle(request)

    def _publish(self) -> None:
        self._ocsp.renew(_now())
        for authority in self.tenants.all():
            authority.publish(_now())
        if self._log is not None:
            self._log.publish(_now())

    def _publish_hourly(self) -> None:
        while not self._stopping.wait(_PUBLISH_EVERY):
            try:
                self._publish()
            except MeterkastError as error:  # a token that is gone comes back; lists are signed ahead for it
                _log.error("pki-publication-failed code=%s", error.code)


def _all(witnesses: Sequence[Witness]) -> Witness:
    """One witness that asks several, in their order; where one refuses, those behind it are not asked."""

    def witness(issued: Sequence[IssuedCertificate]) -> None:
        for each in witnesses:
            each(issued)

    return witness


def serve(
    settings: PkiSettings,
    *,
    on_listening: Callable[[PkiService], None] | None = None,
    witness: Witness | None = None,
) -> None:
    """Runs the service until SIGTERM or SIGINT; for the main thread of a process of its own.

    ``on_listening`` is called once, when both ports are open; ``witness`` is asked before the log is.
    """
    service = PkiService(settings, witness=witness)
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
