"""Founding a site: every key and certificate a chain needs before its first reading, in one call."""

from datetime import datetime
from pathlib import Path

from meterkast.model.identity import SystemTitle
from meterkast.outside.keystore import KeyKind, SoftwareKeystore
from meterkast.outside.trust import TrustFolder
from meterkast.pki.authority import Authority
from meterkast.pki.birth import Manufacturer

PKI_NAME = "pki.meterkast.internal"
HEADEND_NAME = "headend.meterkast.internal"
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
        self.authority = Authority(folder / "pki", self.trust)
        self.manufacturer = Manufacturer(folder / "pki" / "birth", GATEWAY_MAKER)

    @classmethod
    def create(cls, folder: Path, *, operator: str, now: datetime) -> "Site":
        """Makes root, authorities and maker; keys and certificates of all that serves, reads and orders.

        Raises:
            LocalError: ``keystore-label-taken`` where there is a site already.
        """
        pki = folder / "pki"
        authority = Authority.create(pki, TrustFolder(folder / "trust"), operator=operator, now=now)
        manufacturers = TrustFolder(pki / "manufacturers")
        Manufacturer.create(pki / "birth", GATEWAY_MAKER, known_to=manufacturers, now=now)
        _make_server(authority, SoftwareKeystore(pki / "tls"), PKI_NAME, now)
        _make_server(authority, SoftwareKeystore(folder / "headend" / "keystore"), HEADEND_NAME, now)
        _make_reader(authority, SoftwareKeystore(folder / "mdm" / "keystore"), operator, now)
        _make_orderer(authority, SoftwareKeystore(folder / "orders" / "keystore"), operator, now)
        return cls(folder, operator=operator)

    def equip(self, title: SystemTitle, now: datetime) -> SoftwareKeystore:
        """A new gateway: born with a birth certificate, expected by the operator. Gives its keystore."""
        keystore = SoftwareKeystore(self.folder / "gateways" / str(title) / "keystore")
        self.manufacturer.give_birth(title, keystore, now)
        self.authority.expect(title, operator=self.operator)
        return keystore


def _make_server(authority: Authority, keystore: SoftwareKeystore, name: str, now: datetime) -> None:
    keystore.generate("tls", KeyKind.EC_P256)
    keystore.put_certificate("tls", authority.certify_server(name, keystore.public_key("tls"), now))


def _make_orderer(authority: Authority, keystore: SoftwareKeystore, operator: str, now: datetime) -> None:
    keystore.generate("order", KeyKind.EC_P256)
    keystore.put_certificate("order", authority.certify_orders(operator, keystore.public_key("order"), now))


def _make_reader(authority: Authority, keystore: SoftwareKeystore, operator: str, now: datetime) -> None:
    keystore.generate("enc", KeyKind.HYBRID_KEM)

    def unseal(sealed: bytes, info: bytes) -> bytes:
        return keystore.unseal("enc", sealed, info)

    chain = authority.certify_operator(operator, keystore.kem_public_key("enc"), unseal, now)
    keystore.put_certificate("enc", chain)
