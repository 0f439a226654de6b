"""Several operators in one PKI: none of them sees or speaks for another (AT-32, AT-33; RQ-31)."""

import logging
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from meterkast.model.errors import LocalError, TrustError
from meterkast.outside.https import Request
from meterkast.outside.keystore import KeyKind, SoftwareKeystore
from meterkast.pki import Authority, Site
from meterkast.pki.distribution import Distribution
from meterkast.pki.duties import fulfil
from meterkast.pki.founding import admit_tenant, renew_authorities
from meterkast.pki.lint import LintError
from meterkast.pki.root import Root
from meterkast.pki.service import PkiService, PkiSettings
from meterkast.pki.tenants import Tenants
from meterkast.protocols.x509 import Purpose, validate
from pki.world import OPERATOR, OTHER, TITLE, World, request

B = "Enexis Netbeheer"


@pytest.fixture
def enexis(world: World) -> Authority:
    return world.site.admit(B, world.now)


def enrolled_at(authority: Authority, world: World) -> SoftwareKeystore:
    """A gateway of the second operator, with a signing certificate."""
    keystore = SoftwareKeystore(world.folder / "enexis-gateway")
    authority.expect(OTHER)
    keystore.generate("sig", KeyKind.EC_P256)
    keystore.put_certificate("sig", authority.issue(request(keystore, "sig"), Purpose.SIG, OTHER, world.now))
    return keystore


def test_each_has_its_own_authorities_under_one_root(world: World, enexis: Authority) -> None:
    assert enexis.trust.anchors() == world.trust.anchors()
    assert set(enexis.trust.intermediates()).isdisjoint(world.trust.intermediates())
    ours = world.enrolled().certificate("sig")[0]
    theirs = enrolled_at(enexis, world).certificate("sig")[0]
    assert ours.issuer != theirs.issuer
    for trust, tenant, certificate in ((world.trust, OPERATOR, ours), (enexis.trust, B, theirs)):
        validated = validate(
            certificate,
            trust.intermediates(),
            trust.anchors(),
            trust.crls(),
            world.now,
            Purpose.SIG,
            tenant=tenant,
        )
        assert validated.operator == tenant


def test_a_certificate_of_one_is_nothing_to_the_other(world: World, enexis: Authority) -> None:
    """Not by their folder, and not even where somebody pours both folders into one."""
    theirs = enrolled_at(enexis, world).certificate("sig")[0]
    trust = world.trust
    with pytest.raises(TrustError) as caught:
        validate(theirs, trust.intermediates(), trust.anchors(), trust.crls(), world.now, Purpose.SIG)
    assert caught.value.code == "certificate-untrusted"
    both = [*trust.intermediates(), *enexis.trust.intermediates()]
    lists = [*trust.crls(), *enexis.trust.crls()]
    believed = validate(theirs, both, trust.anchors(), lists, world.now, Purpose.SIG, tenant=B)
    assert believed.operator == B
    with pytest.raises(TrustError) as caught:
        validate(theirs, both, trust.anchors(), lists, world.now, Purpose.SIG, tenant=OPERATOR)
    assert caught.value.code == "certificate-tenant-foreign"


def test_nobody_is_certified_under_the_name_of_the_other(world: World, enexis: Authority) -> None:
    """AT-33: a recipient's certificate in another operator's name is not made, by whoever asks."""
    keystore = SoftwareKeystore(world.folder / "reader")
    keystore.generate("enc", KeyKind.HYBRID_KEM)

    def certify(name: str) -> list[x509.Certificate]:
        return enexis.certify_operator(
            name,
            keystore.kem_public_key("enc"),
            lambda sealed, info: keystore.unseal("enc", sealed, info),
            world.now,
        )

    for name in (OPERATOR, "Supplier BV"):
        with pytest.raises(LintError) as caught:
            certify(name)
        assert caught.value.findings == ["leaf-name-of-tenant"]
        assert enexis.issued(name) == []
    assert certify(B)[0].public_bytes(Encoding.DER)
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    with pytest.raises(LintError):
        enexis.certify_orders(OPERATOR, key, world.now)


def test_at_32_what_is_the_others_is_not_found(
    world: World, enexis: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    """Search, revoke, release: the same answers as for what does not exist; both operators are told."""
    certificate = world.enrolled().certificate("sig")[0]
    nobody = "MKG0000000009"
    assert enexis.issued(str(TITLE)) == enexis.issued(nobody) == []
    assert enexis.devices() == []
    assert enexis.issued_since(0) == []
    caplog.clear()

    def answer(ask: object) -> tuple[str, str, str | None]:
        with pytest.raises(LocalError) as caught:
            ask()  # type: ignore[operator]
        return caught.value.code, caught.value.message, caught.value.hint

    before = world.site.authority.issued(str(TITLE))
    assert answer(lambda: enexis.revoke(certificate.serial_number, world.now)) == answer(
        lambda: enexis.revoke(12345, world.now)
    )
    assert answer(lambda: enexis.release(TITLE, world.now))[0] == "pki-device-unknown"
    assert world.site.authority.issued(str(TITLE)) == before
    crossed = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(crossed) == 2
    serial = f"{certificate.serial_number:x}"
    for authority in (enexis, world.site.authority):
        told = [(event.code, event.subject) for event in authority.events()]
        assert told == [
            ("pki-tenant-crossed", str(TITLE)),
            ("pki-tenant-crossed", serial),
            ("pki-tenant-crossed", str(TITLE)),
        ]
    world.site.authority.revoke(certificate.serial_number, world.now)  # the control: its own operator may


def test_a_gateway_belongs_to_whoever_expected_it_first(world: World, enexis: Authority) -> None:
    keystore = world.site.equip(TITLE, world.now)
    enexis.expect(TITLE)
    tenants = Tenants(world.folder / "pki", world.trust)
    owner = tenants.owner(TITLE)
    assert owner is not None
    assert owner.operator == OPERATOR
    assert [event.code for event in owner.events()] == ["pki-tenant-crossed"]
    keystore.generate("sig", KeyKind.EC_P256)
    issued = owner.issue(request(keystore, "sig"), Purpose.SIG, TITLE, world.now)
    assert issued[1] in world.trust.intermediates()


def test_lists_stand_under_the_short_name(world: World, enexis: Authority) -> None:
    theirs = enrolled_at(enexis, world).certificate("sig")[0]
    enexis.revoke(theirs.serial_number, world.now)
    serve = Distribution(Tenants(world.folder / "pki", world.trust).trust_folders())
    point = theirs.extensions.get_extension_for_class(x509.CRLDistributionPoints).value[0]
    assert point.full_name is not None
    path = str(point.full_name[0].value).removeprefix("http://pki.meterkast.internal")
    assert path == f"/crl/enexis-netbeheer/device-{theirs.serial_number % 4}.crl"
    answer = serve.handle(Request(method="GET", path=path))
    revoked = x509.load_der_x509_crl(answer.body)
    assert revoked.get_revoked_certificate_by_serial_number(theirs.serial_number) is not None
    assert all(len(crl) == 0 for crl in world.trust.crls())


def test_an_operator_joins_once(world: World, enexis: Authority) -> None:
    for name in (B, "enexis-netbeheer", OPERATOR, "!"):
        with pytest.raises(LocalError) as caught:
            world.site.admit(name, world.now)
        assert caught.value.code == "pki-tenant-taken"
    assert [each.operator for each in Tenants(world.folder / "pki", world.trust).all()] == [OPERATOR, B]
    with pytest.raises(LocalError) as caught:
        Authority(world.folder / "pki", world.trust, operator="Nobody")
    assert caught.value.code == "pki-tenant-unknown"
    assert Site(world.folder, operator=OPERATOR).authority.operator == OPERATOR


def test_whoever_is_at_work_takes_in_new_authorities_and_operators(world: World) -> None:
    """A service is not started anew when the authorities are renewed, or somebody joins."""
    service = PkiService(PkiSettings(folder=world.folder / "pki", trust=world.trust.path))
    assert "device-g2" not in service.authority.issuing(world.now)
    root = Root(world.folder / "pki" / "root")
    renew_authorities(world.site.authority, root, world.now)
    keystore = world.site.equip(TITLE, world.now)
    keystore.generate("sig", KeyKind.EC_P256)
    leaf, issuer = service.authority.issue(request(keystore, "sig"), Purpose.SIG, TITLE, world.now)
    assert issuer == SoftwareKeystore(world.folder / "pki" / "issuing").certificate("device-g2")[0]
    service.authority.revoke(leaf.serial_number, world.now)
    joined = admit_tenant(world.folder / "pki", root, operator=B, now=world.now)
    joined.expect(OTHER)
    owner = service.tenants.owner(OTHER)
    assert owner is not None
    assert owner.operator == B
    later = world.now + timedelta(hours=1)
    assert fulfil(service._duties(), later) == []
    for trust, name in ((world.trust, "device-g2-0"), (joined.trust, "device-0")):
        fresh = trust.crl(name)
        assert fresh is not None
        assert later - fresh.last_update_utc < timedelta(minutes=10)
    answer = service._tell(Request(method="GET", path="/crl/enexis-netbeheer/device-0.crl"))
    assert answer.status == 200
