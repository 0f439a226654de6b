"""An authority that logs what it issues, its operator's monitor, and ways to issue behind their backs."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from meterkast.model.identity import SystemTitle
from meterkast.outside.keystore import SoftwareKeystore
from meterkast.outside.trust import TrustFolder
from meterkast.pki.authority import Authority
from meterkast.pki.founding import found
from meterkast.pki.holder import Holder
from meterkast.pki.issuer import Issuer
from meterkast.pki.log import LoggedCertificate
from meterkast.pki.log.monitor import Gossip, Inspector, Inventory, Monitor, Notebook, Watch
from meterkast.pki.template import PublicKey
from meterkast.protocols.x509 import RULES, Purpose
from pki_log.loghouse import LogHouse

OPERATOR = "stadsnet"
TITLE = SystemTitle.parse("MKG0000000001")
STRANGER = SystemTitle.parse("MKG00000000FF")
FOUNDED = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)


def key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def request(private: ec.EllipticCurvePrivateKey) -> bytes:
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    return builder.sign(private, hashes.SHA256()).public_bytes(Encoding.DER)


@dataclass
class Watched:
    """``now`` moves by hand. The inventory of the operator is ``releases``; the register ``registered``."""

    folder: Path
    house: LogHouse
    authority: Authority
    now: datetime = FOUNDED
    releases: dict[str, tuple[datetime, ...]] = field(default_factory=lambda: {str(TITLE): ()})
    registered: set[str] | None = None

    @classmethod
    def build(cls, folder: Path) -> "Watched":
        house = LogHouse.build(folder)
        trust = TrustFolder(folder / "trust")
        found(folder / "pki", trust, operator=OPERATOR, now=FOUNDED)
        authority = Authority(folder / "pki", trust, witness=house.open().witness)
        authority.expect(TITLE)
        return cls(folder=folder, house=house, authority=authority)

    def later(self, **delta: float) -> datetime:
        self.now += timedelta(**delta)
        return self.now

    def enrol(self, purpose: Purpose = Purpose.SIG) -> x509.Certificate:
        return self.authority.issue(request(key()), purpose, TITLE, self.now)[0]

    def forge(
        self,
        holder: Holder,
        purpose: Purpose = Purpose.SIG,
        *,
        public: PublicKey | None = None,
        logged: bool = True,
    ) -> x509.Certificate:
        """The authority's key at work without its register: a bug, a bribe, a break-in."""
        keystore = SoftwareKeystore(self.folder / "pki" / "issuing")
        label = RULES.profiles[purpose].authority
        address = "http://pki.meterkast.internal/crl/"
        issuer = Issuer(keystore, label, RULES.authorities[label], rules=RULES, address=address)
        chosen = public or key().public_key()
        certificate = issuer.certify(RULES.profiles[purpose], holder, chosen, self.now)
        if logged:
            self.put(certificate)
        return certificate

    def put(self, certificate: x509.Certificate, operator: str = OPERATOR) -> None:
        der = certificate.public_bytes(Encoding.DER)
        entry = LoggedCertificate.issued(der, operator=operator, now=self.now)
        self.house.open().append([entry])

    def publish(self) -> None:
        self.house.open().publish(self.later(minutes=1))

    def look(
        self,
        *,
        viewer: str = "stadsnet",
        log: Path | None = None,
        gossip: bool = False,
        in_use: tuple[x509.Certificate, ...] = (),
        operator: str = OPERATOR,
    ) -> Watch:
        inspector = Inspector(
            inventory=Inventory(operator=operator, releases=self.releases),
            authorities=TrustFolder(self.folder / "trust").intermediates(),
            register=self.registered,
        )
        notebook = Notebook(self.folder / f"{viewer}.sqlite")
        monitor = Monitor(self.house.reader(log), notebook, inspector)
        shared = Gossip(self.folder / "gossip", viewer) if gossip else None
        try:
            return monitor.look(self.now, gossip=shared, in_use=in_use)
        finally:
            notebook.close()


def codes(watch: Watch) -> list[str]:
    return [standing.alarm.code for standing in watch.alarms]
