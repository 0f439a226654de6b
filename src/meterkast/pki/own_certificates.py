"""What the operator's own machines get: servers, readers, whoever signs orders, responders, logs."""

from collections.abc import Callable
from datetime import datetime
from secrets import token_bytes

from cryptography import x509
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric import ec

from meterkast.model.errors import TrustError
from meterkast.outside.keystore import HybridPublicKey
from meterkast.outside.trust import OPERATOR_ENC
from meterkast.pki.holder import Holder
from meterkast.pki.office import Office
from meterkast.pki.template import PublicKey, SigningPublicKey
from meterkast.protocols.x509 import Purpose

Unseal = Callable[[bytes, bytes], bytes]
Keep = Callable[[list[x509.Certificate]], None]


class OwnCertificates(Office):
    """Certifies keys that the operator itself brings.

    Every method raises PeerError ``pki-request-key-reused`` for a key that was certified for somebody or
    something else, or whose certificate was revoked or has ended.
    """

    def certify_server(
        self, dns_name: str, key: ec.EllipticCurvePublicKey, now: datetime
    ) -> list[x509.Certificate]:
        """The TLS certificate of one of the operator's servers, with its chain."""
        return self._certify_own(Purpose.TLS_SERVER, Holder.server(dns_name), key, now)

    def certify_operator(
        self,
        operator: str,
        key: HybridPublicKey,
        unseal: Unseal,
        now: datetime,
        *,
        keep: Keep | None = None,
    ) -> list[x509.Certificate]:
        """The operator's encryption certificate with its chain, published in the trust folder.

        A key that cannot sign proves possession by opening what is sealed to it (RFC 4211, 4.2).

        Args:
            operator: whose it is.
            key: its public halves.
            unseal: opens with its private ones.
            now: real time.
            keep: called with the chain before it is published: who reads must know it before anybody seals.

        Raises:
            TrustError: ``pki-request-proof`` where it does not; nothing is signed then.
            LintError: ``pki-lint-failed`` for the name of another operator.
        """
        _require_possession(key, unseal)
        chain = self._certify_own(Purpose.OPERATOR_ENC, Holder.operator(operator), key, now)
        if keep is not None:
            keep(chain)
        self.trust.publish(OPERATOR_ENC, chain)
        return chain

    def certify_orders(
        self, operator: str, key: ec.EllipticCurvePublicKey, now: datetime
    ) -> list[x509.Certificate]:
        """The certificate with which the operator signs orders to its gateways, with its chain."""
        return self._certify_own(Purpose.OPERATOR_ORDER, Holder.operator(operator), key, now)

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
        return self._certify_own(purpose, Holder.role(self.operator, role), key, now, by=by)

    def _certify_own(
        self, purpose: Purpose, holder: Holder, key: PublicKey, now: datetime, *, by: str | None = None
    ) -> list[x509.Certificate]:
        with self._records() as records:
            # a log is its key, so that it comes back with the same one whenever that is
            is_log = purpose is Purpose.LOG
            records.keys.require_own(key, purpose, holder.name, now, ended=is_log)
            issued = self._certify(purpose, holder, key, now, by=by)
            records.issued.add(issued)
            self._bear_witness([issued])
        return self._with_chain(issued)


def _require_possession(key: HybridPublicKey, unseal: Unseal) -> None:
    suite = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
    challenge, info = token_bytes(32), b"meterkast proof of possession"
    sealed = suite.encrypt(challenge, hpke.MLKEM768X25519PublicKey(key.mlkem, key.x25519), info)
    try:
        answer = unseal(sealed, info)
    except TrustError:
        answer = b""
    if answer != challenge:
        raise TrustError("pki-request-proof", "The request is not accepted.")
