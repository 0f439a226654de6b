"""The operator's certification authority: issues to devices and the operator's machines, and revokes."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from secrets import token_bytes

from cryptography import x509
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric import ec

from meterkast.model.errors import LocalError, TrustError
from meterkast.model.identity import SystemTitle
from meterkast.outside.keystore import HybridPublicKey, KeyKind, SoftwareKeystore
from meterkast.outside.trust import CHAIN, OPERATOR_ENC, TrustFolder
from meterkast.pki.holder import Holder
from meterkast.pki.issuer import Issuer, PublicKey
from meterkast.pki.register import IssuedCertificate, Register
from meterkast.pki.request import requested_key
from meterkast.pki.root import Root
from meterkast.protocols.x509 import PROFILES, Purpose, recipient_key
from meterkast.protocols.x509.profile import DEVICE_POLICIES, OPERATOR_POLICIES

LIST_LIFE = timedelta(days=7)
DEVICE_PURPOSES = (Purpose.TLS, Purpose.SIG, Purpose.ENC)

_DEVICE, _OPERATOR = "device", "operator"
_AUTHORITIES = {_DEVICE: DEVICE_POLICIES, _OPERATOR: OPERATOR_POLICIES}
_ISSUERS = {
    purpose: label
    for label, policies in _AUTHORITIES.items()
    for purpose, profile in PROFILES.items()
    if profile.policy in policies
}
_log = logging.getLogger("meterkast.pki")

Unseal = Callable[[bytes, bytes], bytes]


class Authority:
    """The issuing authorities of one operator, at work in a folder; the root's folder is not needed.

    Raises:
        LocalError: ``keystore-label-unknown`` where the folder holds no authority.
    """

    def __init__(self, folder: Path, trust: TrustFolder) -> None:
        self.trust = trust
        keystore = SoftwareKeystore(folder / "issuing")
        self._issuers = {label: Issuer(keystore, label) for label in _AUTHORITIES}
        self._register = Register(folder / "register.sqlite")

    @classmethod
    def create(cls, folder: Path, trust: TrustFolder, *, operator: str, now: datetime) -> "Authority":
        """The ceremony: root, issuing authorities below it, and everything published in the trust folder."""
        root = Root.create(folder / "root", operator=operator, now=now)
        keystore = SoftwareKeystore(folder / "issuing")
        chain = []
        for label, policies in _AUTHORITIES.items():
            keystore.generate(label, KeyKind.EC_P384)
            certificate = root.certify(
                keystore.public_key(label), operator=operator, label=label, policies=policies, now=now
            )
            keystore.put_certificate(label, [certificate])
            chain.append(certificate)
        root.publish(trust, revoked=[], now=now)
        trust.publish(CHAIN, chain)
        authority = cls(folder, trust)
        authority.publish(now)
        return authority

    def expect(self, title: SystemTitle, *, operator: str) -> None:
        """Puts a new gateway on the inventory: it may enrol, once per purpose."""
        self._register.expect(str(title), operator, DEVICE_PURPOSES)

    def release(self, title: SystemTitle, now: datetime) -> None:
        """Lets a gateway enrol anew (RQ-05); its earlier certificates are revoked, for it lost their keys.

        Raises:
            LocalError: ``pki-device-unknown`` where it is not on the inventory.
        """
        self._register.release(str(title), DEVICE_PURPOSES, now)
        self.publish(now)

    def issue(
        self, request: bytes, purpose: Purpose, title: SystemTitle, now: datetime
    ) -> list[x509.Certificate]:
        """The certificate for a gateway's request (PKCS#10 in DER) and its chain without the root.

        The same key asking again gets the certificate it has: an answer lost on the way costs nothing.

        Raises:
            PeerError: ``pki-request-malformed``, ``pki-request-proof`` or ``pki-request-key``.
            TrustError: ``pki-not-admitted`` where the gateway is not expected or has enrolled already.
        """
        if purpose not in DEVICE_PURPOSES:
            raise LocalError("pki-profile-mismatch", "Devices get certificates for TLS, SIG and ENC.")
        key = requested_key(request)
        holder = Holder.device(title)
        earlier = self._earlier(holder.name, purpose, key)
        if earlier is not None:
            return self._with_chain(earlier)
        issued = self._register.issue_once(
            holder.name, purpose, lambda: self._certify(purpose, holder, key, now)
        )
        return self._with_chain(issued)

    def certify_server(
        self, dns_name: str, key: ec.EllipticCurvePublicKey, now: datetime
    ) -> list[x509.Certificate]:
        """The TLS certificate of one of the operator's servers, with its chain."""
        issued = self._certify(Purpose.TLS_SERVER, Holder.server(dns_name), key, now)
        self._register.record(issued)
        return self._with_chain(issued)

    def certify_operator(
        self, operator: str, key: HybridPublicKey, unseal: Unseal, now: datetime
    ) -> list[x509.Certificate]:
        """The operator's encryption certificate with its chain, published in the trust folder.

        A key that cannot sign proves possession by opening what is sealed to it (RFC 4211, 4.2).

        Raises:
            TrustError: ``pki-request-proof`` where it does not.
        """
        issued = self._certify(Purpose.OPERATOR_ENC, Holder.operator(operator), key, now)
        _require_possession(issued.certificate, unseal)
        self._register.record(issued)
        chain = self._with_chain(issued)
        self.trust.publish(OPERATOR_ENC, chain)
        return chain

    def certify_orders(
        self, operator: str, key: ec.EllipticCurvePublicKey, now: datetime
    ) -> list[x509.Certificate]:
        """The certificate with which the operator signs orders to its gateways, with its chain."""
        issued = self._certify(Purpose.OPERATOR_ORDER, Holder.operator(operator), key, now)
        self._register.record(issued)
        return self._with_chain(issued)

    def revoke(self, serial: int, now: datetime) -> None:
        """Revokes a certificate and publishes the lists: the next connection sees it (RQ-07).

        Raises:
            LocalError: ``pki-serial-unknown`` where there is nothing to revoke.
        """
        if not self._register.revoke(serial, now):
            raise LocalError("pki-serial-unknown", "There is no certificate with this number to revoke.")
        _log.warning("pki-revoked serial=%x", serial)
        self.publish(now)

    def publish(self, now: datetime) -> None:
        """Signs the revocation lists of the issuing authorities anew; due at least every ``LIST_LIFE``."""
        with self._register.revocations() as revoked:
            for label, issuer in self._issuers.items():
                revocation_list = issuer.revocation_list(revoked(label), now=now, life=LIST_LIFE)
                self.trust.publish(f"{label}.crl.pem", [revocation_list])

    def issued(self, holder: str) -> list[IssuedCertificate]:
        """Every certificate of a system title, DNS name or operator, oldest first."""
        return self._register.issued(holder)

    def devices(self) -> list[tuple[str, str]]:
        """System title and operator of every gateway on the inventory."""
        return self._register.devices()

    def authorities(self) -> list[x509.Certificate]:
        """Root and issuing authorities, as EST ``cacerts`` gives them."""
        return [*self.trust.anchors(), *(issuer.certificate for issuer in self._issuers.values())]

    def _certify(self, purpose: Purpose, holder: Holder, key: PublicKey, now: datetime) -> IssuedCertificate:
        label = _ISSUERS[purpose]
        certificate = self._issuers[label].certify(PROFILES[purpose], holder, key, now)
        _log.info("pki-issued purpose=%s holder=%s", purpose, holder.name)
        return IssuedCertificate(
            holder=holder.name,
            purpose=purpose,
            issuer=label,
            certificate=certificate,
            issued_at=now,
            revoked_at=None,
        )

    def _earlier(
        self, holder: str, purpose: Purpose, key: ec.EllipticCurvePublicKey
    ) -> IssuedCertificate | None:
        for issued in self._register.issued(holder):
            live = issued.purpose is purpose and issued.revoked_at is None
            if live and issued.certificate.public_key() == key:
                return issued
        return None

    def _with_chain(self, issued: IssuedCertificate) -> list[x509.Certificate]:
        return [issued.certificate, self._issuers[issued.issuer].certificate]


def _require_possession(certificate: x509.Certificate, unseal: Unseal) -> None:
    suite = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
    challenge, info = token_bytes(32), b"meterkast proof of possession"
    try:
        answer = unseal(suite.encrypt(challenge, recipient_key(certificate).key, info), info)
    except TrustError:
        answer = b""
    if answer != challenge:
        raise TrustError("pki-request-proof", "The request is not accepted.")
