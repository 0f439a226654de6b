"""The responder and those who ask it: good, revoked, unknown; replays and strangers refused (AT-38)."""

import subprocess
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from secrets import token_bytes
from socket import socket
from typing import NoReturn
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from hypothesis import given
from hypothesis import strategies as st

from meterkast.model.errors import DataError, MeterkastError, PeerError, TrustError, UnreachableError
from meterkast.model.identity import SystemTitle
from meterkast.outside.https import HttpServer, Request
from meterkast.outside.keystore import KeyKind, Signer, SigningHandle, SoftwareKeystore
from meterkast.pki import PkiService, PkiSettings
from meterkast.pki.holder import Holder, organisation
from meterkast.pki.issuer import Issuer
from meterkast.pki.ocsp import OcspServer, Responder, Speaker, Standing
from meterkast.pki.ocsp.responder import Find
from meterkast.pki.ocsp.speakers import speakers
from meterkast.protocols.x509 import PROFILES, RULES, Purpose, Rules
from meterkast.protocols.x509.ocsp import ask, require_good
from meterkast.protocols.x509.profile import RULES_TEXT
from pki.world import found as founded

NOW = datetime.now(UTC).replace(microsecond=0)
NONCE = bytes(range(32))
PROFILE = PROFILES[Purpose.OCSP]


@dataclass
class World:
    """Two authorities under one root, each with a responder, and three certificates of the first."""

    root: Issuer
    issuer: Issuer
    other: Issuer
    speaker: Speaker
    foreign: Speaker
    lattice: Speaker
    leaves: list[x509.Certificate]
    standings: dict[int, Standing]

    def responder(self, *speakers: Speaker) -> Responder:
        return Responder(speakers or [self.speaker], lambda _speaker, serial: self.standings.get(serial))

    def require(
        self, response: bytes, place: int = 0, *, nonce: bytes | None = NONCE, at: datetime = NOW
    ) -> None:
        require_good(
            response,
            self.leaves[place],
            self.issuer.certificate,
            nonce=nonce,
            responder_profile=PROFILE,
            now=at,
        )

    def answer(self, place: int = 0, *, nonce: bytes | None = NONCE, at: datetime = NOW) -> bytes:
        return self.responder().answer(ask(self.leaves[place], self.issuer.certificate, nonce=nonce), at)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    keystore = SoftwareKeystore(tmp_path_factory.mktemp("pki") / "keystore")
    root = Issuer.self_signed(
        keystore,
        "root",
        RULES.authorities["root"],
        subject=organisation("Alliander", "root"),
        rules=RULES,
        now=NOW,
    )
    issuer, other = (_authority(keystore, root, name) for name in ("device", "operator"))
    leaves = []
    for number in range(3):
        keystore.generate(f"leaf-{number}", KeyKind.EC_P256)
        holder = Holder.device(SystemTitle.of("MKG", number + 1))
        key = keystore.public_key(f"leaf-{number}")
        leaves.append(issuer.certify(PROFILES[Purpose.SIG], holder, key, NOW))
    standings = {
        leaves[0].serial_number: Standing(None),
        leaves[1].serial_number: Standing(NOW - timedelta(hours=1)),
    }
    return World(
        root=root,
        issuer=issuer,
        other=other,
        speaker=_speaker(keystore, issuer),
        foreign=_speaker(keystore, other),
        lattice=_speaker(keystore, issuer, KeyKind.ML_DSA_65),
        leaves=leaves,
        standings=standings,
    )


def _authority(keystore: SoftwareKeystore, root: Issuer, name: str) -> Issuer:
    profile = RULES.authorities[name]
    keystore.generate(name, KeyKind.EC_P384)
    subject = organisation("Alliander", name)
    certificate = root.certify_authority(keystore.public_key(name), profile, subject=subject, now=NOW)
    keystore.put_certificate(name, [certificate])
    return Issuer(keystore, name, profile, rules=RULES)


def _speaker(keystore: SoftwareKeystore, issuer: Issuer, kind: KeyKind = KeyKind.EC_P256) -> Speaker:
    label = f"{kind}-{issuer.name}"
    keystore.generate(label, kind)
    holder = Holder.role("Alliander", "ocsp")
    certificate = issuer.certify(PROFILE, holder, keystore.signer(label).public_key(), NOW)
    return speaking(issuer, certificate, keystore.signer(label))


def speaking(issuer: Issuer, certificate: x509.Certificate, signer: Signer) -> Speaker:
    return Speaker(
        operator="Alliander",
        authority=issuer.name,
        issuer=issuer.certificate,
        certificate=certificate,
        signer=signer,
    )


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(MeterkastError) as caught:
        call()
    return caught.value.code


def test_a_certificate_that_was_issued_is_good(world: World) -> None:
    world.require(world.answer())
    world.require(world.answer(nonce=None), nonce=None)


def test_a_revoked_and_an_unknown_one_are_refused(world: World) -> None:
    assert code_of(lambda: world.require(world.answer(1), 1)) == "certificate-revoked"
    assert code_of(lambda: world.require(world.answer(2), 2)) == "certificate-revocation-unknown"


def test_at_38_an_old_answer_is_refused(world: World) -> None:
    old = world.answer()
    assert code_of(lambda: world.require(old, nonce=bytes(32))) == "ocsp-nonce-other"
    assert code_of(lambda: world.require(world.answer(nonce=None))) == "ocsp-nonce-other"
    without = world.answer(nonce=None)
    late, ahead = NOW + timedelta(hours=12), world.answer(nonce=None, at=NOW + timedelta(hours=1))
    assert code_of(lambda: world.require(without, nonce=None, at=late)) == "ocsp-response-stale"
    assert code_of(lambda: world.require(ahead, nonce=None)) == "ocsp-response-stale"
    world.require(without, nonce=None, at=NOW + timedelta(hours=11))


def told_by(world: World, speaker: Speaker, *, until: datetime | None = NOW + timedelta(hours=1)) -> bytes:
    """That the first certificate is good, said by whoever."""
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response(
            world.leaves[0],
            world.issuer.certificate,
            hashes.SHA256(),
            ocsp.OCSPCertStatus.GOOD,
            NOW,
            until,
            None,
            None,
        )
        .responder_id(ocsp.OCSPResponderEncoding.HASH, speaker.certificate)
        .certificates([speaker.certificate])
    )
    return builder.sign(speaker.signer, speaker.signer.digest).public_bytes(Encoding.DER)


def test_at_38_an_answer_without_an_end_is_refused(world: World) -> None:
    world.require(told_by(world, world.speaker), nonce=None)
    endless = told_by(world, world.speaker, until=None)
    assert code_of(lambda: world.require(endless, nonce=None)) == "ocsp-response-stale"


def test_at_38_a_wrong_responder_is_refused(world: World) -> None:
    key, thief = world.speaker.certificate.public_key(), world.foreign.signer
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert isinstance(thief, SigningHandle)
    borrowed = speaking(world.issuer, world.speaker.certificate, SigningHandle(key, thief.sign))
    for usurper in (world.foreign, borrowed):
        require = partial(world.require, told_by(world, usurper), nonce=None)
        assert code_of(require) == "ocsp-responder-foreign"


def test_a_device_cannot_speak_for_its_authority(world: World, tmp_path: Path) -> None:
    keystore = SoftwareKeystore(tmp_path)
    keystore.generate("sig", KeyKind.EC_P256)
    leaf = world.issuer.certify(
        PROFILES[Purpose.SIG], Holder.device(SystemTitle.of("MKG", 9)), keystore.public_key("sig"), NOW
    )
    device = speaking(world.issuer, leaf, keystore.signer("sig"))
    request = ask(world.leaves[0], world.issuer.certificate, nonce=NONCE)
    answer = world.responder(device).answer(request, NOW)
    assert code_of(lambda: world.require(answer)) == "ocsp-responder-foreign"


def test_a_responder_may_be_post_quantum(world: World) -> None:
    answer = world.responder(world.lattice).answer(
        ask(world.leaves[0], world.issuer.certificate, nonce=NONCE), NOW
    )
    world.require(answer)


def test_an_answer_about_another_certificate_is_none(world: World) -> None:
    assert code_of(lambda: world.require(world.answer(0), 1)) == "certificate-revocation-unknown"


def test_a_responder_speaks_for_its_own_authorities_alone(world: World) -> None:
    stranger = ask(world.issuer.certificate, world.root.certificate, nonce=None)
    answer = ocsp.load_der_ocsp_response(world.responder().answer(stranger, NOW))
    assert answer.response_status is ocsp.OCSPResponseStatus.UNAUTHORIZED


@given(st.binary(max_size=300))
def test_any_octets_get_an_answer(octets: bytes) -> None:
    answer = ocsp.load_der_ocsp_response(Responder([], lambda *_: None).answer(octets, NOW))
    assert answer.response_status in {
        ocsp.OCSPResponseStatus.MALFORMED_REQUEST,
        ocsp.OCSPResponseStatus.UNAUTHORIZED,
    }


@given(st.binary(max_size=400), st.integers(0, 10_000), st.integers(0, 7))
def test_any_octets_as_an_answer_are_refused(world: World, noise: bytes, place: int, bit: int) -> None:
    flipped = bytearray(world.answer())
    flipped[place % len(flipped)] ^= 1 << bit
    for response in (noise, bytes(flipped)):
        try:
            world.require(response)
        except (PeerError, TrustError):
            continue
        # Whoever flips a bit of the certificate that comes along has not touched what is signed.
        assert response != noise
        assert ocsp.load_der_ocsp_response(response).tbs_response_bytes == (
            ocsp.load_der_ocsp_response(world.answer()).tbs_response_bytes
        )


def test_over_http_by_post_and_by_get(world: World) -> None:
    server = OcspServer(world.responder())
    request = ask(world.leaves[0], world.issuer.certificate, nonce=NONCE)
    posted = Request(method="POST", path="/ocsp", content_type="application/ocsp-request", body=request)
    got = Request(method="GET", path="/ocsp/" + quote(b64encode(request).decode(), safe=""))
    for asked in (posted, got):
        response = server.handle(asked, NOW)
        assert (response.status, response.content_type) == (200, "application/ocsp-response")
        world.require(response.body)


@pytest.mark.parametrize(
    ("method", "path", "kind", "status"),
    [
        ("GET", "/ocsp", "", 405),
        ("POST", "/ocsp", "text/plain", 415),
        ("POST", "/other", "application/ocsp-request", 404),
    ],
)
def test_over_http_other_requests_are_refused(
    world: World, method: str, path: str, kind: str, status: int
) -> None:
    request = Request(method=method, path=path, content_type=kind)
    assert OcspServer(world.responder()).handle(request, NOW).status == status


def test_openssl_asks_and_believes(world: World, tmp_path: Path) -> None:
    def kept(name: str, octets: bytes) -> str:
        (tmp_path / name).write_bytes(octets)
        return str(tmp_path / name)

    chain = kept(
        "chain.pem",
        b"".join(each.certificate.public_bytes(Encoding.PEM) for each in (world.issuer, world.root)),
    )
    issuer = kept("issuer.pem", world.issuer.certificate.public_bytes(Encoding.PEM))
    ocsp_server = OcspServer(world.responder())
    server = HttpServer(("127.0.0.1", 0), lambda request: ocsp_server.handle(request, NOW))
    server.start()
    told = []
    try:
        for place, leaf in enumerate(world.leaves):
            certificate = kept(f"leaf-{place}.pem", leaf.public_bytes(Encoding.PEM))
            names = ["-issuer", issuer, "-cert", certificate, "-CAfile", chain]
            url = f"http://127.0.0.1:{server.port}/ocsp"
            judged = subprocess.run(
                ["openssl", "ocsp", "-url", url, *names], capture_output=True, text=True, check=True
            )
            assert "Response verify OK" in judged.stderr
            told.append(judged.stdout.split(": ")[1].split("\n")[0])
    finally:
        server.stop()
    assert told == ["good", "revoked", "unknown"]


def test_the_service_answers_and_knows_a_revocation_at_once(tmp_path: Path) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    found = founded(tmp_path)
    leaf, issuer = found.enrolled().certificate(Purpose.SIG)[:2]
    service = PkiService(PkiSettings(folder=tmp_path / "pki", trust=found.trust.path))
    service.start()
    try:

        def judge() -> None:
            nonce = token_bytes(32)
            body = _post(service.list_port, ask(leaf, issuer, nonce=nonce))
            require_good(body, leaf, issuer, nonce=nonce, responder_profile=PROFILE, now=now)

        judge()
        found.site.authority.revoke(leaf.serial_number, now)
        assert code_of(judge) == "certificate-revoked"
    finally:
        service.stop()


def test_openssl_asks_where_the_certificate_says(tmp_path: Path) -> None:
    """The address is data of the PKI: here it is where a service of ours really listens."""
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (tmp_path / "pki").mkdir()
    responder = f"http://127.0.0.1:{port}/ocsp"
    (tmp_path / "pki" / "rules.toml").write_text(f'[profiles.sig]\nresponder = "{responder}"\n')
    found = founded(tmp_path)
    gateway = found.enrolled()
    leaf, issuer = gateway.certificate(Purpose.SIG)[:2]
    for name, certificate in (("leaf", leaf), ("issuer", issuer), ("root", found.trust.anchors()[0])):
        (tmp_path / f"{name}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    assert openssl(tmp_path, "x509 -in leaf.pem -noout -ocsp_uri").stdout.strip() == responder
    service = PkiService(PkiSettings(folder=tmp_path / "pki", trust=found.trust.path, list_port=port))
    service.start()
    try:
        question = f"ocsp -url {responder} -issuer issuer.pem -cert leaf.pem -CAfile root.pem"
        assert "leaf.pem: good" in openssl(tmp_path, question).stdout
        pems = [each.public_bytes(Encoding.PEM) for each in (found.trust.anchors()[0], issuer)]
        (tmp_path / "several.pem").write_bytes(b"".join(pems))  # of which the first is taken
        asked = openssl(tmp_path, question.replace("issuer.pem", "several.pem"), ends=1)
        assert "Responder Error: unauthorized (6)" in asked.stdout + asked.stderr
        found.site.authority.revoke(leaf.serial_number, found.now)
        told = openssl(tmp_path, question)
        assert ("leaf.pem: revoked" in told.stdout, "Response verify OK" in told.stderr) == (True, True)
    finally:
        service.stop()


def openssl(folder: Path, command: str, *, ends: int = 0) -> subprocess.CompletedProcess[str]:
    words = ["openssl", *command.split()]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == ends, done.stderr
    return done


def test_the_responders_certificates_are_renewed_and_followed(tmp_path: Path) -> None:
    found = founded(tmp_path)
    keystore = SoftwareKeystore(tmp_path / "ocsp")
    first = speakers([found.site.authority], keystore, found.now)
    assert [each.authority for each in first] == ["device", "operator", "update", "ocsp"]
    again = speakers([found.site.authority], keystore, found.now + timedelta(days=19))
    assert [each.certificate for each in again] == [each.certificate for each in first]
    later = speakers([found.site.authority], keystore, found.now + timedelta(days=21))
    assert not {each.certificate for each in later} & {each.certificate for each in first}


def _post(port: int, request: bytes) -> bytes:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("POST", "/ocsp", request, {"Content-Type": "application/ocsp-request"})
        return connection.getresponse().read()
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("error", "status", "event"),
    [
        (
            UnreachableError("keystore-token-gone", "No."),
            ocsp.OCSPResponseStatus.TRY_LATER,
            "keystore-token-gone",
        ),
        (
            DataError("pki-register-damaged", "No."),
            ocsp.OCSPResponseStatus.INTERNAL_ERROR,
            "pki-register-damaged",
        ),
        (RuntimeError(), ocsp.OCSPResponseStatus.INTERNAL_ERROR, "RuntimeError"),
    ],
    ids=["token", "register", "bug"],
)
@pytest.mark.parametrize("place", ["register", "key"])
def test_a_failure_of_ours_has_an_answer(
    world: World,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    status: ocsp.OCSPResponseStatus,
    event: str,
    place: str,
) -> None:
    """RFC 6960, 2.3: who asks is told to come again, or that it is ours, and is not left with a torn line."""

    def fail(*_: object) -> NoReturn:
        raise error

    key = world.speaker.signer.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    speaker = replace(world.speaker, signer=SigningHandle(key, fail)) if place == "key" else world.speaker
    nothing: Find = lambda _speaker, _serial: None  # noqa: E731
    find: Find = fail if place == "register" else nothing
    responder = Responder([speaker], find)
    answer = responder.answer(ask(world.leaves[0], world.issuer.certificate, nonce=None), NOW)
    assert ocsp.load_der_ocsp_response(answer).response_status is status
    assert caplog.records[-1].message == f"ocsp-answer-failed code={event}"
    with pytest.raises(TrustError) as caught:
        world.require(answer)
    assert caught.value.code == "certificate-revocation-unknown"


def test_an_answer_by_an_algorithm_that_has_ended_is_nobodys(world: World) -> None:
    ended = f"[algorithms.ecdsa-sha256]\ndeprecated = 2026-01-01\nforbidden = {NOW.date()}\n"
    with pytest.raises(TrustError) as caught:
        require_good(
            world.answer(),
            world.leaves[0],
            world.issuer.certificate,
            nonce=NONCE,
            responder_profile=PROFILE,
            now=NOW,
            algorithms=Rules.parse(RULES_TEXT, ended).algorithms,
        )
    assert caught.value.code == "ocsp-responder-foreign"
    world.require(world.answer())  # control
