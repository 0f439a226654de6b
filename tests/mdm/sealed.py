"""A site with real keys and certificates, and gateways that seal and sign as real ones do."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import Engine

from mdm.one_home import EAN, GATEWAY, OPERATOR, register
from meterkast.headend.registry import Registry
from meterkast.model.block import MeterDayBlock
from meterkast.model.event import DeviceEvent
from meterkast.model.identity import SystemTitle
from meterkast.outside.database.engine import engine, writing
from meterkast.outside.database.migrations import upgrade
from meterkast.outside.keystore import KeyKind, Keystore, SoftwareKeystore
from meterkast.outside.trust import TrustFolder
from meterkast.pki.root import Root
from meterkast.pki.ruling import rules_of
from meterkast.pki.site import Site
from meterkast.protocols.block import encode_payload
from meterkast.protocols.envelope import Header, RecipientKey, attach, seal
from meterkast.protocols.x509 import Purpose, key_id, recipient_key

LABELS = (Purpose.TLS, Purpose.SIG)
CREATED = 1_772_500_000


@dataclass(frozen=True, slots=True)
class SealingGateway:
    """The outside of a gateway: its title, its keys, and the operator it seals for."""

    title: SystemTitle
    keystore: Keystore
    trust: TrustFolder

    def recipient(self) -> RecipientKey:
        return recipient_key(self.trust.operator_enc()[0])

    def certificate(self, label: str = "sig") -> x509.Certificate:
        return self.keystore.certificate(label)[0]

    def envelope(
        self,
        counter: int,
        *blocks: MeterDayBlock,
        events: Sequence[DeviceEvent] = (),
        content: bytes | None = None,
        recipients: Sequence[RecipientKey] | None = None,
        title: SystemTitle | None = None,
        operator: str = OPERATOR,
        signer: bytes | None = None,
    ) -> bytes:
        """A sealed and signed envelope; the keywords make it lie."""
        header = Header(
            gateway=title or self.title,
            signer=signer or key_id(self.certificate()),
            operator=operator,
            counter=counter,
            created=CREATED,
        )
        payload = encode_payload(blocks, events) if content is None else content
        outer = seal(header, recipients or [self.recipient()], payload, os.urandom(32), os.urandom(12))
        return attach(outer, self.keystore.sign("sig", outer))


def now() -> datetime:
    return datetime.now(UTC)


def found(folder: Path, *, ago: timedelta = timedelta(0)) -> Site:
    """A site, made so long ago, with its first gateway and that gateway's home in the register."""
    site = Site.create(folder, operator=OPERATOR, now=now() - ago)
    (folder / "bus").mkdir()
    (folder / "centre").mkdir()
    database = database_of(folder)
    register(database)
    equip(site, GATEWAY, database)
    database.dispose()
    return site


def publish_lists(site: Site, at: datetime) -> None:
    """Everybody's revocation lists as of that moment, the root's too."""
    pki = site.folder / "pki"
    Root(pki / "root", rules_of(pki)).publish(site.trust, now=at)
    site.authority.publish(at)


def database_of(folder: Path) -> Engine:
    made = engine(folder / "centre" / "centre.sqlite")
    upgrade(made)
    return made


def equip(site: Site, title: SystemTitle, database: Engine) -> SealingGateway:
    """A gateway with its certificates, all of them in the register."""
    keystore = site.equip(title, now())
    for purpose in LABELS:
        keystore.generate(purpose, KeyKind.EC_P256)
        request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
        signed = request.sign(keystore.signer(purpose), hashes.SHA256())
        chain = site.authority.issue(signed.public_bytes(Encoding.DER), purpose, title, now())
        keystore.put_certificate(purpose, chain)
        with writing(database) as connection:
            Registry(connection).add_certificate(
                key_id(chain[0]), str(title), purpose, chain[0].public_bytes(Encoding.DER), now=0
            )
    return SealingGateway(title, keystore, site.trust)


def gateway_of(site: Site, title: SystemTitle = GATEWAY) -> SealingGateway:
    keystore = SoftwareKeystore(site.folder / "gateways" / str(title) / "keystore")
    return SealingGateway(title, keystore, site.trust)


__all__ = ["EAN", "SealingGateway", "database_of", "equip", "found", "gateway_of", "now"]
