"""A key of the operator's own: of a server, for reading, for orders; followed by the next before it ends."""

import logging
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from meterkast.model.errors import PeerError
from meterkast.outside.keystore import KeyKind, Keystore
from meterkast.outside.trust import OPERATOR_ENC
from meterkast.pki.authority import Authority
from meterkast.protocols.x509 import Purpose, server_name
from meterkast.protocols.x509.generation import following, newest
from meterkast.protocols.x509.renewal import renewal_due

_log = logging.getLogger("meterkast.pki")


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnKey:
    """All generations of it: ``tls``, then ``tls-g2`` beside it. Whoever uses it takes the newest.

    The key is made first, and nobody uses it; the moment its certificate is in the keystore, everybody does.
    Killed in between, it goes on with the key that is there.

    Attributes:
        keystore: where it is.
        label: of the first generation.
        purpose: TLS_SERVER, OPERATOR_ENC or OPERATOR_ORDER.
        holder: DNS name of the server, or the operator.
    """

    keystore: Keystore
    label: str
    purpose: Purpose
    holder: str

    @classmethod
    def server(cls, keystore: Keystore, dns_name: str) -> "OwnKey":
        """With which a server shows who it is."""
        return cls(keystore=keystore, label="tls", purpose=Purpose.TLS_SERVER, holder=dns_name)

    @classmethod
    def of_server(cls, keystore: Keystore) -> "OwnKey":
        """That of a server with a certificate, which says its name.

        Raises:
            LocalError: ``keystore-label-unknown`` where it has none.
        """
        return cls.server(keystore, server_name(keystore.certificate(newest(keystore.certified(), "tls"))[0]))

    @classmethod
    def recipient(cls, keystore: Keystore, operator: str) -> "OwnKey":
        """With which the operator opens envelopes; every generation opens what was sealed to it."""
        return cls(keystore=keystore, label="enc", purpose=Purpose.OPERATOR_ENC, holder=operator)

    @classmethod
    def orders(cls, keystore: Keystore, operator: str) -> "OwnKey":
        """With which the operator signs orders to its gateways."""
        return cls(keystore=keystore, label="order", purpose=Purpose.OPERATOR_ORDER, holder=operator)

    def current(self) -> str:
        """The label of the newest generation that has a certificate; of the first where none has."""
        return newest(self.keystore.certified(), self.label)

    def due(self) -> datetime:
        """When two thirds of the newest certificate's life are over.

        Raises:
            LocalError: ``keystore-label-unknown`` where there is no certificate yet.
        """
        return renewal_due(self.keystore.certificate(self.current())[0])

    def keep_up(self, authority: Authority, now: datetime, *, early: bool = False) -> bool:
        """Has the next generation certified where it is due, or ``early``; whether there is a new one.

        Raises:
            MeterkastError: as ``certify``.
        """
        is_new = early or now >= self.due()
        if is_new:
            self.certify(authority, now)
        elif self.purpose is Purpose.OPERATOR_ENC:
            self._publish(authority)
        return is_new

    def certify(self, authority: Authority, now: datetime) -> str:
        """The next generation, or the first: its key, then its certificate; gives its label.

        Whoever is killed when the certificate was issued and not yet kept has it issued once more: one that
        nobody uses stays in the register.

        Raises:
            MeterkastError: as the authority and the keystore do.
        """
        label = following(self.keystore.certified(), self.label)
        if label in self.keystore.labels():
            try:
                self._certify(authority, label, now)
            except PeerError:  # its certificate was never kept, and has ended or was revoked since
                self.keystore.destroy(label)
        if label not in self.keystore.labels():
            reader = self.purpose is Purpose.OPERATOR_ENC
            self.keystore.generate(label, KeyKind.HYBRID_KEM if reader else KeyKind.EC_P256)
            self._certify(authority, label, now)
        _log.info("pki-own-certified holder=%s purpose=%s label=%s", self.holder, self.purpose, label)
        return label

    def _certify(self, authority: Authority, label: str, now: datetime) -> None:
        if self.purpose is Purpose.OPERATOR_ENC:
            self._certify_recipient(authority, label, now)
        else:
            self.keystore.put_certificate(label, self._chain(authority, label, now))

    def _chain(self, authority: Authority, label: str, now: datetime) -> list[x509.Certificate]:
        server = self.purpose is Purpose.TLS_SERVER
        certify = authority.certify_server if server else authority.certify_orders
        return certify(self.holder, self.keystore.public_key(label), now)

    def _certify_recipient(self, authority: Authority, label: str, now: datetime) -> None:
        keystore = self.keystore
        authority.certify_operator(
            self.holder,
            keystore.kem_public_key(label),
            lambda sealed, info: keystore.unseal(label, sealed, info),
            now,
            keep=lambda chain: keystore.put_certificate(label, chain),
        )

    def _publish(self, authority: Authority) -> None:
        """What was kept and not published when somebody was killed."""
        chain = self.keystore.certificate(self.current())
        if authority.trust.operator_enc() != chain:
            authority.trust.publish(OPERATOR_ENC, chain)
