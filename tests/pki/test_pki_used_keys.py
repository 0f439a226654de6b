"""A public key is for one holder and one purpose, and never again after its certificate (RQ-02, AT-45)."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from meterkast.gateway.enrol import Enrolment
from meterkast.gateway.pki_address import EstAddress, PkiAddress
from meterkast.gateway.pki_line import NetworkLine
from meterkast.model.errors import PeerError
from meterkast.outside.https import Ask
from meterkast.outside.keystore import KeyKind, Keystore, SoftwareKeystore
from meterkast.outside.trust import TrustFolder
from meterkast.pki import HEADEND_NAME, Authority
from meterkast.pki.est import EstServer
from meterkast.pki.own_key import OwnKey
from meterkast.pki.tenants import Tenants
from meterkast.protocols.x509 import Purpose
from pki.world import OPERATOR, OTHER, TITLE, World, request

REUSED = "pki-request-key-reused"


def refusal(ask: Callable[[], object]) -> str:
    with pytest.raises(PeerError) as caught:
        ask()
    return caught.value.code


class AtTheDoor(NetworkLine):
    """The enrolment server without its socket."""

    def __init__(self, world: World) -> None:
        self._est = EstServer(Tenants(world.folder / "pki", world.trust), world.manufacturers)
        self._now = world.now

    @contextmanager
    def visit(
        self,
        keystore: Keystore,
        identity: str,
        trust: TrustFolder,  # noqa: ARG002
        address: EstAddress,  # noqa: ARG002
    ) -> Iterator[Ask]:
        peer = keystore.certificate(identity)[0].public_bytes(Encoding.DER)
        yield lambda asked: self._est.handle(replace(asked, peer=peer), self._now)


def newborn(world: World, label: str = "one") -> Keystore:
    keystore = world.site.equip(TITLE, world.now)
    keystore.generate(label, KeyKind.EC_P256)
    return keystore


def test_a_revoked_key_is_never_certified_again(world: World) -> None:
    keystore, authority = world.enrolled(), world.site.authority
    authority.release(TITLE, world.now)
    again = request(keystore, "sig")
    assert refusal(lambda: authority.issue(again, Purpose.SIG, TITLE, world.now)) == REUSED
    (answer,) = authority.issue_all([(again, Purpose.SIG, TITLE)], world.now)
    assert isinstance(answer, PeerError)
    assert answer.code == REUSED
    keystore.generate("sig-g2", KeyKind.EC_P256)
    authority.issue(request(keystore, "sig-g2"), Purpose.SIG, TITLE, world.now)


def test_one_key_serves_one_purpose_and_one_device(world: World) -> None:
    keystore, authority = newborn(world), world.site.authority
    authority.expect(OTHER)
    key = request(keystore, "one")
    first = authority.issue(key, Purpose.TLS, TITLE, world.now)
    assert refusal(lambda: authority.issue(key, Purpose.SIG, TITLE, world.now)) == REUSED
    assert refusal(lambda: authority.issue(key, Purpose.TLS, OTHER, world.now)) == REUSED
    assert authority.issue(key, Purpose.TLS, TITLE, world.now) == first  # the answer was lost on the way


def test_a_key_is_nobodys_second_one_at_another_operator(world: World) -> None:
    keystore = newborn(world)
    key = request(keystore, "one")
    world.site.authority.issue(key, Purpose.TLS, TITLE, world.now)
    enexis = world.site.admit("Enexis", world.now)
    enexis.expect(OTHER)
    assert refusal(lambda: enexis.issue(key, Purpose.TLS, OTHER, world.now)) == REUSED


def test_the_key_of_birth_is_for_birth_alone(world: World) -> None:
    keystore, authority = newborn(world), world.site.authority
    authority.expect(OTHER)
    key = request(keystore, "birth")
    for title in (TITLE, OTHER):
        assert refusal(partial(authority.issue, key, Purpose.TLS, title, world.now)) == REUSED


def test_the_key_of_a_birth_that_was_first_seen_at_the_door(world: World, tmp_path: Path) -> None:
    """A maker of its own: the PKI learns of the birth key when the gateway comes with it."""
    keystore, authority = SoftwareKeystore(tmp_path / "device"), world.site.authority
    keystore.generate("birth", KeyKind.EC_P256)
    authority.expect(TITLE)
    key, birth = request(keystore, "birth"), keystore.public_key("birth")
    assert refusal(partial(authority.issue, key, Purpose.TLS, TITLE, world.now, birth=birth)) == REUSED


def test_what_has_ended_is_not_handed_out(world: World) -> None:
    keystore, authority = world.enrolled(), world.site.authority
    late = world.now + timedelta(days=900)
    assert refusal(lambda: authority.issue(request(keystore, "sig"), Purpose.SIG, TITLE, late)) == REUSED
    after = world.now + timedelta(days=731)  # within the grace, in which a new key may come
    assert refusal(lambda: authority.renew(request(keystore, "sig"), Purpose.SIG, TITLE, after)) == REUSED


def test_a_servers_key_goes_on_while_it_lives_and_serves_nobody_else(world: World) -> None:
    key, authority = world.headend().public_key("tls"), world.site.authority
    authority.certify_server(HEADEND_NAME, key, world.now + timedelta(days=500))
    assert refusal(lambda: authority.certify_server("x.example", key, world.now)) == REUSED
    assert refusal(lambda: authority.certify_orders(OPERATOR, key, world.now)) == REUSED
    late = world.now + timedelta(days=1300)
    assert refusal(lambda: authority.certify_server(HEADEND_NAME, key, late)) == REUSED
    for issued in authority.issued(HEADEND_NAME):
        authority.revoke(issued.certificate.serial_number, world.now)
    assert refusal(lambda: authority.certify_server(HEADEND_NAME, key, world.now)) == REUSED


def test_an_own_key_that_waited_too_long_gives_way(world: World) -> None:
    """Killed when the certificate was issued and not kept, and started again years later."""
    keystore, authority = world.headend(), world.site.authority
    own = OwnKey.server(keystore, HEADEND_NAME)
    keystore.generate("tls-g2", KeyKind.EC_P256)
    waiting = keystore.public_key("tls-g2")
    authority.certify_server(HEADEND_NAME, waiting, world.now)
    own.certify(authority, world.now + timedelta(days=800))
    assert keystore.certificate("tls-g2")[0].public_key() == keystore.public_key("tls-g2") != waiting


def test_a_gateway_makes_another_key_where_its_own_is_refused(world: World) -> None:
    """Its answer was lost, and it was released since: the key that waits is revoked."""
    keystore = newborn(world, "tls")
    world.site.authority.issue(request(keystore, "tls"), Purpose.TLS, TITLE, world.now)
    refused = keystore.public_key("tls")
    world.site.authority.release(TITLE, world.now)
    address = PkiAddress(est=EstAddress(host="", port=0, server_name=""))
    Enrolment(
        title=TITLE, keystore=keystore, trust=world.trust, address=address, line=AtTheDoor(world)
    ).enrol(world.now)
    assert keystore.certificate("tls")[0].public_key() == keystore.public_key("tls") != refused
    assert len(world.site.authority.issued(str(TITLE))) == 4


def test_an_earlier_register_opens_and_knows_its_keys(world: World) -> None:
    keystore = world.enrolled()
    path = world.folder / "pki" / "register.sqlite"
    with closing(sqlite3.connect(path)) as database:  # as the version before left it
        database.execute("DROP INDEX certificate_key")
        database.execute("ALTER TABLE certificate DROP COLUMN key_hash")
        database.execute("DROP TABLE birth")
        database.execute("DROP TABLE decommissioned")
        database.execute("PRAGMA user_version = 1")
        database.commit()
        database.execute("PRAGMA journal_mode = DELETE")
    authority = Authority(world.folder / "pki", world.trust)
    assert len(authority.issued(str(TITLE))) == 3
    same = authority.issue(request(keystore, "sig"), Purpose.SIG, TITLE, world.now)
    assert same == keystore.certificate("sig")
    authority.release(TITLE, world.now)
    assert refusal(lambda: authority.issue(request(keystore, "sig"), Purpose.SIG, TITLE, world.now)) == REUSED


def test_a_key_is_found_by_its_index(world: World) -> None:
    with closing(sqlite3.connect(world.folder / "pki" / "register.sqlite")) as database:
        query = "EXPLAIN QUERY PLAN SELECT 1 FROM certificate WHERE key_hash = x'00'"
        (plan,) = database.execute(query).fetchall()
    assert "certificate_key" in plan[-1]
