"""The operator of the fleet: its PKI at work, its servers, and the deeds of its diary."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from meterkast.model.errors import UnreachableError
from meterkast.model.identity import SystemTitle
from meterkast.outside.keystore import SoftwareKeystore
from meterkast.outside.trust import TrustFolder
from meterkast.pki.authority import Authority, issuing_folder
from meterkast.pki.birth import Manufacturer
from meterkast.pki.distribution import Distribution
from meterkast.pki.est import EstServer
from meterkast.pki.founding import renew_authorities
from meterkast.pki.issued import IssuedCertificate
from meterkast.pki.own_key import OwnKey
from meterkast.pki.register import Register
from meterkast.pki.root import Root
from meterkast.pki.ruling import RULES_FILE, rules_of
from meterkast.pki.site import GATEWAY_MAKER, HEADEND_NAME, PKI_NAME, Site
from meterkast.pki.tenants import Tenants
from meterkast.protocols.order import Order, SignedOrder, Speech
from meterkast.protocols.x509 import RULES
from meterkast.protocols.x509.algorithm import Status
from meterkast.protocols.x509.list_place import list_number
from meterkast.street.fleet.ledger import Ledger
from meterkast.street.fleet.plan import OPERATOR, SWITCHED_RULES
from meterkast.street.fleet.token import LosableKeystore

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
        self._servers = {
            PKI_NAME: OwnKey.server(SoftwareKeystore(self._pki / "tls"), PKI_NAME),
            HEADEND_NAME: OwnKey.server(SoftwareKeystore(folder / "headend" / "keystore"), HEADEND_NAME),
        }
        self.reader = SoftwareKeystore(folder / "mdm" / "keystore")
        self._orders = OwnKey.orders(SoftwareKeystore(folder / "orders" / "keystore"), OPERATOR)
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

    def server(self, name: str) -> list[x509.Certificate]:
        """What one of its servers shows, by its DNS name: the newest certificate, and its chain."""
        own = self._servers[name]
        return own.keystore.certificate(own.current())

    def equip(self, title: SystemTitle, keystore: SoftwareKeystore, now: datetime) -> None:
        """A gateway leaves the factory, and the operator expects it."""
        Manufacturer(self._pki / "birth", GATEWAY_MAKER).give_birth(title, keystore, now)
        self.authority.expect(title)

    def keep_up(self, now: datetime) -> None:
        """What a PKI does by itself: fresh lists; its own certificates anew, at two thirds of their life."""
        self.publish(now)
        if self._token.is_lost:
            return
        for own in (*self._servers.values(), OwnKey.recipient(self.reader, OPERATOR), self._orders):
            own.keep_up(self.authority, now)

    def publish(self, now: datetime) -> None:
        """Fresh lists, or while the token is lost those that were signed ahead; each is noted."""
        with self._as_the_token_allows():
            self.authority.publish(now)
        for path in self.trust.crl_files():
            name = path.name.removesuffix(".crl.pem")
            found = self.trust.crl(name)
            if found is not None:
                digest = sha256(found.public_bytes(Encoding.DER)).digest()
                self._ledger.revocation_list(name, list_number(found), digest)

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
        Register(self._pki / "register.sqlite").copy_to(self._pki / _BACKUP)

    def restore(self, lost: Sequence[IssuedCertificate], now: datetime) -> int:
        """Puts the copy back, and what was issued since, which the witness has; gives how many that was."""
        shutil.copyfile(self._pki / _BACKUP, self._pki / "register.sqlite")
        self._open()
        recovered = self.authority.recover(lost)
        self.publish(now)
        return recovered

    def release(self, title: SystemTitle, now: datetime) -> None:
        """A gateway may enrol anew; what it had is revoked."""
        with self._as_the_token_allows():
            self.authority.release(title, now)

    def decommission(self, title: SystemTitle, now: datetime) -> None:
        """A gateway is put out of service."""
        with self._as_the_token_allows():
            self.authority.decommission(title, now)

    @contextmanager
    def _as_the_token_allows(self) -> Iterator[None]:
        """What is revoked while the token is lost is published when it is back, and till then is not."""
        try:
            yield
        except UnreachableError:
            if not self._token.is_lost:
                raise

    def order(self, title: SystemTitle, number: int, now: datetime) -> bytes:
        """An order to a gateway to speak, which it does anyway."""
        keystore, label = self._orders.keystore, self._orders.current()
        order = Order(gateway=title, number=number, issued=int(now.timestamp()), speech=Speech.ON)
        signed = SignedOrder(
            order=order,
            signature=keystore.sign(label, order.encode()),
            certificate=keystore.certificate(label)[0].public_bytes(Encoding.DER),
        )
        return signed.encode()

    def _root(self) -> Root:
        return Root(self._pki / "root", rules_of(self._pki))

    def _certify_servers(self, now: datetime) -> None:
        for own in self._servers.values():
            own.certify(self.authority, now)
