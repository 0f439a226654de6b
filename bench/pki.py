"""The PKI beside the bare operations it stands on, in one run: issuing, enrolling, answering, believing.

Each pair is measured in turns, so that whatever else the machine does falls on both. Keys are in software on
both sides.
"""

import socket
import tempfile
import time
from base64 import encodebytes
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_bytes

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from bench.figure import Figure
from meterkast.model.identity import SystemTitle
from meterkast.outside.https import Request, visit
from meterkast.outside.keystore import Keystore, SoftwareKeystore
from meterkast.outside.tls.stream import TlsStream
from meterkast.outside.trust import TrustFolder
from meterkast.pki import PKI_NAME, PkiService, PkiSettings, Site
from meterkast.pki.authority import Authority
from meterkast.pki.bulk.invented import InventedGateways
from meterkast.pki.bulk.issuing import BATCH, issue_to
from meterkast.pki.log import found_log, open_log, witness_of
from meterkast.pki.ocsp import Responder
from meterkast.pki.ocsp.speakers import speakers
from meterkast.pki.ocsp.standings import Standings
from meterkast.protocols.x509 import PathCache, Purpose, validate
from meterkast.protocols.x509.ocsp import ask

FLEET = 7_933_740
_ENROLMENTS = 20
_TURNS = 5
_SECONDS = 0.5
_PURPOSES = (Purpose.TLS, Purpose.SIG, Purpose.ENC)


def measure() -> list[Figure]:
    """All ratios, ours over the bare operation; more is better in each."""
    with tempfile.TemporaryDirectory() as folder:
        world = _World.founded(Path(folder))
        return [*_bulk(world), _enrolment(world), _status(world), _belief(world)]


@dataclass
class _World:
    """A site with a transparency log, as ``pki create`` makes it."""

    site: Site
    now: datetime

    @classmethod
    def founded(cls, folder: Path) -> "_World":
        now = datetime.now(UTC).replace(microsecond=0)
        site = Site.create(folder, operator="Alliander", now=now)
        if witness_of(folder / "pki", site.trust) is None:
            found_log(folder / "pki", site.authority, origin="log.example", now=now)
        return cls(site, now)

    @property
    def pki(self) -> Path:
        return self.site.folder / "pki"

    def authority(self) -> Authority:
        """The authority with the log as its witness."""
        witness = witness_of(self.pki, self.site.trust)
        return Authority(self.pki, self.site.trust, witness=witness)


@dataclass
class _Pair:
    """Two rates, each the best of its turns: the machine disturbs, it never helps."""

    ours: float = 0.0
    bare: float = 0.0

    @property
    def ratio(self) -> float:
        return self.ours / self.bare


def _in_turns(ours: Callable[[], object], bare: Callable[[], object], count: int = 1) -> _Pair:
    """Rates per second of two pieces of work, each of ``count`` operations."""
    pair = _Pair()
    for _ in range(_TURNS):
        pair.ours = max(pair.ours, _rate(ours, count))
        pair.bare = max(pair.bare, _rate(bare, count))
    return pair


def _rate(work: Callable[[], object], count: int) -> float:
    begun, done = time.perf_counter(), 0
    while (spent := time.perf_counter() - begun) < _SECONDS or not done:
        work()
        done += 1
    return done * count / spent if spent else 0.0


def _bulk(world: _World) -> list[Figure]:
    """Inventory, CSR check, lint, issue, log, commit and tree, beside parsing a CSR and issuing."""
    pair, _ = issued_in_bulk(world.site, _TURNS * BATCH, batch=BATCH)
    whole = 3 * FLEET / pair.ours / 3600
    return [
        Figure(
            name="pki.bulk-issue",
            value=pair.ratio,
            unit="x",
            goal=0.5,
            against=f"parse CSR and issue {pair.bare:.0f}/s; ours {pair.ours:.0f}/s",
            more_is_better=True,
        ),
        Figure(
            name="pki.whole-fleet",
            value=whole,
            unit="hours",
            goal=None,
            against=f"three certificates for each of {FLEET} gateways at {pair.ours:.0f}/s, one process",
        ),
    ]


def issued_in_bulk(
    site: Site,
    count: int,
    *,
    batch: int,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> tuple["_Pair", float]:
    """Rates per second over all batches, and the seconds of ours; keys and requests are made outside of both.

    After each batch as many requests as a tenth of it are issued barely, so that both see the same machine.
    """
    bare_seconds = bare_count = 0.0
    samples = [_csr() for _ in range(max(3 * batch // 10, 100))]

    def beside(done: int, total: int) -> None:
        nonlocal bare_seconds, bare_count
        begun = time.perf_counter()
        for sample in samples:
            _bare_issue(sample, datetime.now(UTC))
        bare_seconds += time.perf_counter() - begun
        bare_count += len(samples)
        on_progress(done, total)

    log = open_log(site.folder / "pki", site.trust)
    tally = issue_to(
        InventedGateways(count),
        Authority(site.folder / "pki", site.trust, witness=log.witness),
        publish=lambda: log.publish(datetime.now(UTC)),
        clock=lambda: datetime.now(UTC),
        batch=batch,
        on_progress=beside,
    )
    seconds = tally.seconds["issuing"] + tally.seconds["publishing"]
    return _Pair(ours=tally.certificates / seconds, bare=bare_count / bare_seconds), seconds


_BARE_KEY = ec.generate_private_key(ec.SECP384R1())
_BARE_NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "bare")])


def _bare_issue(request: bytes, now: datetime) -> bytes:
    """The least that has to be done: read the request, check its proof, sign a certificate of like size."""
    read = x509.load_der_x509_csr(request)
    if not read.is_signature_valid:
        raise ValueError("the proof does not hold")
    key = read.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(_BARE_NAME)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=730))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(_BARE_KEY.public_key()), critical=False
        )
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("bare.example")]), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=True)
    )
    return builder.sign(_BARE_KEY, hashes.SHA384()).public_bytes(Encoding.DER)


def _csr() -> bytes:
    """A request of a new key each time: one key would be told it has its certificate already."""
    key = ec.generate_private_key(ec.SECP256R1())
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def _enrolment(world: _World) -> Figure:
    """One certificate over one visit, beside a handshake of the same two ends and nothing more."""
    service = PkiService(PkiSettings(folder=world.pki, trust=world.site.trust.path))
    service.start()
    try:
        born = [_born(world, number) for number in range(_ENROLMENTS * _TURNS)]
        pair = _Pair()
        for turn in range(_TURNS):
            callers = born[turn * _ENROLMENTS : (turn + 1) * _ENROLMENTS]
            pair.ours = max(pair.ours, _once_each(callers, lambda caller: caller.enrol(service.port)))
            pair.bare = max(pair.bare, _once_each(callers, lambda caller: caller.greet(service.port)))
    finally:
        service.stop()
    return Figure(
        name="pki.enrolment",
        value=pair.ratio,
        unit="x",
        goal=0.4,
        against=f"mutual TLS handshake alone {pair.bare:.0f}/s; with an enrolment {pair.ours:.0f}/s",
        more_is_better=True,
    )


@dataclass(frozen=True)
class _Born:
    """A gateway as it leaves the factory, with a request ready."""

    keystore: Keystore
    trust: TrustFolder
    request: bytes

    def enrol(self, port: int) -> None:
        """Visits and comes back with a certificate."""
        context = self.keystore.tls_context("birth", trust=self.trust, server_side=False)
        with visit(("127.0.0.1", port), context=context, server_name=PKI_NAME) as ask:
            answer = ask(
                Request(
                    method="POST",
                    path="/.well-known/est/sig/simpleenroll",
                    content_type="application/pkcs10",
                    body=encodebytes(self.request),
                )
            )
        if answer.status != 200:
            raise ValueError(f"the enrolment was answered with {answer.status}")

    def greet(self, port: int) -> None:
        """Shakes hands and leaves."""
        context = self.keystore.tls_context("birth", trust=self.trust, server_side=False)
        with socket.create_connection(("127.0.0.1", port)) as plain:
            TlsStream(plain, context.session("pki", PKI_NAME)).close()


def _born(world: _World, number: int) -> _Born:
    keystore = world.site.equip(SystemTitle.of("MKG", 900_000 + number), world.now)
    return _Born(keystore, world.site.trust, _csr())


def _once_each(callers: list[_Born], work: Callable[[_Born], None]) -> float:
    begun = time.perf_counter()
    for caller in callers:
        work(caller)
    return len(callers) / (time.perf_counter() - begun)


def _status(world: _World) -> Figure:
    """An answer of the responder, with request and register, beside building and signing one."""
    authority = world.authority()
    keystore = SoftwareKeystore(world.pki / "ocsp")
    spoken = speakers([authority], keystore, world.now)
    speaker = next(each for each in spoken if each.authority == "device")
    responder = Responder(spoken, Standings(world.pki / "register.sqlite").find)
    leaf = next(each.certificate for _, each in authority.issued_since(0) if each.issuer == "device")
    request = ask(leaf, speaker.issuer, nonce=token_bytes(32))

    def bare() -> bytes:
        begin = world.now
        builder = ocsp.OCSPResponseBuilder().add_response(
            leaf, speaker.issuer, hashes.SHA256(), ocsp.OCSPCertStatus.GOOD, begin, begin, None, None
        )
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, speaker.certificate)
        builder = builder.certificates([speaker.certificate])
        return builder.sign(speaker.signer, speaker.signer.digest).public_bytes(Encoding.DER)

    pair = _in_turns(lambda: responder.answer(request, world.now), bare)
    return Figure(
        name="pki.ocsp",
        value=pair.ratio,
        unit="x",
        goal=0.6,
        against=f"build and sign {pair.bare:.0f}/s; ours {pair.ours:.0f}/s",
        more_is_better=True,
    )


def _belief(world: _World) -> Figure:
    """Believing a certificate again, beside believing it for the first time."""
    trust = world.site.trust
    leaf = next(
        each.certificate for _, each in world.authority().issued_since(0) if each.purpose is Purpose.SIG
    )
    octets, cache = leaf.public_bytes(Encoding.DER), PathCache(trust)
    intermediates, anchors, crls = trust.intermediates(), trust.anchors(), trust.crls()
    pair = _in_turns(
        lambda: cache.validate(octets, world.now, Purpose.SIG),
        lambda: validate(leaf, intermediates, anchors, crls, world.now, Purpose.SIG),
    )
    return Figure(
        name="pki.path-cached",
        value=pair.ratio,
        unit="x",
        goal=100,
        against=f"uncached {pair.bare:.0f}/s; cached {pair.ours:.0f}/s",
        more_is_better=True,
    )
