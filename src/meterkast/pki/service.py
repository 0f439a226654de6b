"""The PKI as a process of its own: enrolment over TLS; lists and status over plain HTTP."""

import logging
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from meterkast.model.deployment import Profile
from meterkast.outside.clock import SystemClock
from meterkast.outside.https import HttpServer, Request, Response
from meterkast.outside.keystore import FreshContext, open_keystore
from meterkast.outside.tls import RENEWAL
from meterkast.outside.trust import TrustFolder
from meterkast.pki.authority import Witness
from meterkast.pki.birth import BIRTH, own_makers
from meterkast.pki.distribution import Distribution
from meterkast.pki.duties import Duty, fulfil
from meterkast.pki.est import EstServer
from meterkast.pki.est.callers import CallerTrust
from meterkast.pki.issued import IssuedCertificate
from meterkast.pki.log import has_log, keep_log_certified, open_log
from meterkast.pki.makers import MANUFACTURERS
from meterkast.pki.ocsp import OcspDuty
from meterkast.pki.ocsp.server import PATH as OCSP_PATH
from meterkast.pki.own_key import OwnKey
from meterkast.pki.register_file import kept_open
from meterkast.pki.tenants import Tenants

_EVERY = 3600.0
_BREATH = 0.5
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
    """Both servers, and hourly duties: lists, responders, its own certificates, the log.

    It runs without the root's folder. Lists of makers whose keys are here are kept fresh too.
    """

    def __init__(self, settings: PkiSettings, *, witness: Witness | None = None) -> None:
        manufacturers = TrustFolder(settings.folder / MANUFACTURERS)
        trust, profile = TrustFolder(settings.trust), settings.profile
        trust.require_roots()  # else lists would come out into a folder in which nobody can believe them
        is_logged = has_log(settings.folder, trust)
        self._log = open_log(settings.folder, trust, profile=profile) if is_logged else None
        self._manufacturers = manufacturers
        self._makers = own_makers(settings.folder / BIRTH, profile=profile, trust=trust)
        witnesses = [witness] if witness else []
        if self._log is not None:
            witnesses.append(self._log.witness)
        self._settings = settings
        self.tenants = Tenants(settings.folder, trust, profile=profile, witness=_all(witnesses))
        self.authority = self.tenants.founder
        self._est = EstServer(self.tenants, manufacturers)
        keystore = open_keystore(settings.folder / "tls", profile, trust)
        callers = CallerTrust(manufacturers, self.tenants)
        self._own = OwnKey.of_server(keystore)
        context = FreshContext(keystore, self._own.current, trust=callers, server_side=True, policy=RENEWAL)
        self._enrolment = HttpServer((settings.host, settings.port), self._enrol, context=context)
        register = settings.folder / "register.sqlite"
        self._register = kept_open(register)
        self._ocsp = OcspDuty(
            self.tenants,
            register,
            open_keystore(settings.folder / "ocsp", profile, trust),
        )
        self._lists = HttpServer((settings.host, settings.list_port), self._tell)
        self._stopping = threading.Event()
        self._worker = threading.Thread(target=self._work, daemon=True)

    @property
    def port(self) -> int:
        """The port of enrolment."""
        return self._enrolment.port

    @property
    def list_port(self) -> int:
        """The port of revocation lists and responder."""
        return self._lists.port

    def start(self) -> None:
        """Does what is due, fresh lists first, begins to answer, and returns."""
        fulfil(self._duties(), _now())
        for trust in self.tenants.trust_folders().values():
            trust.crls()  # what no duty has mended would have every enrolment refused
        self._enrolment.start()
        self._lists.start()
        self._worker.start()
        _log.info("pki-listening port=%d list_port=%d", self.port, self.list_port)

    def stop(self) -> None:
        """Stops answering."""
        self._stopping.set()
        self._enrolment.stop()
        self._lists.stop()
        self._worker.join()
        self._register.close()

    def _enrol(self, request: Request) -> Response:
        return self._est.handle(request, _now())

    def _tell(self, request: Request) -> Response:
        """A status or a list: both are signed, so that plain HTTP does."""
        if request.path.startswith(OCSP_PATH):
            return self._ocsp.handle(request, _now())
        return Distribution(self.tenants.trust_folders()).handle(request)

    def _duties(self) -> Iterator[Duty]:
        """Lists first: all else can wait for another try."""
        yield Duty("operators", lambda _now: self.tenants.open_joined())
        for authority in self.tenants.all():
            yield Duty(f"lists of {authority.operator}", authority.publish)
        for maker in self._makers:
            yield Duty(f"list of the maker {maker.code}", partial(maker.keep_fresh, self._manufacturers))
        yield Duty("responders", self._ocsp.renew)
        yield Duty("own certificate", partial(self._own.keep_up, self.authority))
        if self._log is not None:
            certify = partial(keep_log_certified, self._settings.folder, self.authority)
            yield Duty("certificate of the log", partial(certify, profile=self._settings.profile))
            yield Duty("log", self._log.publish)

    def _work(self) -> None:
        while not self._stopping.wait(_EVERY):
            fulfil(self._duties(), _now())


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
    while not stop.wait(_BREATH):
        pass  # a signal that comes just before a wait is heard when the wait is over
    service.stop()


def _now() -> datetime:
    return datetime.fromtimestamp(SystemClock().now(), UTC)
