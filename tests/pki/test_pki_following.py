"""A trust folder on another machine: what is new comes in, what is not genuine or older does not."""

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from meterkast.model.errors import MeterkastError, PeerError, TrustError, UnreachableError
from meterkast.outside.https import Request
from meterkast.outside.keystore import Keystore
from meterkast.outside.trust import CHAIN, TrustFolder
from meterkast.pki.distribution import AUTHORITIES, INDEX, Distribution
from meterkast.pki.following import Followed, follow
from meterkast.pki.founding import renew_authorities
from meterkast.pki.root import Root
from meterkast.protocols.x509 import Purpose, validate
from pki.world import OPERATOR, TITLE, World


class Elsewhere:
    """Another machine, with a copy of the trust folder from the day of founding."""

    def __init__(self, world: World, folder: Path) -> None:
        shutil.copytree(world.trust.path, folder)
        self.trust = TrustFolder(folder)
        self.changed: dict[str, bytes | None] = {}
        self._server = Distribution({"": world.trust})

    def get(self, path: str) -> bytes | None:
        name = path.rpartition("/")[2]
        if name in self.changed:
            return self.changed[name]
        answer = self._server.handle(Request(method="GET", path=path))
        return answer.body if answer.status == 200 else None

    def follows(self, world: World) -> Followed:
        return follow(self.trust, self.get, world.now)

    def believes(self, certificate: x509.Certificate, world: World) -> None:
        trust = self.trust
        validate(certificate, trust.intermediates(), trust.anchors(), trust.crls(), world.now, Purpose.SIG)


@pytest.fixture
def elsewhere(world: World, tmp_path: Path) -> Elsewhere:
    return Elsewhere(world, tmp_path / "elsewhere")


def certificate_of(keystore: Keystore) -> x509.Certificate:
    return keystore.certificate("sig")[0]


def test_a_revocation_is_heard_of(world: World, elsewhere: Elsewhere) -> None:
    certificate = certificate_of(world.enrolled())
    assert elsewhere.follows(world) == Followed(lists=0, authorities=0)
    elsewhere.believes(certificate, world)
    world.site.authority.revoke(certificate.serial_number, world.now)
    assert elsewhere.follows(world).lists == 1
    with pytest.raises(TrustError, match="not accepted"):
        elsewhere.believes(certificate, world)


def test_new_authorities_below_a_new_root_are_believed(world: World, elsewhere: Elsewhere) -> None:
    """The new root itself is not taken: the one we have vouches for it by a link."""
    root = Root(world.folder / "pki" / "root")
    root.roll(operator=OPERATOR, now=world.now)
    renew_authorities(world.site.authority, root, world.now)
    root.publish(world.trust, now=world.now, newest=2)
    before = elsewhere.trust.anchors()
    followed = elsewhere.follows(world)
    assert followed.authorities >= 5
    assert elsewhere.trust.anchors() == before
    later = World(folder=world.folder, site=type(world.site)(world.folder, operator=OPERATOR), now=world.now)
    elsewhere.believes(certificate_of(later.enrolled(TITLE)), world)
    assert elsewhere.follows(world) == Followed(lists=0, authorities=0)


def test_what_the_server_no_longer_shows_stays(world: World, elsewhere: Elsewhere) -> None:
    elsewhere.changed = {INDEX: b'{"lists": []}', AUTHORITIES: None}
    before = elsewhere.trust.version()
    assert elsewhere.follows(world) == Followed(lists=0, authorities=0)
    assert elsewhere.trust.version() == before


def test_an_older_list_and_anothers_list_are_left(world: World, elsewhere: Elsewhere) -> None:
    older = {path.name: path.read_bytes() for path in world.trust.crl_files()}
    world.site.authority.publish(world.now + timedelta(hours=1))
    elsewhere.follows(World(folder=world.folder, site=world.site, now=world.now + timedelta(hours=1)))
    genuine = elsewhere.trust.version()
    for name, pem in older.items():
        der = x509.load_pem_x509_crl(pem).public_bytes(Encoding.DER)
        elsewhere.changed[name.replace(".crl.pem", ".crl")] = der
    assert elsewhere.follows(world).lists == 0
    world.site.authority.publish(world.now + timedelta(hours=2))
    of_updates = world.trust.crl("update")
    assert of_updates is not None
    elsewhere.changed = {"device-0.crl": of_updates.public_bytes(Encoding.DER)}
    elsewhere.changed |= {
        name.replace(".crl.pem", ".crl"): None for name in older if name != "device-0.crl.pem"
    }
    assert elsewhere.follows(world).lists == 0
    assert elsewhere.trust.version() == genuine


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"lists": ["../../etc/passwd"]}', b'{"lists": [7]}', b"[" * 100_000]
)
def test_an_index_that_is_none(world: World, elsewhere: Elsewhere, body: bytes) -> None:
    elsewhere.changed = {INDEX: body}
    with pytest.raises(PeerError) as caught:
        elsewhere.follows(world)
    assert caught.value.code == "pki-lists-malformed"


def test_too_many_lists(world: World, elsewhere: Elsewhere) -> None:
    elsewhere.changed = {INDEX: json.dumps({"lists": ["x"] * 5000}).encode()}
    with pytest.raises(PeerError):
        elsewhere.follows(world)


def test_nobody_there(world: World, elsewhere: Elsewhere) -> None:
    elsewhere.changed = {INDEX: None}
    with pytest.raises(UnreachableError):
        elsewhere.follows(world)


def test_authorities_of_a_stranger(world: World, elsewhere: Elsewhere, tmp_path: Path) -> None:
    from pki.world import found

    stranger = found(tmp_path / "stranger")
    answer = Distribution({"": stranger.trust}).handle(Request(method="GET", path=f"/crl/{AUTHORITIES}"))
    elsewhere.changed = {AUTHORITIES: answer.body}
    before = (elsewhere.trust.path / CHAIN).read_bytes()
    assert elsewhere.follows(world).authorities == 0
    assert (elsewhere.trust.path / CHAIN).read_bytes() == before
    elsewhere.changed = {AUTHORITIES: b"garbage"}
    with pytest.raises(MeterkastError):
        elsewhere.follows(world)
