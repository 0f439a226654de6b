"""Makers of gateways: who counts, the lists that they send, and births that are taken back (RQ-05, AT-10)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from meterkast.model.errors import MeterkastError, TrustError
from meterkast.model.identity import SystemTitle
from meterkast.outside.keystore import SoftwareKeystore
from meterkast.outside.trust import TrustFolder
from meterkast.pki.birth import Manufacturer, own_makers
from meterkast.pki.est.visitor import Door
from meterkast.pki.holder import organisation
from meterkast.pki.makers import Makers
from meterkast.pki.service import PkiService, PkiSettings
from meterkast.pki.tenants import Tenants
from meterkast.protocols.x509 import RULES, Purpose, validate
from meterkast.protocols.x509.list_place import list_number
from pki.world import World

EVL = SystemTitle.parse("EVL0000000001")


class Maker:
    """A maker somewhere else: it sends its root and its lists."""

    def __init__(self, folder: Path, now: datetime) -> None:
        self._sent = TrustFolder(folder / "sent")
        self._now = now
        self._folder = folder
        self.maker = Manufacturer.create(folder / "keys", "EVL", known_to=self._sent, now=now)

    @property
    def root(self) -> x509.Certificate:
        return self._sent.anchors()[0]

    def sends(
        self, *revoked: x509.Certificate, later: timedelta = timedelta()
    ) -> x509.CertificateRevocationList:
        at = self._now + later
        return self.maker.publish(self._sent, revoked=[(each.serial_number, at) for each in revoked], now=at)

    def born(self, title: SystemTitle = EVL) -> x509.Certificate:
        keystore = SoftwareKeystore(self._folder / str(title))
        self.maker.give_birth(title, keystore, self._now)
        return keystore.certificate("birth")[0]


@pytest.fixture
def maker(tmp_path: Path, world: World) -> Maker:
    return Maker(tmp_path / "evl", world.now)


@pytest.fixture
def makers(world: World) -> Makers:
    return Makers(world.manufacturers, RULES)


def judged(world: World, certificate: x509.Certificate, now: datetime) -> str:
    """What the door's judgement says of a birth certificate; empty where it is believed."""
    known = world.manufacturers
    try:
        validate(certificate, [], known.anchors(), known.crls(), now, Purpose.BIRTH, tenant="EVL")
    except TrustError as error:
        return error.code
    return ""


def code(ask: Callable[[], object]) -> str:
    with pytest.raises(MeterkastError) as caught:
        ask()
    return caught.value.code


def test_a_maker_counts_from_when_it_is_added(world: World, makers: Makers, maker: Maker) -> None:
    birth = maker.born()
    assert judged(world, birth, world.now) == "certificate-untrusted"
    known = makers.add(maker.root, maker.sends(), world.now)
    assert (known.code, known.is_current(world.now)) == ("EVL", True)
    assert judged(world, birth, world.now) == ""
    assert [each.code for each in makers.all()] == ["MKG", "EVL"]
    makers.add(maker.root, maker.sends(later=timedelta(seconds=1)), world.now + timedelta(seconds=1))
    assert len(makers.all()) == 2
    assert makers.remove("EVL") == 1
    assert judged(world, birth, world.now) == "certificate-untrusted"
    assert len(list(world.manufacturers.path.glob("*.crl.pem"))) == 1
    assert code(lambda: makers.remove("EVL")) == "pki-maker-unknown"
    assert code(lambda: makers.remove("MKG")) == "pki-maker-last"


def test_a_younger_list_replaces_the_one_before(world: World, makers: Makers, maker: Maker) -> None:
    birth, first = maker.born(), maker.sends()
    makers.add(maker.root, first, world.now)
    second = maker.sends(birth, later=timedelta(minutes=1))
    at = world.now + timedelta(minutes=1)
    assert code(lambda: makers.take(first, at)) == "pki-maker-list-old"
    makers.take(second, at)
    assert judged(world, birth, at) == "certificate-revoked"
    assert code(lambda: makers.take(first, at)) == "pki-maker-list-old"
    assert len(list(world.manufacturers.path.glob("*.crl.pem"))) == 2


def test_the_door_follows_what_makers_send(world: World, makers: Makers, maker: Maker) -> None:
    """A gateway of a maker that joined enrols, until that maker takes its birth back."""
    door = Door(Tenants(world.folder / "pki", world.trust), world.manufacturers)
    birth = maker.born()
    world.site.authority.expect_all([EVL])
    peer, at = birth.public_bytes(Encoding.DER), world.now + timedelta(minutes=1)
    assert code(lambda: door.newborn(peer, world.now)) == "certificate-untrusted"
    makers.add(maker.root, maker.sends(), world.now)
    assert door.newborn(peer, world.now).title == EVL
    makers.take(maker.sends(birth, later=timedelta(minutes=1)), at)
    assert code(lambda: door.newborn(peer, at)) == "certificate-revoked"


def test_a_list_of_nobody_we_know_is_refused(world: World, makers: Makers, maker: Maker) -> None:
    assert code(lambda: makers.take(maker.sends(), world.now)) == "pki-maker-list-foreign"
    ours = world.manufacturers.crls()[0]
    assert code(lambda: makers.add(maker.root, ours, world.now)) == "pki-maker-list-foreign"
    ended = world.now + timedelta(days=400)
    assert code(lambda: makers.add(maker.root, maker.sends(), ended)) == "pki-maker-list-partial"
    assert [each.code for each in makers.all()] == ["MKG"]


def test_a_root_of_the_same_name_does_not_come_beside_another(
    world: World, makers: Makers, tmp_path: Path
) -> None:
    sent = TrustFolder(tmp_path / "sent")
    Manufacturer.create(tmp_path / "other", "MKG", known_to=sent, now=world.now)
    other, revocations = sent.anchors()[0], sent.crls()[0]
    assert code(lambda: makers.add(other, revocations, world.now)) == "pki-maker-taken"


def test_what_is_no_makers_root_is_refused(world: World, makers: Makers, maker: Maker) -> None:
    with pytest.raises(MeterkastError) as caught:
        makers.add(world.trust.anchors()[0], maker.sends(), world.now)
    assert caught.value.code == "pki-maker-unfit"
    for wrong in ("authority-policies", "authority-constraints", "organisation-flag-code"):
        assert wrong in caught.value.message
    key = ec.generate_private_key(ec.SECP384R1())
    forged = (
        x509.CertificateBuilder(extensions=list(maker.root.extensions))
        .subject_name(organisation("EVL", "Birth authority"))
        .issuer_name(organisation("EVL", "Birth authority"))
        .public_key(maker.root.public_key())
        .serial_number(x509.random_serial_number() | 1 << 150)
        .not_valid_before(world.now - timedelta(hours=1))
        .not_valid_after(world.now + timedelta(days=30))
        .sign(key, hashes.SHA384())
    )
    with pytest.raises(MeterkastError) as caught:
        makers.add(forged, maker.sends(), world.now)
    assert (caught.value.code, "self-signed" in caught.value.message) == ("pki-maker-unfit", True)


def test_what_a_maker_has_revoked_stays_revoked(world: World) -> None:
    """Also where one of the two copies of its list is lost."""
    maker, known_to = world.site.manufacturer, world.manufacturers
    for serial in (11, 12):
        maker.publish(known_to, revoked=[(serial, world.now)], now=world.now)
    revoked = {each.serial_number for each in maker.publish(known_to, now=world.now + timedelta(days=1))}
    assert revoked == {11, 12}
    (known_to.path / "mkg.crl.pem").unlink()
    again = maker.publish(known_to, now=world.now)
    assert {each.serial_number for each in again} == {11, 12}
    (world.folder / "pki" / "birth" / "mkg.crl.pem").unlink()
    assert {each.serial_number for each in maker.publish(known_to, now=world.now)} == {11, 12}
    assert list_number(world.manufacturers.crls()[0]) > list_number(again)


def test_the_service_keeps_the_list_of_its_maker_fresh(world: World, makers: Makers, maker: Maker) -> None:
    service = PkiService(PkiSettings(folder=world.folder / "pki", trust=world.trust.path))
    (duty,) = (each for each in service._duties() if "maker" in each.name)
    before = world.manufacturers.crls()[0]
    assert not duty.fulfil(world.now + timedelta(hours=1))
    assert world.manufacturers.crls()[0] == before
    later = world.now + timedelta(days=360)
    assert duty.fulfil(later)
    assert world.manufacturers.crls()[0].last_update_utc > later - timedelta(hours=1)
    makers.add(maker.root, maker.sends(), world.now)
    makers.remove("MKG")
    assert not duty.fulfil(later + timedelta(days=30))
    assert not (world.manufacturers.path / "mkg.crl.pem").exists()


def test_a_folder_without_makers_has_none(world: World, tmp_path: Path) -> None:
    assert [each.code for each in own_makers(world.folder / "pki" / "birth")] == ["MKG"]
    assert own_makers(tmp_path / "nowhere") == []
    assert not (tmp_path / "nowhere").exists()
