"""The head-end's own certificate: renewed over EST by itself, shown to the next connection, killed or not."""

import asyncio
import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from headend.uplink import serving, until
from meterkast.headend import renewal
from meterkast.headend.renewal import EnrolmentAddress, Renewal
from meterkast.headend.server import HeadEndSettings
from meterkast.model.errors import MeterkastError, PeerError, TrustError, UnreachableError
from meterkast.outside.https import Response
from meterkast.outside.keystore import KeyKind, Keystore, SoftwareKeystore
from meterkast.outside.links import tls
from meterkast.outside.trust import CHAIN
from meterkast.pki import HEADEND_NAME, PKI_NAME, PkiService, PkiSettings
from meterkast.protocols.x509 import Purpose, server_name, validate
from pki.world import World, found

DUE = 500
WITHIN = 60.0


def today() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A site whose certificates are due."""
    return found(tmp_path / "site", days_ago=DUE)


@contextmanager
def pki(world: World) -> Iterator[EnrolmentAddress]:
    service = PkiService(PkiSettings(folder=world.folder / "pki", trust=world.trust.path))
    service.start()
    yield EnrolmentAddress(host="127.0.0.1", port=service.port, server_name=PKI_NAME)
    service.stop()


def renewing(world: World, address: EnrolmentAddress | None) -> Renewal:
    return Renewal(world.headend(), world.trust, address)


async def shown(endpoint: Path, gateway: Keystore, world: World) -> x509.Certificate:
    """What the head-end shows to a new connection of a gateway, which believes it."""
    where = json.loads(endpoint.read_text())
    context = gateway.tls_context("tls", trust=world.trust, server_side=False)
    link = await tls.connect(where["host"], where["port"], context, HEADEND_NAME)
    assert link.peer_certificate is not None
    await link.close()
    return x509.load_der_x509_certificate(link.peer_certificate)


def test_what_is_due_is_renewed_once(world: World) -> None:
    with pki(world) as address:
        assert renewing(world, address).step(today())
        assert not renewing(world, address).step(today())
    keystore = world.headend()
    old, new = (keystore.certificate(label)[0] for label in ("tls", "tls-g2"))
    assert new.public_key() != old.public_key()
    assert server_name(new) == server_name(old) == HEADEND_NAME
    trust = world.trust
    for certificate in (old, new):
        validate(
            certificate, trust.intermediates(), trust.anchors(), trust.crls(), today(), Purpose.TLS_SERVER
        )
    assert len(world.site.authority.issued(HEADEND_NAME)) == 2


def test_before_two_thirds_nobody_is_dialled(tmp_path: Path) -> None:
    world = found(tmp_path / "site", days_ago=480)
    nowhere = EnrolmentAddress(host="127.0.0.1", port=1, server_name=PKI_NAME)
    assert not renewing(world, nowhere).step(today())
    with pytest.raises(UnreachableError):
        renewing(world, nowhere).step(today() + timedelta(days=8))


def test_without_an_address_it_says_when_it_is_time(world: World, caplog: pytest.LogCaptureFixture) -> None:
    assert not renewing(world, None).step(today())
    until_day = world.headend().certificate("tls")[0].not_valid_after_utc
    assert f"headend-certificate-due until={until_day:%Y-%m-%d}" in caplog.text


def test_a_pki_that_refuses_changes_nothing(world: World) -> None:
    serial = world.headend().certificate("tls")[0].serial_number
    world.site.authority.revoke(serial, today())
    with pki(world) as address, pytest.raises(TrustError) as caught:
        renewing(world, address).step(today())
    assert caught.value.code == "headend-renewal-refused"
    assert world.headend().certified() == {"tls"}


def test_a_server_of_another_name_is_not_asked(world: World) -> None:
    with pki(world) as address, pytest.raises(TrustError) as caught:
        renewing(world, replace(address, server_name=HEADEND_NAME)).step(today())
    assert caught.value.code == "https-tls-refused"


def enexis_key(world: World) -> ec.EllipticCurvePublicKey:
    keystore = SoftwareKeystore(world.folder / "enexis")
    keystore.generate("tls", KeyKind.EC_P256)
    return keystore.public_key("tls")


def test_another_certificate_is_not_taken(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A PKI that answers with what is genuine and not ours, or with nothing that is one."""
    authority, keystore = world.site.authority, world.headend()
    for label in ("other", "tls-g2"):  # the second as after a try that came to nothing
        keystore.generate(label, KeyKind.EC_P256)
    other, ours = (keystore.public_key(label) for label in ("other", "tls-g2"))
    enexis = world.site.admit("Enexis", today())
    world.trust.publish(CHAIN, [*world.trust.intermediates(), *enexis.trust.intermediates()])
    address = EnrolmentAddress(host="", port=0, server_name=PKI_NAME)
    for certificate, code in (
        (authority.certify_server(HEADEND_NAME, other, today())[0], "headend-certificate-foreign"),
        (authority.certify_server("elsewhere.example", ours, today())[0], "headend-certificate-foreign"),
        (keystore.certificate("tls")[0], "headend-certificate-foreign"),
        (enexis.certify_server(HEADEND_NAME, enexis_key(world), today())[0], "certificate-tenant-foreign"),
        (world.enrolled().certificate("tls")[0], "certificate-purpose"),
    ):
        monkeypatch.setattr(Renewal, "_ask", lambda *_, given=certificate: given)
        with pytest.raises(MeterkastError) as caught:
            renewing(world, address).step(today())
        assert caught.value.code == code
    monkeypatch.undo()
    for body in (b"", b"!", b"AAAA"):
        answer = Response(status=200, body=body)
        monkeypatch.setattr(renewal, "fetch", lambda *_, given=answer, **__: given)
        with pytest.raises(PeerError) as malformed:
            renewing(world, address).step(today())
        assert malformed.value.code == "headend-renewal-malformed"
    assert world.headend().certified() == {"tls"}


async def test_the_next_connection_is_shown_the_new_one_without_a_restart(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It listens with the old one while the PKI is away, and finds it when it comes back."""
    monkeypatch.setattr(renewal, "SECONDS_BETWEEN", 0.05)
    gateway = world.enrolled()
    with ExitStack() as opened:
        address = opened.enter_context(pki(world))
        away = opened.enter_context(monkeypatch.context())
        away.setattr(renewal, "_PATH", "/.well-known/est/server/elsewhere")
        settings = HeadEndSettings(site=world.folder, pki=address)
        async with serving(settings):
            await until(lambda: "headend-certificate-not-renewed code=headend-renewal-refused" in caplog.text)
            first = await shown(settings.endpoint, gateway, world)
            assert first == world.headend().certificate("tls")[0]
            away.undo()
            await until(lambda: "tls-g2" in world.headend().certified())
            second = await shown(settings.endpoint, gateway, world)
            assert second == world.headend().certificate("tls-g2")[0]


# As processes


@contextmanager
def running(*words: str) -> Iterator[subprocess.Popen[bytes]]:
    main = "from meterkast.console.cli import main; main()"
    process = subprocess.Popen([sys.executable, "-c", main, *words], stderr=subprocess.PIPE)
    try:
        yield process
        process.terminate()
        process.wait(WITHIN)
    finally:
        process.kill()
        process.communicate()


@pytest.mark.processes
async def test_two_processes_and_no_hand(world: World) -> None:
    """``pki serve`` and ``headend run`` on a site that is due: both show new certificates, nobody typed."""
    gateway, site = world.enrolled(), ("--site", str(world.folder))
    endpoint = world.folder / "headend" / "endpoint.json"
    with ExitStack() as opened:
        served = opened.enter_context(running("pki", "serve", *site))
        assert served.stderr is not None
        os.set_blocking(served.stderr.fileno(), False)
        port = await asyncio.to_thread(listening_port, served)
        opened.enter_context(running("headend", "run", *site, "--pki", f"127.0.0.1:{port}"))
        await until(lambda: endpoint.exists() and "tls-g2" in world.headend().certified(), WITHIN)
        assert await shown(endpoint, gateway, world) == world.headend().certificate("tls-g2")[0]
    assert "tls-g2" in SoftwareKeystore(world.folder / "pki" / "tls").certified()


def listening_port(process: subprocess.Popen[bytes]) -> int:
    said, end = b"", time.monotonic() + WITHIN
    assert process.stderr is not None
    while b" list_port=" not in said:
        assert time.monotonic() < end, said.decode()
        said += process.stderr.read() or b""
        time.sleep(0.01)
    return int(said.partition(b"pki-listening port=")[2].split()[0])


KILLED = """
import os, sys
from datetime import datetime, UTC
from pathlib import Path
from meterkast.headend.renewal import EnrolmentAddress, Renewal
from meterkast.outside.keystore import SoftwareKeystore
from meterkast.outside.trust import TrustFolder

folder, trust, port, name, cut = sys.argv[1:]
left = int(cut)

def trace(frame, event, argument):
    global left
    ours = frame.f_code.co_filename.endswith(("renewal.py", "signed_request.py", "folder.py"))
    if event == "call" and ours:
        left -= 1
        if left == 0:
            os.kill(os.getpid(), 9)

address = EnrolmentAddress(host="127.0.0.1", port=int(port), server_name=name)
renewal = Renewal(SoftwareKeystore(Path(folder)), TrustFolder(Path(trust)), address)
sys.setprofile(trace)
renewal.step(datetime.now(UTC))
"""


@pytest.mark.processes
def test_killed_at_any_point_it_goes_on(world: World) -> None:
    with pki(world) as address:

        def run(cut: int) -> subprocess.CompletedProcess[str]:
            folder, trust = str(world.headend().folder), str(world.trust.path)
            given = [folder, trust, str(address.port), PKI_NAME, str(cut)]
            command = [sys.executable, "-c", KILLED, *given]
            return subprocess.run(command, capture_output=True, text=True, timeout=WITHIN, check=False)

        kills = 0
        for cut in (8, 16, 24, 32, 40, 48, 56):
            done = run(cut)
            kills += done.returncode == -signal.SIGKILL
            assert done.returncode in {0, -signal.SIGKILL}, done.stderr
            keystore = world.headend()
            label = renewing(world, None).current()
            assert keystore.sign(label, b"still at work")
            assert keystore.certificate(label)[0].public_key() == keystore.public_key(label)
        assert kills >= 4
        assert run(1 << 30).returncode == 0
    assert world.headend().certified() == {"tls", "tls-g2"}
    assert len(world.site.authority.issued(HEADEND_NAME)) == 2


def test_the_log_says_no_more_than_it_must(world: World, caplog: pytest.LogCaptureFixture) -> None:
    with pki(world) as address, caplog.at_level(logging.INFO, logger="meterkast.headend"):
        renewing(world, address).step(today())
    events = [each.getMessage() for each in caplog.records if each.name == "meterkast.headend"]
    assert events == ["headend-certificate-renewed label=tls-g2"]
