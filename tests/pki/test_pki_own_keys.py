"""The PKI's own certificates: renewed at two thirds, shown to the next connection, killed or not."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from meterkast.outside.keystore import Keystore, SoftwareKeystore
from meterkast.outside.tls.stream import TlsStream
from meterkast.pki import PKI_NAME, PkiService, PkiSettings, service
from meterkast.pki.log import certified_key, keep_log_certified
from meterkast.pki.own_key import OwnKey
from meterkast.pki.tenants import Tenants
from meterkast.protocols.x509 import Purpose, server_name, validate
from pki.world import World, found

DUE = 500


def today() -> datetime:
    return datetime.now(UTC)


def tls(world: World) -> SoftwareKeystore:
    return SoftwareKeystore(world.folder / "pki" / "tls")


@contextmanager
def serving(world: World) -> Iterator[PkiService]:
    running = PkiService(PkiSettings(folder=world.folder / "pki", trust=world.trust.path))
    running.start()
    yield running
    running.stop()


def shown(world: World, port: int, keystore: Keystore) -> x509.Certificate:
    """The certificate that the server shows to a new connection of a gateway, which believes it."""
    context = keystore.tls_context("tls", trust=world.trust, server_side=False)
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
        TlsStream(plain, context.session("pki", PKI_NAME)) as stream,
    ):
        assert stream.peer_certificate is not None
        return x509.load_der_x509_certificate(stream.peer_certificate)


def test_it_renews_when_it_starts_late(tmp_path: Path) -> None:
    world = found(tmp_path, days_ago=DUE)
    gateway, old = world.enrolled(), tls(world).certificate("tls")[0]
    with serving(world) as running:
        new = shown(world, running.port, gateway)
    assert new == tls(world).certificate("tls-g2")[0]
    assert new.public_key() != old.public_key()
    assert server_name(new) == server_name(old) == PKI_NAME
    assert new.not_valid_after_utc - today() > timedelta(days=720)


def test_the_next_connection_is_shown_the_new_one_without_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It grows old while the service runs: what it shows is put in the place of one of long ago."""
    monkeypatch.setattr(service, "_EVERY", 0.05)
    world = found(tmp_path)
    gateway, keystore = world.enrolled(), tls(world)
    with serving(world) as running:
        assert shown(world, running.port, gateway) == keystore.certificate("tls")[0]
        key, long_ago = keystore.public_key("tls"), today() - timedelta(days=DUE)
        keystore.put_certificate("tls", world.site.authority.certify_server(PKI_NAME, key, long_ago))
        until = time.monotonic() + 20
        while "tls-g2" not in keystore.certified():
            assert time.monotonic() < until
            time.sleep(0.01)
        assert shown(world, running.port, gateway) == keystore.certificate("tls-g2")[0]


def test_before_two_thirds_nothing_happens(tmp_path: Path) -> None:
    world = found(tmp_path, days_ago=480)
    own = OwnKey.of_server(tls(world))
    assert not own.keep_up(world.site.authority, today())
    assert own.keep_up(world.site.authority, today() + timedelta(days=8))
    assert own.current() == "tls-g2"


def test_a_key_that_cannot_be_certified_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world = found(tmp_path, days_ago=DUE)
    gateway, keystore = world.enrolled(), tls(world)
    with monkeypatch.context() as patched:
        patched.setattr("meterkast.pki.own_key.following", lambda *_: "not a label")
        with serving(world) as running:
            assert shown(world, running.port, gateway) == keystore.certificate("tls")[0]
    assert "pki-duty-failed duty=own certificate code=keystore-label-malformed" in caplog.text


def test_the_log_keeps_its_key_and_gets_another_certificate(tmp_path: Path) -> None:
    world = found(tmp_path, days_ago=DUE)
    pki, authority = world.folder / "pki", world.site.authority
    before, published = certified_key(world.trust, today()), (world.trust.path / "log.pem").read_bytes()
    assert keep_log_certified(pki, authority, today())
    assert not keep_log_certified(pki, authority, today())
    assert (world.trust.path / "log.pem").read_bytes() != published
    assert certified_key(world.trust, today() + timedelta(days=1)) == before


KILLED = """
import os, sys
from datetime import datetime, UTC
from pathlib import Path
from meterkast.outside.keystore import Keystore, SoftwareKeystore
from meterkast.outside.trust import TrustFolder
from meterkast.pki.own_key import OwnKey
from meterkast.pki.tenants import Tenants

pki, trust, cut = Path(sys.argv[1]), TrustFolder(Path(sys.argv[2])), int(sys.argv[3])
left = cut

def trace(frame, event, argument):
    global left
    if event == "call" and frame.f_code.co_filename.endswith(("own_key.py", "authority.py", "folder.py")):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), 9)

authority = Tenants(pki, trust).founder
own = OwnKey.of_server(SoftwareKeystore(pki / "tls"))
sys.setprofile(trace)
own.keep_up(authority, datetime.now(UTC))
sys.setprofile(None)
print(cut - left)
"""


@pytest.mark.processes
def test_killed_at_any_point_it_goes_on(tmp_path: Path) -> None:
    """Whatever is there between two tries is a key that works and a certificate that is believed."""
    world = found(tmp_path, days_ago=DUE)
    pki = world.folder / "pki"

    def run(cut: int) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", KILLED, str(pki), str(world.trust.path), str(cut)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    left_a_key = False
    for cut in range(12, 60, 6):
        done = run(cut)
        own = OwnKey.of_server(tls(world))
        certificate = own.keystore.certificate(own.current())[0]
        trust = world.trust
        validate(
            certificate, trust.intermediates(), trust.anchors(), trust.crls(), today(), Purpose.TLS_SERVER
        )
        assert own.keystore.sign(own.current(), b"still at work")
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL, done.stderr
        left_a_key |= own.keystore.labels() > own.keystore.certified()
    assert run(1 << 30).returncode == 0
    assert left_a_key
    assert tls(world).certified() == {"tls", "tls-g2"}
    assert not OwnKey.of_server(tls(world)).keep_up(Tenants(pki, world.trust).founder, today())
