"""Enrolling and renewing: own keys, and the operator's certificates for them (RFC 7030)."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509

from meterkast.gateway.est import ENROL, RENEW, EstVisit, certification_request
from meterkast.gateway.holdings import current, upcoming
from meterkast.gateway.lists import fetch_lists
from meterkast.gateway.pki_address import EstAddress, PkiAddress
from meterkast.gateway.pki_line import NETWORK, PkiLine
from meterkast.model.errors import TrustError
from meterkast.model.identity import SystemTitle
from meterkast.outside.clock import SystemClock
from meterkast.outside.keystore import Keystore
from meterkast.outside.trust import TrustFolder
from meterkast.protocols.x509 import RULES, Purpose, Rules, validate
from meterkast.protocols.x509.renewal import renewal_due

BIRTH_LABEL = "birth"
PURPOSES = (Purpose.TLS, Purpose.SIG, Purpose.ENC)
_log = logging.getLogger("meterkast.gateway")


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """One gateway and its operator's PKI.

    Attributes:
        title: our own system title; a certificate that names another is refused.
        keystore: holds the birth key and certificate under ``birth``.
        trust: the operator's roots, authorities and revocation lists.
        address: where that is.
        line: the way there.
        rules: profiles and algorithms that we believe.
    """

    title: SystemTitle
    keystore: Keystore
    trust: TrustFolder
    address: PkiAddress
    line: PkiLine = NETWORK
    rules: Rules = RULES

    def identity(self) -> str:
        """The label that we show: of our TLS certificate, or of birth where that is missing or revoked."""
        tls = current(self.keystore, Purpose.TLS)
        enrolled = tls in self.keystore.certified() and Purpose.TLS not in self.revoked()
        return tls if enrolled else BIRTH_LABEL

    def enrol(self, now: datetime) -> None:
        """Gets what is missing, by the birth certificate; raises as the function ``enrol`` does."""
        certified = self.keystore.certified()
        missing = [purpose for purpose in PURPOSES if current(self.keystore, purpose) not in certified]
        self._fill(missing, ENROL, BIRTH_LABEL, now)

    def renew(self, now: datetime) -> list[Purpose]:
        """Gets the next generation of what is due, and anew, by birth, what was revoked; gives the purposes.

        Nobody is dialled where nothing is due. May be interrupted anywhere. A gateway whose certificates were
        revoked is let in by birth if the operator has released it (RQ-05), and else refused.
        """
        lost = self.revoked()
        self._fill(lost, ENROL, BIRTH_LABEL, now)
        purposes = [purpose for purpose in due(self.keystore, now) if purpose not in lost]
        self._fill(purposes, RENEW, current(self.keystore, Purpose.TLS), now)
        return [*lost, *purposes]

    def revoked(self) -> list[Purpose]:
        """Purposes whose certificate is on a list that we hold."""
        lists = self.trust.crls()
        return [
            purpose
            for purpose in PURPOSES
            if (label := current(self.keystore, purpose)) in self.keystore.certified()
            and _is_on(lists, self.keystore.certificate(label)[0])
        ]

    def _fill(self, purposes: Sequence[Purpose], operation: str, identity: str, now: datetime) -> None:
        if not purposes:
            return
        with self.line.visit(self.keystore, identity, self.trust, self.address.est) as ask:
            est = EstVisit(ask)
            for purpose in purposes:
                label = upcoming(self.keystore, purpose)
                certificate = self._asked(est, operation, purpose, label)
                self.keystore.put_certificate(label, self._believed(certificate, label, purpose, now))
                _log.info("gateway-enrolled gateway=%s purpose=%s", self.title, purpose)

    def _asked(self, est: EstVisit, operation: str, purpose: Purpose, label: str) -> x509.Certificate:
        """The certificate for the key under a label; a key of an earlier visit gives way if it is refused."""
        if label in self.keystore.labels():
            try:
                return self._certified(est, operation, purpose, label)
            except TrustError as error:
                if error.code != "enrol-request-refused":
                    raise
                _log.warning("gateway-key-refused gateway=%s label=%s: another is made", self.title, label)
                self.keystore.destroy(label)
        self.keystore.generate(label, est.kind_wanted(purpose))
        return self._certified(est, operation, purpose, label)

    def _certified(self, est: EstVisit, operation: str, purpose: Purpose, label: str) -> x509.Certificate:
        return est.certify(operation, purpose, certification_request(self.keystore, label, self.title))

    def _believed(
        self, certificate: x509.Certificate, label: str, purpose: Purpose, now: datetime
    ) -> list[x509.Certificate]:
        """The chain without the root: for our key, in our name, and one that others will believe."""
        if certificate.public_key() != self.keystore.signer(label).public_key():
            raise _foreign()
        trust = self.trust
        if self.address.lists is not None:  # it may point at another list than our certificates so far
            fetch_lists(trust, [certificate], self.address.lists, self.line)
        validated = validate(
            certificate,
            trust.intermediates(),
            trust.anchors(),
            trust.crls(),
            now,
            purpose,
            rules=self.rules,
        )
        if validated.title != self.title:
            raise _foreign()
        return list(validated.chain[:-1])


def enrol(
    keystore: Keystore,
    *,
    est_host: str,
    est_port: int,
    server_name: str,
    trust: TrustFolder,
    title: SystemTitle,
) -> None:
    """Fills the labels ``tls``, ``sig`` and ``enc`` in one visit: a fresh key each, and its certificate.

    What is there already stays, so an enrolment that was interrupted goes on where it stopped.

    Args:
        keystore: holds the birth key and certificate under ``birth``.
        est_host: address of the enrolment server.
        est_port: its port.
        server_name: the DNS name its certificate must carry.
        trust: the operator's roots, authorities and revocation lists.
        title: our own system title; a certificate that names another is refused.

    Raises:
        UnreachableError: ``https-unreachable``.
        TrustError: ``https-tls-refused``, ``enrol-refused`` (not expected, or enrolled before),
            ``enrol-request-refused``, ``enrol-certificate-foreign``, or a ``certificate-…`` code.
        PeerError: ``enrol-answer-malformed`` or ``https-malformed``.
    """
    address = PkiAddress(est=EstAddress(host=est_host, port=est_port, server_name=server_name))
    Enrolment(title=title, keystore=keystore, trust=trust, address=address).enrol(_real_time())


def renew(
    keystore: Keystore, *, address: EstAddress, trust: TrustFolder, title: SystemTitle, now: datetime
) -> list[Purpose]:
    """Gets the next generation of every certificate that is due; as ``Enrolment.renew``, raises as ``enrol``.

    The key and certificate before stay where they are, and stay valid until they end.
    """
    whole = PkiAddress(est=address)
    return Enrolment(title=title, keystore=keystore, trust=trust, address=whole).renew(now)


def due(keystore: Keystore, now: datetime) -> list[Purpose]:
    """Purposes whose certificate has two thirds of its life behind it."""
    return [
        purpose
        for purpose in PURPOSES
        if now >= renewal_due(keystore.certificate(current(keystore, purpose))[0])
    ]


def _is_on(lists: Sequence[x509.CertificateRevocationList], certificate: x509.Certificate) -> bool:
    issuer, serial = certificate.issuer, certificate.serial_number
    return any(
        each.get_revoked_certificate_by_serial_number(serial) is not None and each.issuer == issuer
        for each in lists
    )


def _foreign() -> TrustError:
    return TrustError("enrol-certificate-foreign", "The certificate is of another device or key.")


def _real_time() -> datetime:
    return datetime.fromtimestamp(SystemClock().now(), UTC)
