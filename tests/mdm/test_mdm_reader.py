"""The operator renews its keys while gateways go on: what was sealed to either goes into the store."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from typer.testing import CliRunner

from mdm.one_home import GATEWAY, OPERATOR, day_block, gas_block
from mdm.sealed import SealingGateway, database_of, found, gateway_of, now
from meterkast.console.cli.app import app
from meterkast.gateway.lists import fetch_lists
from meterkast.gateway.recipient import fetch_recipient
from meterkast.mdm.access import Query, Readings
from meterkast.mdm.intake import Intake
from meterkast.mdm.reader import Reader
from meterkast.model.errors import LocalError
from meterkast.outside.bus import BusMessage
from meterkast.outside.bus.sqlite import SqliteBus
from meterkast.outside.clock import SystemClock
from meterkast.outside.database import schema
from meterkast.outside.database.engine import reading
from meterkast.outside.keystore import KeyKind, SoftwareKeystore
from meterkast.outside.trust import TrustFolder
from meterkast.pki import PkiService, PkiSettings
from meterkast.pki.own_key import OwnKey
from meterkast.pki.site import Site
from meterkast.protocols.envelope import parse
from meterkast.protocols.order import Order, SignedOrder, Speech
from meterkast.protocols.x509 import Purpose, key_id, validate


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An hour old: certificates tell seconds, and the next one must be younger."""
    return found(tmp_path_factory.mktemp("reader") / "template", ago=timedelta(hours=1)).folder


@pytest.fixture
def site(template: Path, tmp_path: Path) -> Site:
    return Site(shutil.copytree(template, tmp_path / "site"), operator=OPERATOR)


@pytest.fixture
def lists(site: Site) -> Iterator[tuple[str, int]]:
    """Where the PKI of the site hands out what is public."""
    service = PkiService(PkiSettings(folder=site.folder / "pki", trust=site.trust.path))
    service.start()
    yield "127.0.0.1", service.list_port
    service.stop()


def renew(site: Site, *words: str) -> list[dict[str, object]]:
    """``meterkast pki renew``, as it is typed."""
    done = CliRunner().invoke(app, ["pki", "renew", *words, "--site", str(site.folder), "--json"])
    assert done.exit_code == 0, done.output
    found: list[dict[str, object]] = json.loads(done.stdout)["keys"]
    return found


def reader_of(site: Site) -> SoftwareKeystore:
    return SoftwareKeystore(site.folder / "mdm" / "keystore")


def test_old_and_new_go_into_the_store(site: Site, lists: tuple[str, int], tmp_path: Path) -> None:
    """One that was sealed before waits; the gateway hears of the new key by itself; the intake goes on."""
    mine = TrustFolder(shutil.copytree(site.trust.path, tmp_path / "mine"))
    gateway = SealingGateway(GATEWAY, gateway_of(site).keystore, mine)
    early = gateway.envelope(1, day_block())
    bus, database = SqliteBus(site.folder / "bus" / "bus.sqlite"), database_of(site.folder)
    intake = Intake(
        bus=bus, database=database, keystore=reader_of(site), trust=site.trust, clock=SystemClock()
    )
    assert intake.step() == 0
    (told,) = renew(site, "recipient", "--early")
    assert (told["key"], told["label"], told["renewed"]) == ("recipient", "enc-g2", True)
    # nobody told the gateway: it asks a few times a day, and may seal to the old one until then
    late = gateway.envelope(2, gas_block())
    fetch_lists(mine, [*mine.intermediates(), *mine.operator_enc()], lists)
    later = now() + timedelta(minutes=1)
    assert fetch_recipient(mine, OPERATOR, lists, later)
    new = gateway.envelope(3, day_block())
    named = [parse(each).recipients[0].key_id for each in (early, late, new)]
    keys = [key_id(reader_of(site).certificate(label)[0]) for label in ("enc", "enc", "enc-g2")]
    assert named == keys
    with closing(bus):
        bus.append([BusMessage(key=b"", body=each, at=0) for each in (early, late, new)])
        assert intake.step() == 3
        with reading(database) as connection:
            assert connection.execute(schema.refusal.select()).all() == []
        stored = [each.block.device for each in Readings(database).blocks(Query())]
    database.dispose()
    assert len(stored) == 2  # the day that came twice is kept once


def test_a_key_that_the_operator_does_not_have_is_foreign_and_none_is_an_error(tmp_path: Path) -> None:
    keystore = SoftwareKeystore(tmp_path / "keystore")
    with pytest.raises(LocalError) as caught:
        Reader(keystore)
    assert caught.value.code == "keystore-label-unknown"
    keystore.generate("enc", KeyKind.HYBRID_KEM)
    with pytest.raises(LocalError):
        Reader(keystore)


def test_a_generation_without_its_certificate_is_not_there_yet(site: Site) -> None:
    keystore = reader_of(site)
    keystore.generate("enc-g2", KeyKind.HYBRID_KEM)
    reader = Reader(keystore)
    assert reader.key_ids == {key_id(keystore.certificate("enc")[0])}
    assert reader.operator == OPERATOR


KILLED = """
import os, sys
from datetime import datetime, UTC
from pathlib import Path
from meterkast.pki.site import Site, own_key

site, operator, cut = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
left, files = cut, ("own_key.py", "authority.py", "folder.py", "trust.py")

def trace(frame, event, argument):
    global left
    if event == "call" and frame.f_code.co_filename.endswith(files):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), 9)

authority = Site(site, operator=operator).authority
own = own_key(site, "recipient", operator)
sys.setprofile(trace)
own.keep_up(authority, datetime.now(UTC), early=own.current() == "enc")
sys.setprofile(None)
print(cut - left)
"""


@pytest.mark.processes
def test_nobody_seals_to_a_key_that_the_intake_does_not_know(site: Site, tmp_path: Path) -> None:
    """Killed at any point: what is published can be opened, and in the end the new one is published."""

    def run(cut: int) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", KILLED, str(site.folder), OPERATOR, str(cut)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    kills = 0
    for cut in range(10, 120, 8):
        done = run(cut)
        assert done.returncode in {0, -signal.SIGKILL}, done.stderr
        kills += done.returncode != 0
        published = site.trust.operator_enc()[0]
        envelope = gateway_of(site).envelope(1, content=os.urandom(8))
        assert key_id(published) in Reader(reader_of(site)).key_ids, cut
        assert Reader(reader_of(site)).open(parse(envelope))
    assert kills >= 3
    assert run(1 << 30).returncode == 0
    own = OwnKey.recipient(reader_of(site), OPERATOR)
    assert own.current() == "enc-g2"
    assert site.trust.operator_enc() == reader_of(site).certificate("enc-g2")


def test_orders_of_the_next_key(site: Site) -> None:
    (told,) = renew(site, "orders", "--early")
    assert told["label"] == "order-g2"
    keystore, trust = SoftwareKeystore(site.folder / "orders" / "keystore"), site.trust
    order = Order(gateway=GATEWAY, number=1, issued=0, speech=Speech.OFF)
    for label in ("order", "order-g2"):
        certificate = keystore.certificate(label)[0]
        signed = SignedOrder(
            order=order,
            signature=keystore.sign(label, order.encode()),
            certificate=certificate.public_bytes(Encoding.DER),
        )
        believed = validate(
            certificate,
            trust.intermediates(),
            trust.anchors(),
            trust.crls(),
            now(),
            Purpose.OPERATOR_ORDER,
            tenant=OPERATOR,
        )
        signed.verify(believed.certificate.public_key())
    assert {each["renewed"] for each in renew(site)} == {False}


def test_what_is_due_is_renewed_and_nothing_else(site: Site) -> None:
    assert [each["key"] for each in renew(site)] == ["pki", "headend", "recipient", "orders"]
    shutil.rmtree(site.folder / "orders")  # elsewhere
    assert [each["key"] for each in renew(site, "--early")] == ["pki", "headend", "recipient"]
    done = CliRunner().invoke(app, ["pki", "renew", "orders", "--site", str(site.folder), "--json"])
    assert (done.exit_code, json.loads(done.stdout)["error"]["code"]) == (2, "keystore-label-unknown")
