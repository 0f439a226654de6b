"""The office of one operator's PKI: its issuing authorities, and the register by which they work."""

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from meterkast.model.deployment import Profile as Deployment
from meterkast.model.errors import LocalError
from meterkast.outside.keystore import Keystore, open_keystore
from meterkast.outside.trust import TrustFolder
from meterkast.pki.holder import Holder
from meterkast.pki.issued import IssuedCertificate
from meterkast.pki.issuer import Issuer
from meterkast.pki.published import is_withdrawn
from meterkast.pki.publishing import Publisher
from meterkast.pki.register import Records, Register
from meterkast.pki.root import LIST_ADDRESS
from meterkast.pki.ruling import rules_of
from meterkast.pki.template import PublicKey
from meterkast.protocols.x509 import Purpose, Rules
from meterkast.protocols.x509.generation import generations, label_of

DEVICE_PURPOSES = (Purpose.TLS, Purpose.SIG, Purpose.ENC)
ISSUING = ("device", "operator", "update", "ocsp")

_log = logging.getLogger("meterkast.pki")

Witness = Callable[[Sequence[IssuedCertificate]], None]
"""Called with what is about to be issued, before it counts; where it raises, nothing is issued."""


class Office:
    """Opens the authorities; what they do for whom stands in the classes that follow this one.

    Args, and what is raised: as ``Authority``, the whole of them.
    """

    def __init__(
        self,
        folder: Path,
        trust: TrustFolder,
        *,
        operator: str | None = None,
        rules: Rules | None = None,
        keystore: Keystore | None = None,
        profile: Deployment = Deployment.DEVELOPMENT,
        witness: Witness | None = None,
    ) -> None:
        self.trust = trust
        self.rules = rules or rules_of(folder)
        self.folder = folder
        self._register = Register(folder / "register.sqlite")
        self.operator, self.slug = _tenant(self._register, operator)
        self._keystore = keystore or open_keystore(issuing_folder(folder, self.slug), profile, trust)
        self._address = list_address(self.slug)
        self._witness = witness
        self._published = trust.authorities_version()
        self._issuers = self._open_issuers()
        self._withdrawn: frozenset[str] | None = None
        self._publisher = Publisher(self._register, self.operator, trust)

    def issuing(self, now: datetime) -> list[str]:
        """Names of the issuing authorities that still live, earlier generations among them."""
        self._keep_up()
        return [each.name for each in self._issuers if each.certificate.not_valid_after_utc > now]

    def is_below(self, root: x509.Certificate) -> bool:
        """Whether this root has certified all authorities that issue now."""
        newest = {label_of(each.name): each.certificate.issuer for each in self._issuers}
        return set(newest.values()) == {root.subject}

    def authorities(self) -> list[x509.Certificate]:
        """Roots and issuing authorities, as EST ``cacerts`` gives them."""
        return [*self.trust.anchors(), *self.trust.intermediates()]

    def _records(self) -> AbstractContextManager[Records]:
        """A transaction of the register, by the authorities of this moment."""
        self._keep_up()
        return self._register.records(self.operator)

    def _keep_up(self) -> None:
        """Opens the authorities anew once others are published: whoever is at work goes on with them."""
        published = self.trust.authorities_version()
        if published != self._published:
            self._issuers, self._published = self._open_issuers(), published
        self._withdrawn = None

    def _open_issuers(self) -> list[Issuer]:
        certified = self._keystore.certified()
        names = [name for label in ISSUING for name in generations(certified, label) or [label]]
        with self._register.records(self.operator) as records:
            return [self._open_issuer(records, name) for name in names]

    def _open_issuer(self, records: Records, name: str) -> Issuer:
        profile = self.rules.authorities[label_of(name)]
        profile = replace(profile, shards=records.revocations.shards(name, profile.shards))
        return Issuer(self._keystore, name, profile, rules=self.rules, address=self._address)

    def _certify(
        self, purpose: Purpose, holder: Holder, key: PublicKey, now: datetime, *, by: str | None = None
    ) -> IssuedCertificate:
        profile = self.rules.profiles[purpose]
        issuer = self._newest(profile.authority) if by is None else self._named(by)
        certificate = issuer.certify(profile, holder, key, now)
        _log.info("pki-issued purpose=%s holder=%s", purpose, holder.name)
        return IssuedCertificate(
            holder=holder.name,
            purpose=purpose,
            issuer=issuer.name,
            certificate=certificate,
            issued_at=now,
            revoked_at=None,
        )

    def _named(self, name: str) -> Issuer:
        """An authority by its name in the register.

        Raises:
            LocalError: ``pki-authority-unknown`` where it was made after this office was opened, or its key
                is not in the keystore.
        """
        for issuer in self._issuers:
            if issuer.name == name:
                return issuer
        hint = "Open the PKI anew, with the keystore that has its key."
        raise LocalError("pki-authority-unknown", "The authority is not at work here.", where=name, hint=hint)

    def _newest(self, label: str) -> Issuer:
        """The youngest generation.

        Raises:
            LocalError: ``pki-authority-revoked`` where a root has revoked it; no earlier one steps in.
        """
        newest = [issuer for issuer in self._issuers if label_of(issuer.name) == label][-1]
        if self._withdrawn is None:  # looked up once in a transaction
            lists = self.trust.crls()
            names = (each.name for each in self._issuers if is_withdrawn(each.certificate, lists))
            self._withdrawn = frozenset(names)
        if newest.name in self._withdrawn:
            hint = "Have the root certify the next one, and open the PKI anew."
            raise LocalError(
                "pki-authority-revoked", "The authority is revoked.", where=newest.name, hint=hint
            )
        return newest

    def _bear_witness(self, issued: Sequence[IssuedCertificate]) -> None:
        if self._witness is not None and issued:
            self._witness(issued)

    def _with_chain(self, issued: IssuedCertificate) -> list[x509.Certificate]:
        issuer = self._named(issued.issuer)
        return [issued.certificate, issuer.certificate]


def issuing_folder(folder: Path, slug: str) -> Path:
    """Where the keys of an operator's authorities are, in a PKI on files."""
    return folder / "tenants" / slug / "issuing" if slug else folder / "issuing"


def list_address(slug: str) -> str:
    """Under which address an operator's lists are published."""
    return f"{LIST_ADDRESS}{slug}/" if slug else LIST_ADDRESS


def real_time() -> datetime:
    """Now, for deeds that are noted and change no certificate."""
    return datetime.now(UTC)


def _tenant(register: Register, operator: str | None) -> tuple[str, str]:
    tenants = register.tenants()
    if operator is None and tenants:
        return next(iter(tenants.items()))
    if operator is None or operator not in tenants:
        raise LocalError("pki-tenant-unknown", "The PKI does not know this operator.", where=operator)
    return operator, tenants[operator]
