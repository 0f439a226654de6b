"""The certification authority of one operator: issues to devices and the operator's machines, and revokes."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_bytes

from cryptography import x509
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric import ec

from meterkast.model.deployment import Profile as Deployment
from meterkast.model.errors import LocalError, MeterkastError, PeerError, TrustError
from meterkast.model.identity import SystemTitle
from meterkast.outside.keystore import HybridPublicKey, Keystore, open_keystore
from meterkast.outside.trust import OPERATOR_ENC, TrustFolder
from meterkast.pki.crossing import Event
from meterkast.pki.holder import Holder
from meterkast.pki.issued import IssuedCertificate
from meterkast.pki.issuer import Issuer
from meterkast.pki.publishing import Publisher
from meterkast.pki.register import Records, Register
from meterkast.pki.request import requested_key
from meterkast.pki.root import LIST_ADDRESS
from meterkast.pki.ruling import rules_of
from meterkast.pki.template import PublicKey, SigningPublicKey
from meterkast.protocols.x509 import Purpose, Rules, recipient_key
from meterkast.protocols.x509.algorithm import Status, key_algorithm
from meterkast.protocols.x509.generation import generations, label_of
from meterkast.protocols.x509.profile import Profile
from meterkast.protocols.x509.renewal import RENEWAL_GRACE, renewal_due

DEVICE_PURPOSES = (Purpose.TLS, Purpose.SIG, Purpose.ENC)
ISSUING = ("device", "operator", "update", "ocsp")

_log = logging.getLogger("meterkast.pki")

Unseal = Callable[[bytes, bytes], bytes]
Witness = Callable[[Sequence[IssuedCertificate]], None]
"""Called with what is about to be issued, before it counts; where it raises, nothing is issued."""


class Authority:
    """The issuing authorities of one operator, at work in a folder; the root's folder is not needed.

    Args:
        folder: of the PKI: ``register.sqlite``, ``issuing/``, ``tenants/SHORT/issuing/``, ``rules.toml``.
        trust: the operator's trust folder.
        operator: whose it is; None for the one that founded the PKI.
        rules: profiles and algorithms; None for those of the folder.
        keystore: with the keys of the authorities; None for the one in its place.
        profile: what it may start with; in production no keys in plain files.
        witness: sees every certificate before it counts, such as a transparency log.

    Raises:
        LocalError: ``keystore-label-unknown`` where there is no authority, ``pki-missing``,
            ``pki-tenant-unknown``.
        TrustError: ``keystore-software-refused``, as ``open_keystore`` does in production.
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
        self._issuers = self._open_issuers()
        self._publisher = Publisher(self._register, self.operator, trust)

    def expect(self, title: SystemTitle, *, operator: str | None = None) -> None:
        """Puts a new gateway on the inventory: it may enrol, once per purpose.

        Where another operator expects it already, that one keeps it, both are told, and this one is not.

        Raises:
            LocalError: ``pki-tenant-unknown`` where ``operator`` is not this authority's.
        """
        if operator not in {None, self.operator}:
            raise LocalError("pki-tenant-unknown", "The authority is another operator's.", where=operator)
        self.expect_all([title])

    def expect_all(self, titles: Sequence[SystemTitle]) -> set[SystemTitle]:
        """As ``expect``, for many in one transaction; gives those that may still ask for a certificate."""
        now = _real_time()
        with self._register.records(self.operator) as records:
            for title in titles:
                if not records.crossings.holder(str(title), now):
                    records.inventory.expect(str(title), DEVICE_PURPOSES)
            return {title for title in titles if records.inventory.may_ask(str(title))}

    def release(self, title: SystemTitle, now: datetime) -> None:
        """Lets a gateway enrol anew (RQ-05); its earlier certificates are revoked, for it lost their keys.

        Raises:
            LocalError: ``pki-device-unknown`` where it is not on the inventory.
        """
        lists: list[tuple[str, int]] = []
        with self._register.records(self.operator) as records:
            known = records.inventory.knows(str(title))
            if not known:
                records.crossings.holder(str(title), now)
            else:
                lists = [
                    self._revoke(records, issued, now)
                    for issued in records.issued.of(str(title))
                    if issued.revoked_at is None
                ]
                records.inventory.admit(str(title), DEVICE_PURPOSES)
        if not known:
            message = "The device is not on the inventory."
            raise LocalError("pki-device-unknown", message, where=str(title))
        self._publisher.publish(self._believed(now), now, only=lists)

    def issue(
        self, request: bytes, purpose: Purpose, title: SystemTitle, now: datetime
    ) -> list[x509.Certificate]:
        """The certificate for a gateway's request (PKCS#10 in DER) and its chain without the root.

        The same key asking again gets the certificate it has: an answer lost on the way costs nothing.

        Raises:
            PeerError: ``pki-request-malformed``, ``pki-request-proof`` or ``pki-request-key``.
            TrustError: ``pki-not-admitted`` where the gateway is not expected or has enrolled already.
        """
        with self._register.records(self.operator) as records:
            issued, is_new = self._enrol(records, request, purpose, title, now)
            self._bear_witness([issued] if is_new else [])
        return self._with_chain(issued)

    def issue_all(
        self, requests: Sequence[tuple[bytes, Purpose, SystemTitle]], now: datetime
    ) -> list[IssuedCertificate | MeterkastError]:
        """As ``issue``, for many at once and in one transaction; one that is refused holds up no other."""
        answers: list[IssuedCertificate | MeterkastError] = []
        fresh: list[IssuedCertificate] = []
        with self._register.records(self.operator) as records:
            for request, purpose, title in requests:
                try:
                    issued, is_new = self._enrol(records, request, purpose, title, now)
                except (PeerError, TrustError) as error:
                    answers.append(error)
                    continue
                answers.append(issued)
                if is_new:
                    fresh.append(issued)
            self._bear_witness(fresh)
        return answers

    def renew(
        self, request: bytes, purpose: Purpose, title: SystemTitle, now: datetime
    ) -> list[x509.Certificate]:
        """The next certificate of an enrolled gateway, for a new key; the one before stays until it ends.

        Due from two thirds of a certificate's life (RQ-06), and until ``RENEWAL_GRACE`` after its end.

        Raises:
            PeerError: as ``issue`` does, and ``pki-request-key-reused`` for a key that had a certificate.
            TrustError: ``pki-renewal-early`` or ``pki-not-admitted``.
        """
        profile = self._device_profile(purpose)
        key = requested_key(request, profile, title)
        with self._register.records(self.operator) as records:
            earlier = [each for each in records.issued.of(str(title)) if each.purpose is purpose]
            live = [each for each in earlier if each.revoked_at is None]
            if not live or not records.inventory.knows(str(title)):
                raise _not_admitted()
            newest = live[-1]
            if newest.certificate.public_key() == key:
                return self._with_chain(newest)
            if any(each.certificate.public_key() == key for each in earlier):
                raise PeerError("pki-request-key-reused", "The key had a certificate before.")
            if now > newest.certificate.not_valid_after_utc + RENEWAL_GRACE:
                raise _not_admitted()
            if now < renewal_due(newest.certificate):
                raise TrustError("pki-renewal-early", "The request is not accepted.")
            issued = self._certify(purpose, Holder.device(title), key, now)
            records.issued.add(issued)
            self._bear_witness([issued])
        return self._with_chain(issued)

    def certify_server(
        self, dns_name: str, key: ec.EllipticCurvePublicKey, now: datetime
    ) -> list[x509.Certificate]:
        """The TLS certificate of one of the operator's servers, with its chain."""
        return self._record(self._certify(Purpose.TLS_SERVER, Holder.server(dns_name), key, now))

    def certify_operator(
        self, operator: str, key: HybridPublicKey, unseal: Unseal, now: datetime
    ) -> list[x509.Certificate]:
        """The operator's encryption certificate with its chain, published in the trust folder.

        A key that cannot sign proves possession by opening what is sealed to it (RFC 4211, 4.2).

        Raises:
            TrustError: ``pki-request-proof`` where it does not.
            LintError: ``pki-lint-failed`` for the name of another operator.
        """
        issued = self._certify(Purpose.OPERATOR_ENC, Holder.operator(operator), key, now)
        _require_possession(issued.certificate, unseal)
        chain = self._record(issued)
        self.trust.publish(OPERATOR_ENC, chain)
        return chain

    def certify_orders(
        self, operator: str, key: ec.EllipticCurvePublicKey, now: datetime
    ) -> list[x509.Certificate]:
        """The certificate with which the operator signs orders to its gateways, with its chain."""
        return self._record(self._certify(Purpose.OPERATOR_ORDER, Holder.operator(operator), key, now))

    def certify_role(
        self,
        purpose: Purpose,
        key: SigningPublicKey,
        now: datetime,
        *,
        role: str,
        by: str | None = None,
    ) -> list[x509.Certificate]:
        """A certificate for a part of the operator's own: an OCSP responder, an update signer, a log.

        Args:
            purpose: OCSP, UPDATE or LOG.
            key: its key.
            now: real time.
            role: what it is called; the common name.
            by: the authority that vouches, such as ``device-g2`` for the responder that answers for it; None
                for the newest that the profile names.
        """
        holder = Holder.role(self.operator, role)
        return self._record(self._certify(purpose, holder, key, now, by=by))

    def revoke(self, serial: int, now: datetime) -> None:
        """Revokes a certificate and publishes the lists: the next connection sees it (RQ-07).

        Raises:
            LocalError: ``pki-serial-unknown`` where there is nothing of this operator's to revoke.
        """
        with self._register.records(self.operator) as records:
            issued = records.issued.revoke(serial, now)
            place = None if issued is None else self._list(records, issued, now)
            if place is None:
                records.crossings.serial(serial, now)
        if place is None:
            raise LocalError("pki-serial-unknown", "There is no certificate with this number to revoke.")
        _log.warning("pki-revoked serial=%x", serial)
        self._publisher.publish(self._believed(now), now, only=[place])

    def publish(self, now: datetime) -> None:
        """Signs the revocation lists of the issuing authorities anew; due well before the last ones end.

        Where a ceremony has signed lists of the root ahead, the one that has begun comes out too.
        """
        self._publisher.publish(self._believed(now), now)
        self._publisher.publish_ahead(now)

    def issued(self, holder: str) -> list[IssuedCertificate]:
        """Every certificate of a system title, DNS name or operator, oldest first."""
        with self._register.records(self.operator) as records:
            records.crossings.holder(holder, _real_time())
            return records.issued.of(holder)

    def issued_since(self, position: int, limit: int = 1000) -> list[tuple[int, IssuedCertificate]]:
        """What was issued behind a position, each with its own position: for whoever keeps a copy."""
        with self._register.records(self.operator) as records:
            return records.issued.since(position, limit)

    def recover(self, copies: Iterable[IssuedCertificate]) -> int:
        """Takes back what was issued since the backup from which the register was restored (RQ-32).

        Without it a gateway that has renewed since is unknown by its certificates: they could not be revoked,
        and it could not renew again.

        Args:
            copies: from whoever keeps them, a witness or the log. What is known already is passed by.

        Returns:
            How many the register had lost.
        """
        recovered = 0
        with self._register.records(self.operator) as records:
            for issued in copies:
                serial = issued.certificate.serial_number
                known = (each.certificate.serial_number for each in records.issued.of(issued.holder))
                if serial not in known:
                    records.issued.add(issued)
                    records.inventory.use_admission(issued.holder, issued.purpose)
                    recovered += 1
        return recovered

    def devices(self) -> list[tuple[str, str]]:
        """System title and operator of every gateway on the inventory."""
        with self._register.records(self.operator) as records:
            return records.inventory.devices()

    def events(self) -> list[Event]:
        """What the operator should know of: other operators asking for what is its own, and the reverse."""
        with self._register.records(self.operator) as records:
            return records.crossings.events()

    def issuing(self, now: datetime) -> list[str]:
        """Names of the issuing authorities that still live, earlier generations among them."""
        return [each.name for each in self._issuers if each.certificate.not_valid_after_utc > now]

    def authorities(self) -> list[x509.Certificate]:
        """Roots and issuing authorities, as EST ``cacerts`` gives them."""
        return [*self.trust.anchors(), *self.trust.intermediates()]

    def _believed(self, now: datetime) -> list[Issuer]:
        """Those on whose lists anything depends: they live, and their algorithm is not forbidden."""
        status = self.rules.algorithms.status
        return [
            each
            for each in self._issuers
            if each.certificate.not_valid_after_utc > now
            and status(key_algorithm(each.public_key()), now) is not Status.FORBIDDEN
        ]

    def _open_issuers(self) -> list[Issuer]:
        certified = self._keystore.certified()
        names = [name for label in ISSUING for name in generations(certified, label) or [label]]
        with self._register.records(self.operator) as records:
            return [self._open_issuer(records, name) for name in names]

    def _open_issuer(self, records: Records, name: str) -> Issuer:
        profile = self.rules.authorities[label_of(name)]
        profile = replace(profile, shards=records.revocations.shards(name, profile.shards))
        return Issuer(self._keystore, name, profile, rules=self.rules, address=self._address)

    def _device_profile(self, purpose: Purpose) -> Profile:
        if purpose not in DEVICE_PURPOSES:
            raise LocalError("pki-profile-mismatch", "Devices get certificates for TLS, SIG and ENC.")
        return self.rules.profiles[purpose]

    def _enrol(
        self, records: Records, request: bytes, purpose: Purpose, title: SystemTitle, now: datetime
    ) -> tuple[IssuedCertificate, bool]:
        """The certificate for a request, and whether it is a new one."""
        key = requested_key(request, self._device_profile(purpose), title)
        holder = Holder.device(title)
        for earlier in records.issued.of(holder.name):
            live = earlier.purpose is purpose and earlier.revoked_at is None
            if live and earlier.certificate.public_key() == key:
                return earlier, False
        if not records.inventory.use_admission(holder.name, purpose):
            raise _not_admitted()
        issued = self._certify(purpose, holder, key, now)
        records.issued.add(issued)
        return issued, True

    def _record(self, issued: IssuedCertificate) -> list[x509.Certificate]:
        with self._register.records(self.operator) as records:
            records.issued.add(issued)
            self._bear_witness([issued])
        return self._with_chain(issued)

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
        return next(issuer for issuer in self._issuers if issuer.name == name)

    def _newest(self, label: str) -> Issuer:
        return [issuer for issuer in self._issuers if label_of(issuer.name) == label][-1]

    def _revoke(self, records: Records, issued: IssuedCertificate, now: datetime) -> tuple[str, int]:
        records.issued.revoke(issued.certificate.serial_number, now)
        return self._list(records, issued, now)

    def _list(self, records: Records, issued: IssuedCertificate, now: datetime) -> tuple[str, int]:
        """Puts a revoked certificate on the list it points at; gives authority and shard."""
        certificate = issued.certificate
        issuer = self._named(issued.issuer)
        shard = certificate.serial_number % issuer.profile.shards
        records.revocations.add(
            issuer.name,
            shard,
            certificate.serial_number,
            at=now,
            until=certificate.not_valid_after_utc,
        )
        return issuer.name, shard

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


def _tenant(register: Register, operator: str | None) -> tuple[str, str]:
    tenants = register.tenants()
    if operator is None and tenants:
        return next(iter(tenants.items()))
    if operator is None or operator not in tenants:
        raise LocalError("pki-tenant-unknown", "The PKI does not know this operator.", where=operator)
    return operator, tenants[operator]


def _require_possession(certificate: x509.Certificate, unseal: Unseal) -> None:
    suite = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
    challenge, info = token_bytes(32), b"meterkast proof of possession"
    try:
        answer = unseal(suite.encrypt(challenge, recipient_key(certificate).key, info), info)
    except TrustError:
        answer = b""
    if answer != challenge:
        raise TrustError("pki-request-proof", "The request is not accepted.")


def _not_admitted() -> TrustError:
    return TrustError("pki-not-admitted", "The request is not accepted.")


def _real_time() -> datetime:
    return datetime.now(UTC)
