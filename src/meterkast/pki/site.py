"""Founding a site: every key and certificate a chain needs before its first reading, in one call."""

from datetime import datetime
from pathlib import Path

from meterkast.model.identity import SystemTitle
from meterkast.outside.keystore import KeyKind, Keystore, SoftwareKeystore, open_keystore
from meterkast.outside.trust import TrustFolder
from meterkast.pki.authority import Authority
from meterkast.pki.birth import Manufacturer
from meterkast.pki.ceremony.adoption import CeremonyOutcome, adopt
from meterkast.pki.founding import admit_tenant, found
from meterkast.pki.log import found_log, witness_of
from meterkast.pki.root import Root

PKI_NAME = "pki.meterkast.internal"
HEADEND_NAME = "headend.meterkast.internal"
LOG_ORIGIN = "log.meterkast.internal"
GATEWAY_MAKER = "MKG"


class Site:
    """The state folder of a running system, as far as trust goes.

    Attributes:
        folder: the state folder.
        operator: whose site it is.
        trust: the trust folder everybody reads.
        authority: the operator's authority.
        manufacturer: who gives gateways their birth certificates.
    """

    def __init__(self, folder: Path, *, operator: str) -> None:
        self.folder = folder
        self.operator = operator
        self.trust = TrustFolder(folder / "trust")
        pki = folder / "pki"
        self.authority = Authority(pki, self.trust, witness=witness_of(pki, self.trust))
        self.manufacturer = Manufacturer(folder / "pki" / "birth", GATEWAY_MAKER)

    @classmethod
    def create(
        cls,
        folder: Path,
        *,
        operator: str,
        now: datetime,
        log_origin: str = LOG_ORIGIN,
        ceremony: CeremonyOutcome | None = None,
    ) -> "Site":
        """Makes root, authorities, log and maker; keys and certificates of all that serves, reads and orders.

        Args:
            folder: the state folder.
            operator: whose site it is.
            now: real time.
            log_origin: the name of the transparency log, for ever: a URL without its scheme.
            ceremony: what a ceremony has made; None for a root and authorities made here.

        Raises:
            LocalError: ``keystore-label-taken`` where there is a site already.
            MeterkastError: as ``adopt``, where there was a ceremony.
        """
        pki = folder / "pki"
        trust = TrustFolder(folder / "trust")
        if ceremony is None:
            founded = found(pki, trust, operator=operator, now=now)
        else:
            founded = adopt(ceremony, pki, trust, operator=operator, now=now)
        log = found_log(pki, founded, origin=log_origin, now=now)
        authority = Authority(pki, trust, witness=log.witness)
        manufacturers = TrustFolder(pki / "manufacturers")
        Manufacturer.create(pki / "birth", GATEWAY_MAKER, known_to=manufacturers, now=now)
        _make_server(authority, open_keystore(pki / "tls"), PKI_NAME, now)
        _make_server(authority, open_keystore(folder / "headend" / "keystore"), HEADEND_NAME, now)
        _make_reader(authority, open_keystore(folder / "mdm" / "keystore"), operator, now)
        _make_orderer(authority, open_keystore(folder / "orders" / "keystore"), operator, now)
        log.publish(now)
        return cls(folder, operator=operator)

    def equip(self, title: SystemTitle, now: datetime) -> SoftwareKeystore:
        """A new gateway: born with a birth certificate, expected by the operator. Gives its keystore."""
        keystore = SoftwareKeystore(self.folder / "gateways" / str(title) / "keystore")
        self.manufacturer.give_birth(title, keystore, now)
        self.authority.expect(title, operator=self.operator)
        return keystore

    def admit(self, operator: str, now: datetime) -> Authority:
        """Another operator in the same PKI; needs the root's folder. Gives its authority.

        Raises:
            LocalError: ``pki-tenant-taken``.
        """
        pki = self.folder / "pki"
        return admit_tenant(pki, Root(pki / "root", self.authority.rules), operator=operator, now=now)


def _make_server(authority: Authority, keystore: Keystore, name: str, now: datetime) -> None:
    keystore.generate("tls", KeyKind.EC_P256)
    keystore.put_certificate("tls", authority.certify_server(name, keystore.public_key("tls"), now))


def _make_orderer(authority: Authority, keystore: Keystore, operator: str, now: datetime) -> None:
    keystore.generate("order", KeyKind.EC_P256)
    keystore.put_certificate("order", authority.certify_orders(operator, keystore.public_key("order"), now))


def _make_reader(authority: Authority, keystore: Keystore, operator: str, now: datetime) -> None:
    keystore.generate("enc", KeyKind.HYBRID_KEM)

    def unseal(sealed: bytes, info: bytes) -> bytes:
        return keystore.unseal("enc", sealed, info)

    chain = authority.certify_operator(operator, keystore.kem_public_key("enc"), unseal, now)
    keystore.put_certificate("enc", chain)
