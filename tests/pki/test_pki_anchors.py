"""A new root, over the air: believed because the old one vouches for it (RFC 7030, 4.1.3)."""

import contextlib
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from meterkast.gateway.anchors import replace_anchors
from meterkast.gateway.lists import fetch_lists
from meterkast.gateway.pki_address import EstAddress, PkiAddress
from meterkast.gateway.upkeep import Upkeep
from meterkast.model.errors import TrustError
from meterkast.outside.https import HttpServer, Response
from meterkast.outside.keystore import KeyKind, SoftwareKeystore
from meterkast.outside.trust import TrustFolder
from meterkast.pki import PKI_NAME, Authority, PkiService, PkiSettings, Site
from meterkast.pki.founding import renew_authorities
from meterkast.pki.issuer import Issuer
from meterkast.pki.root import Root, links_in
from meterkast.protocols.x509 import Purpose, validate
from pki.world import OPERATOR, OTHER, TITLE, World, request


def own_trust(world: World) -> TrustFolder:
    """The gateway's own copy, which nobody else keeps fresh."""
    folder = world.folder / "own-trust"
    shutil.copytree(world.trust.path, folder)
    return TrustFolder(folder)


def rolled(world: World) -> Root:
    """The next root, and authorities below it; servers still have their certificates from the old ones."""
    root = Root(world.folder / "pki" / "root")
    root.roll(operator=OPERATOR, now=world.now)
    renew_authorities(world.site.authority, root, world.now)
    return root


def move_server(world: World) -> None:
    """The PKI's own server gets a certificate below the new root."""
    keystore = SoftwareKeystore(world.folder / "pki" / "tls")
    authority = Authority(world.folder / "pki", world.trust)
    chain = authority.certify_server(PKI_NAME, keystore.public_key("tls"), world.now)
    keystore.put_certificate("tls", chain)


def on_offer(world: World) -> list[x509.Certificate]:
    trust = world.trust
    return [*trust.anchors(), *links_in(trust), *trust.intermediates()]


@contextlib.contextmanager
def serving(world: World) -> Iterator[PkiAddress]:
    service = PkiService(PkiSettings(folder=world.folder / "pki", trust=world.trust.path))
    service.start()
    est = EstAddress(host="127.0.0.1", port=service.port, server_name=PKI_NAME)
    yield PkiAddress(est=est, lists=("127.0.0.1", service.list_port))
    service.stop()


def test_the_roots_are_linked_both_ways(world: World) -> None:
    """OldWithNew and NewWithOld: whoever holds either root comes to the other."""
    old = world.trust.anchors()[0]
    rolled(world)
    first, new = world.trust.anchors()
    assert first == old
    assert new.subject != old.subject
    links = links_in(world.trust)
    assert {(link.subject, link.issuer) for link in links} == {
        (new.subject, old.subject),
        (old.subject, new.subject),
    }
    for link in links:
        own, other = (new, old) if link.subject == new.subject else (old, new)
        assert link.public_key() == own.public_key()
        link.verify_directly_issued_by(other)


def test_who_has_the_old_root_alone_believes_new_certificates_by_the_link(world: World) -> None:
    keystore = world.site.equip(TITLE, world.now)
    old = world.trust.anchors()
    authority = renew_authorities_of(world)
    keystore.generate("sig", KeyKind.EC_P256)
    leaf, issuer = authority.issue(request(keystore, "sig"), Purpose.SIG, TITLE, world.now)
    trust = world.trust
    between = [issuer, *links_in(trust)]
    validated = validate(leaf, between, old, trust.crls(), world.now, Purpose.SIG)
    assert [certificate.subject for certificate in validated.chain[2:]] == [
        trust.anchors()[1].subject,
        old[0].subject,
    ]


def renew_authorities_of(world: World) -> Authority:
    root = Root(world.folder / "pki" / "root")
    root.roll(operator=OPERATOR, now=world.now)
    return renew_authorities(world.site.authority, root, world.now)


def test_a_gateway_follows_by_itself(world: World) -> None:
    keystore, trust = world.enrolled(), own_trust(world)
    before = trust.anchors()
    root = rolled(world)
    with serving(world) as address:
        upkeep = Upkeep(TITLE, keystore, trust, address, operator=OPERATOR)
        assert upkeep.step(world.now) == []
        assert trust.anchors() == [*before, root.certificate]
        assert set(trust.intermediates()) == set(world.trust.intermediates())
        assert {crl.issuer for crl in trust.crls()} >= {root.certificate.subject, before[0].subject}

    move_server(world)
    later = World(folder=world.folder, site=Site(world.folder, operator=OPERATOR), now=world.now)
    renewed = later.enrolled(OTHER)  # below the new root, as every gateway is once it has renewed
    with serving(world) as address:
        Upkeep(TITLE, keystore, trust, address, operator=OPERATOR).step(world.now)
        upkeep = Upkeep(OTHER, renewed, trust, address, operator=OPERATOR)
        root.publish(world.trust, now=world.now, newest=1)  # the old root has had its time
        upkeep.step(world.now)
        assert trust.anchors() == [root.certificate]
        upkeep.step(world.now)  # and the gateway still finds its way in


def test_a_gateway_that_was_away_fetches_lists_first(world: World) -> None:
    """Its lists have ended, so that it believes nobody; plain HTTP brings it back (RFC 5280, 4.2.1.13)."""
    keystore, trust = world.enrolled(), own_trust(world)
    for path in trust.crl_files():
        if path.name.startswith(("operator", "root")):
            path.unlink()
    with serving(world) as address:
        Upkeep(TITLE, keystore, trust, address, operator=OPERATOR).step(world.now)
    validate(
        world.headend().certificate("tls")[0],
        trust.intermediates(),
        trust.anchors(),
        trust.crls(),
        world.now,
        Purpose.TLS_SERVER,
    )


@pytest.mark.parametrize(
    "fault", ["stranger", "stranger beside", "no link", "none", "expired link", "forged link"]
)
def test_roots_that_nobody_vouches_for_change_nothing(world: World, fault: str, tmp_path: Path) -> None:
    trust = own_trust(world)
    rolled(world)
    Root.create(tmp_path / "stranger", operator="Mallory", now=world.now)
    stranger = Root(tmp_path / "stranger").certificate
    now = world.now
    offer = on_offer(world)
    roots = {each for each in offer if each.subject == each.issuer}
    links = set(links_in(world.trust))
    match fault:
        case "stranger":
            offer = [stranger]
        case "stranger beside":
            offer = [*offer, stranger]
        case "no link":
            offer = [each for each in offer if each not in links]
        case "none":
            offer = [each for each in offer if each not in roots]
        case "expired link":
            now = world.now + timedelta(days=1826)
        case "forged link":
            mallory = Root(tmp_path / "stranger")
            vouched = mallory.certify(
                world.trust.anchors()[1].public_key(),  # type: ignore[arg-type]
                operator=OPERATOR,
                name="root 2",
                label="link",
                now=now,
            )
            offer = [vouched, *(each for each in offer if each not in links)]
    before = {path.name: path.read_bytes() for path in trust.path.iterdir()}
    with pytest.raises(TrustError) as caught:
        replace_anchors(trust, offer, now)
    assert caught.value.code == "anchors-unlinked"
    assert {path.name: path.read_bytes() for path in trust.path.iterdir()} == before
    assert replace_anchors(trust, on_offer(world), world.now)  # the control
    assert not replace_anchors(trust, on_offer(world), world.now)


def test_only_genuine_and_younger_lists_are_taken(world: World) -> None:
    """Whoever sits on the line can give us an old list, another authority's, or none; it changes nothing."""
    trust, certificate = own_trust(world), world.enrolled().certificate("sig")[0]
    name = f"device-{certificate.serial_number % 4}"
    old = (world.trust.path / f"{name}.crl.pem").read_bytes()
    world.site.authority.revoke(certificate.serial_number, world.now)
    fresh = world.trust.crl(name)
    assert fresh is not None
    later = world.now + timedelta(hours=1)
    device, operator = (
        next(each for each in world.site.authority._issuers if each.name == name)
        for name in ("device", "operator")
    )

    def young(issuer: Issuer, shard: int) -> x509.CertificateRevocationList:
        return issuer.revocation_list([], shard=shard, number=1 << 70, begin=world.now, now=later)

    shard = certificate.serial_number % 4
    forged = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(fresh.issuer)
        .last_update(world.now)
        .next_update(later)
        .add_extension(x509.CRLNumber(1 << 70), critical=False)
        .sign(ec.generate_private_key(ec.SECP384R1()), hashes.SHA384())
    )
    answers = {
        "genuine": der(fresh),
        "younger": der(young(device, shard)),
        "old": der(x509.load_pem_x509_crl(old)),
        "other authority": der(young(operator, 0)),
        "other shard": der(young(device, (shard + 1) % 4)),
        "forged": der(forged),
        "garbage": b"\x30\x00",
        "nothing": b"",
    }
    taken = {}
    for kind, body in answers.items():
        server = HttpServer(("127.0.0.1", 0), lambda _, body=body: Response(status=200, body=body))  # type: ignore[misc]
        server.start()
        folder = world.folder / f"trust-{kind}"
        shutil.copytree(trust.path, folder)
        taken[kind] = fetch_lists(TrustFolder(folder), [certificate], ("127.0.0.1", server.port))
        server.stop()
    assert taken == dict.fromkeys(answers, 0) | {"genuine": 1, "younger": 1}


def der(crl: x509.CertificateRevocationList) -> bytes:
    return crl.public_bytes(Encoding.DER)


def test_a_list_server_that_is_silent_costs_nothing(world: World) -> None:
    trust = own_trust(world)
    assert fetch_lists(trust, [world.enrolled().certificate("sig")[0]], ("127.0.0.1", 1)) == 0
