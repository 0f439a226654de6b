"""The operator of the fleet: its PKI at work, its servers, and the deeds of its diary."""

import shutil
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from meterkast.model.identity import SystemTitle
from meterkast.outside.keystore import KeyKind, SoftwareKeystore
from meterkast.outside.trust import TrustFolder
from meterkast.pki.authority import Authority, issuing_folder
from meterkast.pki.birth import Manufacturer
from meterkast.pki.distribution import Distribution
from meterkast.pki.est import EstServer
from meterkast.pki.founding import renew_authorities
from meterkast.pki.issued import IssuedCertificate
from meterkast.pki.published import number_of_list
from meterkast.pki.root import Root
from meterkast.pki.ruling import RULES_FILE, rules_of
from meterkast.pki.site import GATEWAY_MAKER, HEADEND_NAME, PKI_NAME, Site
from meterkast.pki.tenants import Tenants
from meterkast.protocols.order import Order, SignedOrder, Speech
from meterkast.protocols.x509 import RULES
from meterkast.protocols.x509.algorithm import Status
from meterkast.protocols.x509.generation import generations, nth
from meterkast.protocols.x509.renewal import renewal_due
from meterkast.street.fleet.ledger import Ledger
from meterkast.street.fleet.plan import OPERATOR, SWITCHED_RULES
from meterkast.street.fleet.token import LosableKeystore

_ENC, _TLS, _ORDER = "enc", "tls", "order"
_BACKUP = "register.backup"
_MAKERS_ALGORITHM = "ecdsa-sha384"
"""With which the maker of gateways signs; it has no successor, and what it signed ends with it."""


class OnlyTenant(Tenants):
    """The operators of a PKI that has one, with the authority that is open already."""

    def __init__(self, authority: Authority) -> None:
        super().__init__(authority.folder, authority.trust)
        self._authorities = {authority.operator: authority}


class Operator:
    """One operator with a PKI of its own.

    Attributes:
        trust: its trust folder, which the list server hands out.
        est: the enrolment server, without its sockets.
        lists: the list server, likewise.
        journal: every certificate ever issued, as a witness saw them.
    """

    def __init__(self, folder: Path, ledger: Ledger, now: datetime) -> None:
        self._ledger = ledger
        self._site = Site.create(folder, operator=OPERATOR, now=now)
        self._pki = folder / "pki"
        self._manufacturers = TrustFolder(self._pki / "manufacturers")
        self._keys = {
            PKI_NAME: SoftwareKeystore(self._pki / "tls"),
            HEADEND_NAME: SoftwareKeystore(folder / "headend" / "keystore"),
        }
        self.reader = SoftwareKeystore(folder / "mdm" / "keystore")
        self._orders = SoftwareKeystore(folder / "orders" / "keystore")
        self.trust = self._site.trust
        self.journal: list[IssuedCertificate] = []
        self._newest_roots = 1
        self._open()

    def _open(self) -> None:
        self._token = LosableKeystore(issuing_folder(self._pki, ""))
        self.authority = Authority(self._pki, self.trust, keystore=self._token, witness=self._witness)
        self.est = EstServer(OnlyTenant(self.authority), self._manufacturers)
        self.lists = Distribution({"": self.trust})

    def _witness(self, issued: Sequence[IssuedCertificate]) -> None:
        for each in issued:
            self._ledger.serial(each.certificate.serial_number, each.holder)
        self.journal += issued

    def server(self, name: str) -> SoftwareKeystore:
        """The keystore of one of its servers, by its DNS name."""
        return self._keys[name]

    def equip(self, title: SystemTitle, keystore: SoftwareKeystore, now: datetime) -> None:
        """A gateway leaves the factory, and the operator expects it."""
        Manufacturer(self._pki / "birth", GATEWAY_MAKER).give_birth(title, keystore, now)
        self.authority.expect(title)

    def keep_up(self, now: datetime) -> None:
        """What a PKI does by itself: fresh lists; its own certificates anew, at two thirds of their life."""
        self.publish(now)
        if self._token.is_lost:
            return
        for name, keystore in self._keys.items():
            if now >= renewal_due(keystore.certificate(_TLS)[0]):
                self._certify_server(name, keystore, now)
        if now >= renewal_due(self.reader.certificate(generations(self.reader.certified(), _ENC)[-1])[0]):
            self._certify_reader(now)
        if now >= renewal_due(self._orders.certificate(_ORDER)[0]):
            chain = self.authority.certify_orders(OPERATOR, self._orders.public_key(_ORDER), now)
            self._orders.put_certificate(_ORDER, chain)

    def publish(self, now: datetime) -> None:
        """Fresh lists, or while the token is lost those that were signed ahead; each is noted."""
        self.authority.publish(now)
        for path in self.trust.crl_files():
            name = path.name.removesuffix(".crl.pem")
            found = self.trust.crl(name)
            if found is not None:
                digest = sha256(found.public_bytes(Encoding.DER)).digest()
                self._ledger.revocation_list(name, number_of_list(found), digest)

    def renew_authorities(self, now: datetime, *, roll: bool, servers_first: bool) -> None:
        """The next issuing authorities, if need be below a new root."""
        if servers_first:
            self._certify_servers(now)
        root = self._root()
        if roll:
            root.roll(operator=OPERATOR, now=now)
            self._ledger.count("roots-rolled")
        renew_authorities(self.authority, root, now)
        self._newest_roots = 2 if roll else 1
        self._ledger.count("authorities-renewed")
        self._open()
        self.root_day(now)
        if not servers_first:
            self._certify_servers(now)

    def root_day(self, now: datetime) -> None:
        """The root's own lists, and that of the maker of gateways as long as its algorithm may be used."""
        self._root().publish(self.trust, now=now, newest=self._newest_roots)
        if RULES.algorithms.status(_MAKERS_ALGORITHM, now) is not Status.FORBIDDEN:
            self._site.manufacturer.publish(self._manufacturers, revoked=[], now=now)

    def switch_algorithms(self) -> None:
        """From now on what is new is made as the other rules say."""
        (self._pki / RULES_FILE).write_text(SWITCHED_RULES)
        self._open()

    @property
    def is_without_token(self) -> bool:
        """Whether nothing can be issued at present."""
        return self._token.is_lost

    def lose_token(self) -> None:
        """The token of the issuing authorities is gone; nothing that they sign can be made."""
        self._token.is_lost = True

    def find_token(self) -> None:
        """It is back."""
        self._token.is_lost = False

    def backup(self) -> None:
        """A copy of the register as it is."""
        shutil.copyfile(self._pki / "register.sqlite", self._pki / _BACKUP)

    def restore(self, lost: Sequence[IssuedCertificate], now: datetime) -> int:
        """Puts the copy back, and what was issued since, which the witness has; gives how many that was."""
        shutil.copyfile(self._pki / _BACKUP, self._pki / "register.sqlite")
        self._open()
        recovered = self.authority.recover(lost)
        self.publish(now)
        return recovered

    def decommission(self, title: SystemTitle, now: datetime) -> None:
        """Every certificate of a gateway is revoked."""
        for issued in self.authority.issued(str(title)):
            if issued.revoked_at is None:
                self.authority.revoke(issued.certificate.serial_number, now)

    def order(self, title: SystemTitle, number: int, now: datetime) -> bytes:
        """An order to a gateway to speak, which it does anyway."""
        order = Order(gateway=title, number=number, issued=int(now.timestamp()), speech=Speech.ON)
        signed = SignedOrder(
            order=order,
            signature=self._orders.sign(_ORDER, order.encode()),
            certificate=self._orders.certificate(_ORDER)[0].public_bytes(Encoding.DER),
        )
        return signed.encode()

    def _root(self) -> Root:
        return Root(self._pki / "root", rules_of(self._pki))

    def _certify_servers(self, now: datetime) -> None:
        for name, keystore in self._keys.items():
            self._certify_server(name, keystore, now)

    def _certify_server(self, name: str, keystore: SoftwareKeystore, now: datetime) -> None:
        keystore.put_certificate(_TLS, self.authority.certify_server(name, keystore.public_key(_TLS), now))

    def _certify_reader(self, now: datetime) -> None:
        label = nth(_ENC, len(generations(self.reader.certified(), _ENC)) + 1)
        self.reader.generate(label, KeyKind.HYBRID_KEM)

        def unseal(sealed: bytes, info: bytes) -> bytes:
            return self.reader.unseal(label, sealed, info)

        key = self.reader.kem_public_key(label)
        self.reader.put_certificate(label, self.authority.certify_operator(OPERATOR, key, unseal, now))
