"""Enrolment over real sockets: a gateway with its birth certificate, and a PKI that asks for it."""

import contextlib
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from cryptography import x509

from meterkast.gateway.enrol import enrol
from meterkast.model.errors import MeterkastError, PeerError, TrustError, UnreachableError
from meterkast.model.identity import SystemTitle
from meterkast.outside import https
from meterkast.outside.https import HttpServer, Request, Response, fetch
from meterkast.outside.keystore import FreshContext, Keystore, SoftwareKeystore
from meterkast.pki import HEADEND_NAME, PKI_NAME, PkiService, PkiSettings
from meterkast.pki.est.response import issued
from meterkast.protocols.x509 import Purpose, validate
from pki.world import OTHER, TITLE, World


@pytest.fixture
def service(world: World) -> Iterator[PkiService]:
    service = PkiService(PkiSettings(folder=world.folder / "pki", trust=world.trust.path))
    service.start()
    yield service
    service.stop()


def join(world: World, port: int, keystore: Keystore, title: SystemTitle = TITLE) -> None:
    enrol(keystore, est_host="127.0.0.1", est_port=port, server_name=PKI_NAME, trust=world.trust, title=title)


def refusal(world: World, port: int, keystore: Keystore, title: SystemTitle = TITLE) -> str:
    with pytest.raises(MeterkastError) as caught:
        join(world, port, keystore, title)
    return caught.value.code


def test_a_gateway_enrols(world: World, service: PkiService) -> None:
    keystore = world.site.equip(TITLE, world.now)
    join(world, service.port, keystore)
    assert keystore.labels() == keystore.certified() == {"birth", "tls", "sig", "enc"}
    keys = {keystore.public_key(label).public_numbers() for label in keystore.labels()}
    assert len(keys) == 4
    trust, now = world.trust, datetime.now(UTC)
    for purpose in (Purpose.TLS, Purpose.SIG, Purpose.ENC):
        chain = keystore.certificate(purpose)
        assert validate(chain[0], chain[1:], trust.anchors(), trust.crls(), now, purpose).title == TITLE


def test_an_interrupted_enrolment_goes_on(world: World, service: PkiService) -> None:
    keystore = world.site.equip(TITLE, world.now)
    join(world, service.port, keystore)
    (keystore.folder / "enc.crt.pem").unlink()  # as if power had failed before the answer was kept
    (keystore.folder / "sig.crt.pem").unlink()
    before = {label: keystore.public_key(label) for label in keystore.labels()}
    join(world, service.port, SoftwareKeystore(keystore.folder))
    assert {label: keystore.public_key(label) for label in keystore.labels()} == before
    assert len(world.site.authority.issued(str(TITLE))) == 3


def test_many_gateways_enrol_at_once(world: World, service: PkiService) -> None:
    titles = [SystemTitle.of("MKG", number) for number in range(1, 9)]
    keystores = [world.site.equip(title, world.now) for title in titles]
    with ThreadPoolExecutor(8) as pool:
        ports = [service.port] * len(titles)
        list(pool.map(join, [world] * len(titles), ports, keystores, titles))
    assert all(len(world.site.authority.issued(str(title))) == 3 for title in titles)


def test_a_second_enrolment_needs_a_release(world: World, service: PkiService) -> None:
    join(world, service.port, world.site.equip(TITLE, world.now))
    clone = SoftwareKeystore(world.folder / "clone")
    world.site.manufacturer.give_birth(TITLE, clone, world.now)
    assert refusal(world, service.port, clone) == "enrol-refused"


def test_an_enrolled_gateway_cannot_enrol_another(world: World, service: PkiService) -> None:
    """AT-10: an operational certificate is let in, for it may renew, and enrols nobody, itself included."""
    keystore = world.enrolled()
    posing = SoftwareKeystore(world.folder / "posing")
    for name in ("key", "crt"):
        target = posing.folder / f"birth.{name}.pem"
        target.write_bytes((keystore.folder / f"tls.{name}.pem").read_bytes())
        target.chmod(0o600)
    assert refusal(world, service.port, posing) == "enrol-refused"
    assert len(world.site.authority.issued(str(TITLE))) == 3


def test_nobody_enrols_in_the_name_of_another(world: World, service: PkiService) -> None:
    """The request names the other device, the birth certificate this one (AT-10, AT-15)."""
    keystore = world.site.equip(TITLE, world.now)
    world.site.equip(OTHER, world.now)
    assert refusal(world, service.port, keystore, OTHER) == "enrol-request-refused"
    assert keystore.certified() == {"birth"}
    assert world.site.authority.issued(str(OTHER)) == []


def test_a_gateway_refuses_a_certificate_that_is_not_its_own(world: World) -> None:
    """AT-07 from the gateway's side: a server gives it the genuine certificate of another device."""
    foreign = issued(world.enrolled(OTHER).certificate("tls")[0])
    context = FreshContext(
        SoftwareKeystore(world.folder / "pki" / "tls"), "tls", trust=world.manufacturers, server_side=True
    )

    def answer(request: Request) -> Response:
        return foreign if request.method == "POST" else Response(status=404)

    server = HttpServer(("127.0.0.1", 0), answer, context=context)
    server.start()
    keystore = world.site.equip(TITLE, world.now)
    assert refusal(world, server.port, keystore) == "enrol-certificate-foreign"
    assert keystore.certified() == {"birth"}
    server.stop()


def test_a_gateway_refuses_a_server_of_another_name(world: World) -> None:
    """The head-end's certificate is genuine, and is not the PKI's."""
    context = FreshContext(world.headend(), "tls", trust=world.manufacturers, server_side=True)
    server = HttpServer(("127.0.0.1", 0), lambda _: Response(status=200), context=context)
    server.start()
    assert refusal(world, server.port, world.site.equip(TITLE, world.now)) == "https-tls-refused"
    server.stop()


def test_the_name_that_was_asked_for_is_the_name_that_counts(world: World, service: PkiService) -> None:
    birth = world.site.equip(TITLE, world.now).tls_context("birth", trust=world.trust, server_side=False)
    address, question = ("127.0.0.1", service.port), Request(method="GET", path="/.well-known/est/cacerts")
    assert fetch(address, question, context=birth, server_name=PKI_NAME).status == 200
    with pytest.raises(TrustError) as caught:
        fetch(address, question, context=birth, server_name=HEADEND_NAME)
    assert caught.value.code == "https-tls-refused"


@pytest.mark.parametrize("body", [b"", b"!!", b"AAAA", b"MAA="])
def test_answers_that_are_none(world: World, body: bytes) -> None:
    keystore = SoftwareKeystore(world.folder / "pki" / "tls")
    context = FreshContext(keystore, "tls", trust=world.manufacturers, server_side=True)
    server = HttpServer(("127.0.0.1", 0), lambda _: Response(status=200, body=body), context=context)
    server.start()
    assert refusal(world, server.port, world.site.equip(TITLE, world.now)) in {
        "ber-malformed",
        "enrol-answer-malformed",
    }
    server.stop()


def test_nobody_there(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    keystore = world.site.equip(TITLE, world.now)
    with pytest.raises(UnreachableError):
        join(world, port, keystore)


def test_revocation_lists_over_plain_http(world: World, service: PkiService) -> None:
    serial = world.enrolled().certificate("sig")[0].serial_number
    service.authority.revoke(serial, world.now)
    address = f"http://127.0.0.1:{service.list_port}/crl/device-{serial % 4}.crl"
    with urllib.request.urlopen(address, timeout=5) as answer:
        revocation_list = x509.load_der_x509_crl(answer.read())
    assert revocation_list.get_revoked_certificate_by_serial_number(serial) is not None


def converse(port: int, octets: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(octets)
        connection.shutdown(socket.SHUT_WR)
        with connection.makefile("rb") as answer:
            return answer.read()


@pytest.mark.parametrize(
    ("question", "status"),
    [
        (b"GET /crl/device-0.crl HTTP/1.1\r\n\r\n", b"200"),
        (b"POST / HTTP/1.1\r\n\r\n", b"411"),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"411"),
        (b"POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", b"413"),
        (b"POST / HTTP/1.1\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n", b"413"),
        (b"BREW / HTTP/1.1\r\n\r\n", b"501"),
        (b"nonsense\r\n\r\n", b"400"),
    ],
)
def test_plain_http_is_bounded(service: PkiService, question: bytes, status: bytes) -> None:
    assert status in converse(service.list_port, question)


def test_a_stranger_without_tls_does_not_stop_the_server(world: World, service: PkiService) -> None:
    for octets in (b"", b"GET / HTTP/1.1\r\n\r\n", bytes(300)):
        with contextlib.suppress(ConnectionResetError):
            assert b"HTTP" not in converse(service.port, octets)
    join(world, service.port, world.site.equip(TITLE, world.now))


@pytest.mark.parametrize("said", [(b"", b""), (b"\x16\x03\x01\x02", b"GET /crl")], ids=["idle", "begun"])
def test_at_47_gateways_enrol_and_fetch_lists_while_others_stand(
    world: World, service: PkiService, said: tuple[bytes, bytes]
) -> None:
    """As many as the house holds, and more, on both ports; a gateway tries again, as it does in life."""
    keystore, served = world.site.equip(TITLE, world.now), False
    with contextlib.ExitStack() as held:
        for _ in range(https.Bounds().connections + 50):
            for port, octets in zip((service.port, service.list_port), said, strict=True):
                idle = held.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
                with contextlib.suppress(ConnectionError):  # the last ones are turned away
                    idle.sendall(octets)
        while not served:  # for half a second all of them may still be newcomers themselves
            with contextlib.suppress(UnreachableError, ConnectionError, TrustError):
                join(world, service.port, keystore)
                served = b"200" in converse(service.list_port, b"GET /crl/device-0.crl HTTP/1.1\r\n\r\n")
    assert keystore.certified() == {"birth", "tls", "sig", "enc"}


def test_an_answer_that_never_ends_is_cut(world: World) -> None:
    keystore = SoftwareKeystore(world.folder / "pki" / "tls")
    context = FreshContext(keystore, "tls", trust=world.manufacturers, server_side=True)
    endless = bytes(https.ANSWER_LIMIT + 1)
    server = HttpServer(("127.0.0.1", 0), lambda _: Response(status=200, body=endless), context=context)
    server.start()
    birth = world.site.equip(TITLE, world.now).tls_context("birth", trust=world.trust, server_side=False)
    with pytest.raises(PeerError) as caught:
        fetch(
            ("127.0.0.1", server.port),
            Request(method="GET", path="/"),
            context=birth,
            server_name=PKI_NAME,
        )
    assert caught.value.code == "https-malformed"
    server.stop()


PROCESS = """
import sys
from pathlib import Path
from meterkast.pki import PkiSettings, serve
settings = PkiSettings(folder=Path(sys.argv[1]), trust=Path(sys.argv[2]))
serve(settings, on_listening=lambda service: print(service.port, flush=True))
"""


@pytest.mark.processes
def test_as_a_process_of_its_own(world: World) -> None:
    command = [sys.executable, "-c", PROCESS, str(world.folder / "pki"), str(world.trust.path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            keystore = world.site.equip(TITLE, world.now)
            port = int(process.stdout.readline())
            join(world, port, keystore)
            idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(10)]
            process.send_signal(signal.SIGTERM)
            assert process.wait(2 * https.Bounds().stop_seconds + 5) == 0
            for connection in idle:
                connection.close()
        finally:
            process.kill()
    assert keystore.certified() == {"birth", "tls", "sig", "enc"}
