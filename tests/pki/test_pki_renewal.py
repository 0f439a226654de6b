"""Renewal over real TLS: from two thirds of life to a little after the end, killed or not (RQ-06)."""

import contextlib
import logging
import signal
import subprocess
import sys
from base64 import b64decode, encodebytes
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from meterkast.gateway.enrol import due, renew
from meterkast.gateway.holdings import current
from meterkast.gateway.pki_address import EstAddress
from meterkast.model.errors import TrustError
from meterkast.outside.https import Request, Response
from meterkast.outside.keystore import KeyKind, Keystore, SoftwareKeystore
from meterkast.pki import PKI_NAME, PkiService, PkiSettings
from meterkast.pki.est import EstServer
from meterkast.pki.own_key import OwnKey
from meterkast.pki.tenants import Tenants
from meterkast.protocols.x509 import Purpose, system_title, validate
from pki.world import OTHER, TITLE, World, found, request

ALL = [Purpose.TLS, Purpose.SIG, Purpose.ENC]
DUE, EXPIRED, LOST = 500, 745, 830
"""Days since the founding: after two thirds of two years, within the grace, and beyond it."""


@contextlib.contextmanager
def serving(world: World) -> Iterator[EstAddress]:
    service = PkiService(PkiSettings(folder=world.folder / "pki", trust=world.trust.path))
    service.start()
    yield EstAddress(host="127.0.0.1", port=service.port, server_name=PKI_NAME)
    service.stop()


def today() -> datetime:
    return datetime.now(UTC)


def renewed(world: World, keystore: Keystore, address: EstAddress) -> list[Purpose]:
    return renew(keystore, address=address, trust=world.trust, title=TITLE, now=today())


def aged(tmp_path: Path, days: float) -> tuple[World, Keystore]:
    world = found(tmp_path / "aged", days_ago=days)
    keystore = world.enrolled()
    # the servers of a site that is older than its certificates have been given new ones
    if days >= 730:
        tls = OwnKey.server(SoftwareKeystore(world.folder / "pki" / "tls"), PKI_NAME)
        tls.certify(world.site.authority, today())
    return world, keystore


def test_what_is_due_is_renewed_in_one_visit(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    world, keystore = aged(tmp_path, DUE)
    before = {purpose: keystore.certificate(purpose)[0] for purpose in ALL}
    with serving(world) as address, caplog.at_level(logging.DEBUG, logger="meterkast.https"):
        assert renewed(world, keystore, address) == ALL
        assert renewed(world, keystore, address) == []  # and nobody is dialled
    trust = world.trust
    for purpose in ALL:
        label = current(keystore, purpose)
        assert label == f"{purpose}-g2"
        new = keystore.certificate(label)
        assert system_title(new[0]) == TITLE
        assert new[0].public_key() != before[purpose].public_key()
        for certificate in (before[purpose], new[0]):  # both are believed: they overlap
            validate(certificate, trust.intermediates(), trust.anchors(), trust.crls(), today(), purpose)
    assert due(keystore, today()) == []


def test_before_two_thirds_nothing_is_due(tmp_path: Path) -> None:
    world, keystore = aged(tmp_path, 480)
    assert due(keystore, today()) == []
    assert due(keystore, today() + timedelta(days=8)) == ALL
    later = today() + timedelta(days=8)
    with serving(world) as address, pytest.raises(TrustError) as caught:
        # the authority does not take a gateway's word for the time
        renew(keystore, address=address, trust=world.trust, title=TITLE, now=later)
    assert caught.value.code == "enrol-refused"
    assert len(world.site.authority.issued(str(TITLE))) == 3


def test_at_09_shortly_after_its_end_a_certificate_renews_and_does_nothing_else(tmp_path: Path) -> None:
    world, keystore = aged(tmp_path, EXPIRED)
    old = keystore.certificate("tls")[0]
    trust = world.trust
    with pytest.raises(TrustError) as caught:
        validate(old, trust.intermediates(), trust.anchors(), trust.crls(), today(), Purpose.TLS)
    assert caught.value.code == "certificate-expired"
    with serving(world) as address:
        assert renewed(world, keystore, address) == ALL
    new = keystore.certificate("tls-g2")[0]
    validate(new, trust.intermediates(), trust.anchors(), trust.crls(), today(), Purpose.TLS)


def test_beyond_the_grace_it_needs_a_release(tmp_path: Path) -> None:
    world, keystore = aged(tmp_path, LOST)
    with serving(world) as address:
        with pytest.raises(TrustError) as caught:
            renewed(world, keystore, address)
        assert caught.value.code == "enrol-refused"
    assert current(keystore, Purpose.TLS) == "tls"


def test_a_revoked_certificate_does_not_renew(tmp_path: Path) -> None:
    world, keystore = aged(tmp_path, DUE)
    world.site.authority.revoke(keystore.certificate("tls")[0].serial_number, today())
    with serving(world) as address, pytest.raises(TrustError) as caught:
        renewed(world, keystore, address)
    assert caught.value.code == "enrol-refused"  # it knows, asks by its birth, and has not been released


# Sans-IO: who may renew what


def ask(
    world: World,
    body: bytes,
    *,
    peer: x509.Certificate,
    purpose: str = "sig",
    operation: str = "simplereenroll",
) -> Response:
    question = Request(
        method="POST",
        path=f"/.well-known/est/{purpose}/{operation}",
        content_type="application/pkcs10",
        body=body,
        peer=peer.public_bytes(Encoding.DER),
        address="192.0.2.1",
    )
    return EstServer(Tenants(world.folder / "pki", world.trust), world.manufacturers).handle(
        question, today()
    )


def refused(
    world: World, response: Response, status: int, caplog: pytest.LogCaptureFixture, code: str
) -> None:
    assert (response.status, response.body) == (status, b"refused\n")
    events = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(events) == 1
    assert f"code={code} " in events[0]
    assert len(world.site.authority.issued(str(TITLE))) == 3


def test_the_answer_is_the_certificate_and_nothing_else(tmp_path: Path) -> None:
    world, keystore = aged(tmp_path, DUE)
    keystore.generate("next", KeyKind.EC_P256)
    body = encodebytes(request(keystore, "next"))
    peer = keystore.certificate("tls")[0]
    answer = ask(world, body, peer=peer)
    assert (answer.status, answer.content_type) == (200, "application/pkcs7-mime; smime-type=certs-only")
    (mine,) = pkcs7.load_der_pkcs7_certificates(b64decode(answer.body))
    assert mine.public_key() == keystore.public_key("next")
    again = ask(world, body, peer=peer)  # an answer that was lost on the way costs nothing
    assert pkcs7.load_der_pkcs7_certificates(b64decode(again.body)) == [mine]
    assert len(world.site.authority.issued(str(TITLE))) == 4


@pytest.mark.parametrize("label", ["birth", "sig", "enc"])
def test_at_10_only_the_tls_certificate_renews(
    tmp_path: Path, label: str, caplog: pytest.LogCaptureFixture
) -> None:
    world, keystore = aged(tmp_path, DUE)
    keystore.generate("next", KeyKind.EC_P256)
    body = encodebytes(request(keystore, "next"))
    response = ask(world, body, peer=keystore.certificate(label)[0])
    refused(world, response, 403, caplog, "certificate-purpose")
    assert ask(world, body, peer=keystore.certificate("tls")[0]).status == 200


def test_at_10_nobody_renews_for_another(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The other's genuine TLS certificate, and a request in our name."""
    world, keystore = aged(tmp_path, DUE)
    other = world.enrolled(OTHER).certificate("tls")[0]
    keystore.generate("next", KeyKind.EC_P256)
    named = x509.SubjectAlternativeName(
        list(
            keystore.certificate("sig")[0]
            .extensions.get_extension_for_class(x509.SubjectAlternativeName)
            .value
        )
    )
    response = ask(world, encodebytes(request(keystore, "next", named)), peer=other)
    refused(world, response, 400, caplog, "pki-request-presumptuous")


def test_a_key_is_renewed_and_not_its_certificate_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The key of the certificate in use gives that certificate again; one from longer ago gives nothing."""
    world, keystore = aged(tmp_path, DUE)
    peer = keystore.certificate("tls")[0]
    same = ask(world, encodebytes(request(keystore, "sig")), peer=peer)
    assert pkcs7.load_der_pkcs7_certificates(b64decode(same.body)) == [keystore.certificate("sig")[0]]
    keystore.generate("sig-g2", KeyKind.EC_P256)
    assert ask(world, encodebytes(request(keystore, "sig-g2")), peer=peer).status == 200
    late = ask(world, encodebytes(request(keystore, "sig")), peer=peer)
    birth = ask(world, encodebytes(request(keystore, "birth")), peer=peer)
    assert (late.status, birth.status) == (400, 400)
    events = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert ["code=pki-request-key-reused " in event for event in events] == [True, True]


def test_renewal_is_no_way_around_a_release(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    world, keystore = aged(tmp_path, DUE)
    issued = world.site.authority.issued(str(TITLE))
    sig = next(each for each in issued if each.purpose is Purpose.SIG)
    world.site.authority.revoke(sig.certificate.serial_number, today())
    keystore.generate("next", KeyKind.EC_P256)
    caplog.clear()
    response = ask(world, encodebytes(request(keystore, "next")), peer=keystore.certificate("tls")[0])
    refused(world, response, 403, caplog, "pki-not-admitted")


# Killed anywhere: it goes on with the old one or the new one, never with none (AT-48)

KILLED = """
import os, sys
from datetime import datetime, UTC
from pathlib import Path
from meterkast.gateway import enrol
from meterkast.gateway.pki_address import EstAddress
from meterkast.model.identity import SystemTitle
from meterkast.outside.keystore import SoftwareKeystore
from meterkast.outside.trust import TrustFolder

folder, trust, title, port, name, cut = sys.argv[1:]
left = int(cut)

def trace(frame, event, argument):
    global left
    ours = frame.f_code.co_filename.endswith(("enrol.py", "est.py", "software.py", "folder.py"))
    if event == "call" and ours:
        left -= 1
        if left == 0:
            os.kill(os.getpid(), 9)

sys.setprofile(trace)
enrol.renew(
    SoftwareKeystore(Path(folder)), trust=TrustFolder(Path(trust)), title=SystemTitle.parse(title),
    now=datetime.now(UTC), address=EstAddress(host="127.0.0.1", port=int(port), server_name=name),
)
print(int(cut) - left)
"""


@pytest.mark.processes
def test_at_48_killed_at_any_point_it_goes_on(tmp_path: Path) -> None:
    world, keystore = aged(tmp_path, DUE)
    folder = keystore.folder
    with serving(world) as address:

        def run(cut: int) -> subprocess.CompletedProcess[str]:
            given = [str(folder), str(world.trust.path), str(TITLE), str(address.port), PKI_NAME, str(cut)]
            command = [sys.executable, "-c", KILLED, *given]
            return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

        kills = 0
        for cut in (30, 45, 60, 70, 80, 90, 100, 110, 120):
            done = run(cut)
            kills += done.returncode == -signal.SIGKILL
            again = SoftwareKeystore(folder)
            for purpose in ALL:
                label = current(again, purpose)
                validated = validate(
                    again.certificate(label)[0],
                    world.trust.intermediates(),
                    world.trust.anchors(),
                    world.trust.crls(),
                    today(),
                    purpose,
                )
                assert again.sign(label, b"still at work")
                assert validated.title == TITLE
        assert kills >= 3
        assert run(1 << 30).returncode == 0
    final = SoftwareKeystore(folder)
    assert due(final, today()) == []
    assert {current(final, purpose) for purpose in ALL} == {"tls-g2", "sig-g2", "enc-g2"}
    assert len(world.site.authority.issued(str(TITLE))) == 6
