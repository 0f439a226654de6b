"""A founded site with an enrolled gateway, for every test that needs certificates."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from meterkast.model.identity import SystemTitle
from meterkast.outside.keystore import KeyKind, Keystore, SoftwareKeystore
from meterkast.outside.trust import TrustFolder
from meterkast.pki import Site
from meterkast.pki.root import Root
from meterkast.protocols.x509 import Purpose

TITLE = SystemTitle.parse("MKG0000000001")
OTHER = SystemTitle.parse("MKG0000000002")
OPERATOR = "Alliander"


@dataclass(frozen=True)
class World:
    """``now`` is the moment of founding, in real time: TLS judges certificates by the machine's clock."""

    folder: Path
    site: Site
    now: datetime

    @property
    def trust(self) -> TrustFolder:
        return self.site.trust

    @property
    def manufacturers(self) -> TrustFolder:
        return TrustFolder(self.folder / "pki" / "manufacturers")

    def issuing(self) -> SoftwareKeystore:
        """The keystore of the issuing authorities, to forge with."""
        return SoftwareKeystore(self.folder / "pki" / "issuing")

    def enrolled(self, title: SystemTitle = TITLE) -> Keystore:
        """A gateway with all its certificates, got without the network."""
        keystore = self.site.equip(title, self.now)
        for purpose in (Purpose.TLS, Purpose.SIG, Purpose.ENC):
            keystore.generate(purpose, KeyKind.EC_P256)
            chain = self.site.authority.issue(request(keystore, purpose), purpose, title, self.now)
            keystore.put_certificate(purpose, chain)
        return keystore

    def headend(self) -> SoftwareKeystore:
        return SoftwareKeystore(self.folder / "headend" / "keystore")


def found(folder: Path, *, days_ago: float = 0) -> World:
    """A site; one that is older than its lists has them published anew, today."""
    today = datetime.now(UTC).replace(microsecond=0)
    now = today - timedelta(days=days_ago)
    world = World(folder=folder, site=Site.create(folder, operator=OPERATOR, now=now), now=now)
    if days_ago:
        Root(folder / "pki" / "root").publish(world.trust, now=today)
        world.site.authority.publish(today)
        world.site.manufacturer.publish(world.manufacturers, revoked=[], now=today)
    return world


def request(keystore: Keystore, label: str, *extensions: x509.ExtensionType) -> bytes:
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    for extension in extensions:
        builder = builder.add_extension(extension, critical=True)
    return builder.sign(keystore.signer(label), hashes.SHA256()).public_bytes(Encoding.DER)
