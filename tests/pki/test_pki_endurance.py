"""What twenty years asked for, as tests/fleet found: each case on its own, over real TLS where it matters."""

import shutil
from base64 import encodebytes
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import mldsa
from cryptography.hazmat.primitives.serialization import Encoding

from meterkast.gateway.enrol import Enrolment
from meterkast.gateway.holdings import current
from meterkast.gateway.pki_address import EstAddress, PkiAddress
from meterkast.gateway.pki_line import NetworkLine
from meterkast.gateway.recipient import fetch_recipient
from meterkast.gateway.sealing import Sealer
from meterkast.gateway.settings import GatewaySettings, HeadEndAddress
from meterkast.gateway.upkeep import Upkeep
from meterkast.model.errors import TrustError, UnreachableError
from meterkast.outside.entropy import system_entropy
from meterkast.outside.https import Request
from meterkast.outside.keystore import KeyKind, Keystore, SoftwareKeystore
from meterkast.outside.trust import OPERATOR_ENC, TrustFolder
from meterkast.pki import PKI_NAME, Authority, PkiService, PkiSettings, Site
from meterkast.pki.distribution import Distribution
from meterkast.pki.est import EstServer
from meterkast.pki.est.visitor import Door
from meterkast.pki.founding import renew_authorities
from meterkast.pki.issuer import Issuer
from meterkast.pki.root import Root
from meterkast.pki.ruling import RULES_FILE
from meterkast.pki.tenants import Tenants
from meterkast.protocols.envelope import SignatureAlgorithm, parse
from meterkast.protocols.x509 import Purpose, Rules
from meterkast.protocols.x509.profile import POST_QUANTUM_TEXT, RULES_TEXT
from pki.world import OPERATOR, OTHER, TITLE, World, request

SWITCHED = Rules.parse(RULES_TEXT, POST_QUANTUM_TEXT)
ENDED = """
[algorithms.ec-p384]
deprecated = {0}
forbidden = {1}
[algorithms.ecdsa-sha384]
deprecated = {0}
forbidden = {1}
"""


def own_trust(world: World, name: str = "own-trust") -> TrustFolder:
    folder = world.folder / name
    shutil.copytree(world.trust.path, folder)
    return TrustFolder(folder)


class Lists(NetworkLine):
    """The list server without its socket."""

    def __init__(self, trust: TrustFolder) -> None:
        self._served = Distribution({"": trust})

    def fetch(self, address: tuple[str, int], path: str) -> bytes | None:  # noqa: ARG002
        answer = self._served.handle(Request(method="GET", path=path))
        return answer.body if answer.status == 200 else None


def ended(world: World, deprecated: datetime, forbidden: datetime) -> Authority:
    text = ENDED.format(deprecated.date(), forbidden.date())
    return Authority(world.folder / "pki", world.trust, rules=Rules.parse(RULES_TEXT, text))


def test_an_authority_that_issues_no_more_still_says_what_it_revoked(world: World) -> None:
    serial = world.enrolled().certificate("sig")[0].serial_number
    authority = ended(world, world.now - timedelta(days=1), world.now + timedelta(days=9))
    authority.revoke(serial, world.now)
    assert any(crl.get_revoked_certificate_by_serial_number(serial) for crl in world.trust.crls())


def test_an_authority_that_nobody_believes_holds_up_no_list_of_another(world: World) -> None:
    authority = ended(world, world.now - timedelta(days=9), world.now - timedelta(days=1))
    authority.publish(world.now)


def test_a_root_that_was_retired_stays_so(world: World) -> None:
    """A ceremony for new authorities does not bring it back."""
    root = Root(world.folder / "pki" / "root")
    root.roll(operator=OPERATOR, now=world.now)
    authority = renew_authorities(world.site.authority, root, world.now)
    root.publish(world.trust, now=world.now, newest=1)
    renew_authorities(authority, root, world.now)
    assert world.trust.anchors() == [root.certificate]


def test_lists_of_authorities_that_are_gone_go_too(world: World) -> None:
    trust = own_trust(world)
    trust.publish("chain.pem", [each for each in trust.intermediates() if "device" not in str(each.subject)])
    assert trust.prune() == 4
    assert [path for path in trust.crl_files() if "device" in path.name] == []


def test_without_the_token_nothing_is_issued_and_the_answer_says_come_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    keystore = world.site.equip(TITLE, world.now)
    keystore.generate("sig", KeyKind.EC_P256)

    def gone(*_: object) -> x509.Certificate:
        raise UnreachableError("keystore-token-gone", "The token does not answer.")

    monkeypatch.setattr(Issuer, "certify", gone)
    question = Request(
        method="POST",
        path="/.well-known/est/sig/simpleenroll",
        content_type="application/pkcs10",
        body=encodebytes(request(keystore, "sig")),
        peer=keystore.certificate("birth")[0].public_bytes(Encoding.DER),
    )
    server = EstServer(Tenants(world.folder / "pki", world.trust), world.manufacturers)
    answer = server.handle(question, world.now)
    assert (answer.status, answer.body) == (503, b"refused\n")
    monkeypatch.undo()
    assert server.handle(question, world.now).status == 200  # and it was not used up


def test_a_revoked_certificate_does_not_come_back_in_the_grace_after_its_end(world: World) -> None:
    """Off the list, it would renew (AT-09): it stays there as long as an ended certificate may."""
    old = world.enrolled().certificate("tls")[0]
    world.site.authority.revoke(old.serial_number, world.now)
    for days in (1, 20, 89):
        later = old.not_valid_after_utc + timedelta(days=days)
        world.site.authority.publish(later)
        Root(world.folder / "pki" / "root").publish(world.trust, now=later)
        with pytest.raises(TrustError) as caught:
            Door(Tenants(world.folder / "pki", world.trust), world.manufacturers).enrolled(
                old.public_bytes(Encoding.DER), later
            )
        assert caught.value.code == "certificate-revoked"


def test_what_was_issued_since_the_backup_comes_back_from_a_witness(world: World) -> None:
    register, backup = world.folder / "pki" / "register.sqlite", world.folder / "backup"
    shutil.copyfile(register, backup)
    world.enrolled()
    seen = world.site.authority.issued(str(TITLE))
    shutil.copyfile(backup, register)
    authority = Authority(world.folder / "pki", world.trust)
    assert authority.issued(str(TITLE)) == []
    authority.expect(TITLE)
    assert authority.recover(seen) == 3
    assert authority.recover(seen) == 0
    assert [each.certificate for each in authority.issued(str(TITLE))] == [each.certificate for each in seen]
    keystore = SoftwareKeystore(world.folder / "another")
    keystore.generate("sig", KeyKind.EC_P256)
    with pytest.raises(TrustError) as caught:  # what it was admitted to it has had
        authority.issue(request(keystore, "sig"), Purpose.SIG, TITLE, world.now)
    assert caught.value.code == "pki-not-admitted"


def renewed_recipient(world: World, *, operator: str = OPERATOR) -> TrustFolder:
    """What the operator publishes later: another encryption certificate, for another key."""
    later = world.now + timedelta(days=300)
    keystore = SoftwareKeystore(world.folder / "reader")
    keystore.generate("enc", KeyKind.HYBRID_KEM)
    authority = world.site.authority
    key = keystore.kem_public_key("enc")
    authority.certify_operator(operator, key, lambda *sealed: keystore.unseal("enc", *sealed), later)
    authority.publish(later)
    return world.trust


def test_the_next_recipient_comes_over_the_air(world: World) -> None:
    trust, later = own_trust(world), world.now + timedelta(days=300)
    before = trust.operator_enc()
    published = renewed_recipient(world)
    line = Lists(published)
    for path in published.crl_files():
        shutil.copy(path, trust.path)
    assert fetch_recipient(trust, OPERATOR, ("", 0), later, line=line)
    assert trust.operator_enc() == published.operator_enc() != before
    assert not fetch_recipient(trust, OPERATOR, ("", 0), later, line=line)  # the same is no news
    published.publish(OPERATOR_ENC, before)
    assert not fetch_recipient(trust, OPERATOR, ("", 0), later, line=line)  # and an older one no progress


@pytest.mark.parametrize("what", ["foreign", "purpose", "garbage", "nothing"])
def test_no_other_recipient_is_taken(world: World, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    trust, later = own_trust(world), world.now + timedelta(days=300)
    before = trust.operator_enc()
    published = renewed_recipient(world)
    for path in published.crl_files():
        shutil.copy(path, trust.path)
    owner = "Enexis" if what == "foreign" else OPERATOR
    if what == "purpose":
        keystore = world.headend()
        keystore.generate("another", KeyKind.EC_P256)
        server = world.site.authority.certify_server("x.example", keystore.public_key("another"), later)
        published.publish(OPERATOR_ENC, server)
    line = Lists(TrustFolder(world.folder / "empty") if what == "nothing" else published)
    if what == "garbage":
        monkeypatch.setattr(line, "fetch", lambda *_: b"-----BEGIN CERTIFICATE-----")
    assert not fetch_recipient(trust, owner, ("", 0), later, line=line)
    assert trust.operator_enc() == before


def sealer(world: World, keystore: Keystore, trust: TrustFolder, rules: Rules) -> Sealer:
    settings = GatewaySettings(
        title=TITLE,
        operator=OPERATOR,
        folder=world.folder / "gateway",
        trust=trust.path,
        headend=HeadEndAddress(host="", port=0, server_name=""),
    )
    return Sealer(settings, keystore, trust, system_entropy, rules)


@pytest.mark.parametrize(
    "shown",
    [
        lambda now: now + timedelta(days=200),
        lambda now: now + timedelta(days=3000),
        lambda now: now - timedelta(days=1),
        lambda _: datetime(1970, 1, 1, tzinfo=UTC),
        lambda _: datetime(2106, 2, 7, tzinfo=UTC),
    ],
    ids=["cut-off", "cut-off-for-years", "a-day-behind", "1970", "2106"],
)
def test_readings_are_sealed_whatever_the_clock_and_the_lists_say(
    world: World, shown: Callable[[datetime], datetime]
) -> None:
    """Store and forward (RQ-07, AT-21); only who may open them is never in doubt."""
    keystore, trust = world.enrolled(), own_trust(world)
    at = shown(world.now)
    sealing = sealer(world, keystore, trust, SWITCHED)
    envelope = parse(sealing.seal(b"reading", counter=1, created=int(at.timestamp()), now=at))
    envelope.verify(keystore.certificate("sig")[0].public_key())
    recipient = trust.operator_enc()[0]
    world.site.authority.revoke(recipient.serial_number, world.now)
    for path in world.trust.crl_files():
        shutil.copy(path, trust.path)
    with pytest.raises(TrustError) as caught:
        sealing.seal(b"reading", counter=2, created=int(at.timestamp()), now=at)
    assert caught.value.code == "certificate-revoked"


def test_a_released_gateway_enrols_anew_by_its_birth(world: World) -> None:
    """It sees on the lists that its certificates count no more; nobody has to come to the house (RQ-05)."""
    keystore, trust = world.enrolled(), own_trust(world)
    service = PkiService(PkiSettings(folder=world.folder / "pki", trust=world.trust.path))
    service.start()
    est = EstAddress(host="127.0.0.1", port=service.port, server_name=PKI_NAME)
    address = PkiAddress(est=est, lists=("127.0.0.1", service.list_port))
    upkeep = Upkeep(TITLE, keystore, trust, address, operator=OPERATOR)
    try:
        world.site.authority.release(TITLE, world.now)
        assert sorted(upkeep.step(world.now)) == ["enc", "sig", "tls"]
        assert upkeep.step(world.now) == []
    finally:
        service.stop()
    assert {current(keystore, purpose) for purpose in (Purpose.TLS, Purpose.SIG, Purpose.ENC)} == {
        "tls-g2",
        "sig-g2",
        "enc-g2",
    }


def test_a_fleet_on_ml_dsa_shakes_hands_renews_and_seals(tmp_path: Path) -> None:
    """Everything on FIPS 204 by data alone: authorities, the gateway's TLS and its envelopes (RQ-30)."""
    now = datetime.now(UTC).replace(microsecond=0)
    (tmp_path / "pki").mkdir()
    (tmp_path / "pki" / RULES_FILE).write_text(POST_QUANTUM_TEXT)
    world = World(folder=tmp_path, site=Site.create(tmp_path, operator=OPERATOR, now=now), now=now)
    keystore, trust = world.site.equip(OTHER, now), own_trust(world)
    service = PkiService(PkiSettings(folder=tmp_path / "pki", trust=world.trust.path))
    service.start()
    est = EstAddress(host="127.0.0.1", port=service.port, server_name=PKI_NAME)
    address = PkiAddress(est=est, lists=("127.0.0.1", service.list_port))
    try:
        enrolment = Enrolment(title=OTHER, keystore=keystore, trust=trust, address=address, rules=SWITCHED)
        enrolment.enrol(now)
        assert isinstance(keystore.certificate("tls")[0].public_key(), mldsa.MLDSA44PublicKey)
        # and now its connection is by that key
        upkeep = Upkeep(OTHER, keystore, trust, address, operator=OPERATOR, rules=SWITCHED)
        assert upkeep.step(now) == []
    finally:
        service.stop()
    sealing = sealer(world, keystore, trust, SWITCHED)
    envelope = parse(sealing.seal(b"reading", counter=1, created=0, now=now))
    assert envelope.header.signing is SignatureAlgorithm.ML_DSA_44
    envelope.verify(keystore.certificate("sig")[0].public_key())
    with pytest.raises(TrustError):
        envelope.verify(keystore.certificate("tls")[0].public_key())
    with pytest.raises(TrustError):
        envelope.verify(world.enrolled().certificate("enc")[0].public_key())
