"""A fleet changes its algorithm by data alone, and an old one ends on its day (RQ-30; AT-12)."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import mldsa
from cryptography.hazmat.primitives.serialization import Encoding

from meterkast.gateway.est import EstVisit, certification_request
from meterkast.gateway.holdings import current, upcoming
from meterkast.model.errors import PeerError, TrustError
from meterkast.model.identity import SystemTitle
from meterkast.outside.https import Request, Response
from meterkast.outside.keystore import KeyKind, Keystore
from meterkast.pki import Authority, Site
from meterkast.pki.est import EstServer
from meterkast.pki.founding import renew_authorities
from meterkast.pki.root import Root
from meterkast.pki.ruling import RULES_FILE
from meterkast.pki.tenants import Tenants
from meterkast.protocols.x509 import Purpose, Rules, validate
from meterkast.protocols.x509.algorithm import key_algorithm, signed_with
from meterkast.protocols.x509.profile import POST_QUANTUM_TEXT, RULES_TEXT
from pki.world import OPERATOR, World

FLEET = 12
START = datetime(2032, 3, 1, 12, tzinfo=UTC)
PURPOSES = (Purpose.TLS, Purpose.SIG, Purpose.ENC)
SWITCHED = Rules.parse(RULES_TEXT, POST_QUANTUM_TEXT)


class Fleet:
    """Gateways without a wire: their keystores, and EST answered where they stand."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.site = Site.create(folder, operator=OPERATOR, now=START)
        self.titles = [SystemTitle.of("MKG", number) for number in range(1, FLEET + 1)]
        self.keystores = {title: self.site.equip(title, START) for title in self.titles}

    @property
    def world(self) -> World:
        return World(folder=self.folder, site=self.site, now=START)

    def visit(self, title: SystemTitle, operation: str, now: datetime) -> None:
        """What ``gateway.enrol`` does once a connection stands; nothing of it is written for the switch."""
        keystore = self.keystores[title]
        server = EstServer(Tenants(self.folder / "pki", self.site.trust), self.world.manufacturers)
        identity = "birth" if operation == "simpleenroll" else current(keystore, Purpose.TLS)
        peer = keystore.certificate(identity)[0].public_bytes(Encoding.DER)

        def ask(request: Request) -> Response:
            shown = Request(
                method=request.method,
                path=request.path,
                content_type=request.content_type,
                body=request.body,
                peer=peer,
            )
            return server.handle(shown, now)

        est = EstVisit(ask)
        for purpose in PURPOSES:
            label = upcoming(keystore, purpose)
            keystore.generate(label, est.kind_wanted(purpose))
            certificate = est.certify(operation, purpose, certification_request(keystore, label, title))
            keystore.put_certificate(label, [certificate])

    def algorithms(self) -> set[str]:
        """Of the keys in use for TLS and signing."""
        return {
            key_algorithm(keystore.certificate(current(keystore, purpose))[0].public_key()) or ""
            for keystore in self.keystores.values()
            for purpose in (Purpose.TLS, Purpose.SIG)
        }

    def believed(self, keystore: Keystore, now: datetime, rules: Rules) -> str:
        trust = self.site.trust
        try:
            for purpose in PURPOSES:
                certificate = keystore.certificate(current(keystore, purpose))[0]
                validate(
                    certificate,
                    trust.intermediates(),
                    trust.anchors(),
                    trust.crls(),
                    now,
                    purpose,
                    rules=rules,
                )
        except TrustError as error:
            return error.code
        return "believed"


def publish(fleet: Fleet, now: datetime) -> None:
    Root(fleet.folder / "pki" / "root", SWITCHED).publish(fleet.site.trust, now=now)
    Authority(fleet.folder / "pki", fleet.site.trust).publish(now)


def test_a_fleet_goes_over_to_ml_dsa_by_data_alone(tmp_path: Path) -> None:
    """A file in the PKI's folder, a ceremony, and the gateways' own renewals; both kinds count meanwhile."""
    fleet = Fleet(tmp_path)
    for title in fleet.titles:
        fleet.visit(title, "simpleenroll", START)
    assert fleet.algorithms() == {"ec-p256"}

    (fleet.folder / "pki" / RULES_FILE).write_text(POST_QUANTUM_TEXT)
    switch = START + timedelta(days=490)
    root = Root(fleet.folder / "pki" / "root", SWITCHED)
    root.roll(operator=OPERATOR, now=switch)
    renew_authorities(Authority(fleet.folder / "pki", fleet.site.trust), root, switch)
    for count, title in enumerate(fleet.titles, 1):
        now = switch + timedelta(days=count)
        publish(fleet, now)
        fleet.visit(title, "simplereenroll", now)
        assert [fleet.believed(each, now, SWITCHED) for each in fleet.keystores.values()] == [
            "believed"
        ] * FLEET
    assert fleet.algorithms() == {"ml-dsa-44"}

    certificate = fleet.keystores[fleet.titles[0]].certificate("sig-g2")[0]
    trust, now = fleet.site.trust, switch + timedelta(days=FLEET)
    validated = validate(
        certificate, trust.intermediates(), trust.anchors(), trust.crls(), now, Purpose.SIG, rules=SWITCHED
    )
    assert [signed_with(each) for each in validated.chain] == ["ml-dsa-65", "ml-dsa-87", "ml-dsa-87"]
    assert isinstance(validated.chain[2].public_key(), mldsa.MLDSA87PublicKey)


def test_update_signers_have_ml_dsa_today(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    site = Site.create(tmp_path, operator=OPERATOR, now=now)
    trust = site.trust
    for key in (mldsa.MLDSA65PrivateKey.generate(), mldsa.MLDSA87PrivateKey.generate()):
        leaf = site.authority.certify_role(Purpose.UPDATE, key.public_key(), now, role="release board")[0]
        validate(leaf, trust.intermediates(), trust.anchors(), trust.crls(), now, Purpose.UPDATE)


def test_an_algorithm_ends_on_its_day(tmp_path: Path) -> None:
    """Deprecated: believed and not issued. Forbidden: not believed; the same octets, the same keys."""
    fleet = Fleet(tmp_path)
    title = fleet.titles[0]
    fleet.visit(title, "simpleenroll", START)
    keystore, now = fleet.keystores[title], START + timedelta(days=1)
    ended = "[algorithms.ec-p256]\ndeprecated = {}\nforbidden = {}\n"
    deprecated = Rules.parse(RULES_TEXT, ended.format("2032-03-02", "2032-03-09"))
    forbidden = Rules.parse(RULES_TEXT, ended.format("2032-02-01", "2032-03-02"))
    assert fleet.believed(keystore, now, deprecated) == "believed"
    assert fleet.believed(keystore, now, forbidden) == "certificate-algorithm"

    (fleet.folder / "pki" / RULES_FILE).write_text(ended.format("2032-03-02", "2032-03-09"))
    with pytest.raises(TrustError) as caught:
        fleet.visit(fleet.titles[1], "simpleenroll", now)
    assert caught.value.code == "enrol-refused"
    assert fleet.site.authority.issued(str(fleet.titles[1])) == []


def test_a_judgement_does_not_outlive_its_algorithm(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path)
    fleet.visit(fleet.titles[0], "simpleenroll", START)
    soon = Rules.parse(
        RULES_TEXT, "[algorithms.ecdsa-sha384]\ndeprecated = 2032-03-01\nforbidden = 2032-03-03\n"
    )
    trust, certificate = fleet.site.trust, fleet.keystores[fleet.titles[0]].certificate("sig")[0]
    window = validate(
        certificate, trust.intermediates(), trust.anchors(), trust.crls(), START, Purpose.SIG, rules=soon
    ).window
    assert window.until == datetime(2032, 3, 3, tzinfo=UTC)
    assert certificate.not_valid_after_utc > window.until


def test_a_device_does_not_choose_its_algorithm(tmp_path: Path) -> None:
    """AT-12: P-384, ML-DSA or whatever else is offered before the rules want it is no key for a device."""
    fleet = Fleet(tmp_path)
    title = fleet.titles[0]
    keystore = fleet.keystores[title]
    for kind in (KeyKind.EC_P384, KeyKind.ML_DSA_44, KeyKind.ML_DSA_65):
        keystore.generate(f"sig-{kind}", kind)
        request = certification_request(keystore, f"sig-{kind}", title)
        with pytest.raises(PeerError) as caught:
            fleet.site.authority.issue(request, Purpose.SIG, title, START)
        assert caught.value.code == "pki-request-key"
    assert fleet.site.authority.issued(str(title)) == []
