"""What gateways and servers ask for themselves: the first certificate, and the next one."""

import logging
from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

from meterkast.model.errors import LocalError, MeterkastError, PeerError, TrustError
from meterkast.model.identity import SystemTitle
from meterkast.pki.holder import Holder
from meterkast.pki.issued import IssuedCertificate
from meterkast.pki.office import DEVICE_PURPOSES, Office
from meterkast.pki.register import Records
from meterkast.pki.request import requested_key
from meterkast.pki.template import SigningPublicKey
from meterkast.pki.used_keys import key_reused
from meterkast.protocols.x509 import Purpose
from meterkast.protocols.x509.profile import Identity, Profile
from meterkast.protocols.x509.renewal import RENEWAL_GRACE, renewal_due

_log = logging.getLogger("meterkast.pki")


class Enrolment(Office):
    """Answers to certification requests (PKCS#10 in DER)."""

    def issue(
        self,
        request: bytes,
        purpose: Purpose,
        title: SystemTitle,
        now: datetime,
        *,
        birth: CertificatePublicKeyTypes | None = None,
    ) -> list[x509.Certificate]:
        """The certificate for a gateway's request and its chain without the root.

        The same key asking again gets the certificate it has: an answer lost on the way costs nothing.

        Args:
            request: PKCS#10 in DER.
            purpose: for what.
            title: whose it is.
            now: real time.
            birth: the key that it has shown, which is for birth alone.

        Raises:
            PeerError: ``pki-request-malformed``, ``pki-request-proof`` or ``pki-request-key``;
                ``pki-request-key-reused`` for a key that had a certificate which counts no more, is another's
                or for something else.
            TrustError: ``pki-not-admitted`` where the gateway is not expected or has enrolled already.
        """
        with self._records() as records:
            if birth is not None:
                records.keys.born(str(title), birth)
            issued, is_new = self._enrol(records, request, purpose, title, now)
            self._bear_witness([issued] if is_new else [])
        return self._with_chain(issued)

    def issue_all(
        self, requests: Sequence[tuple[bytes, Purpose, SystemTitle]], now: datetime
    ) -> list[IssuedCertificate | MeterkastError]:
        """As ``issue``, for many at once and in one transaction; one that is refused holds up no other."""
        answers: list[IssuedCertificate | MeterkastError] = []
        fresh: list[IssuedCertificate] = []
        with self._records() as records:
            for request, purpose, title in requests:
                try:
                    issued, is_new = self._enrol(records, request, purpose, title, now)
                except (PeerError, TrustError) as error:
                    _log.warning(
                        "pki-request-refused code=%s holder=%s purpose=%s", error.code, title, purpose
                    )
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
            PeerError: as ``issue`` does.
            TrustError: ``pki-renewal-early`` or ``pki-not-admitted``.
        """
        holder = Holder.device(title)
        key = requested_key(request, self._device_profile(purpose), holder)
        return self._succeed(key, purpose, holder, now)

    def renew_server(self, request: bytes, dns_name: str, now: datetime) -> list[x509.Certificate]:
        """The next certificate of a server that has one; due as a gateway's, and raises as ``renew`` does."""
        holder = Holder.server(dns_name)
        key = requested_key(request, self.rules.profiles[Purpose.TLS_SERVER], holder)
        return self._succeed(key, Purpose.TLS_SERVER, holder, now)

    def _device_profile(self, purpose: Purpose) -> Profile:
        if purpose not in DEVICE_PURPOSES:
            raise LocalError("pki-profile-mismatch", "Devices get certificates for TLS, SIG and ENC.")
        return self.rules.profiles[purpose]

    def _enrol(
        self, records: Records, request: bytes, purpose: Purpose, title: SystemTitle, now: datetime
    ) -> tuple[IssuedCertificate, bool]:
        """The certificate for a request, and whether it is a new one."""
        holder = Holder.device(title)
        key = requested_key(request, self._device_profile(purpose), holder)
        held = records.keys.require_own(key, purpose, holder.name, now)
        earlier = None if held is None else records.issued.find(held)
        if earlier is not None:
            return earlier, False
        if not records.inventory.use_admission(holder.name, purpose):
            raise _not_admitted()
        issued = self._certify(purpose, holder, key, now)
        records.issued.add(issued, key)
        return issued, True

    def _succeed(
        self, key: SigningPublicKey, purpose: Purpose, holder: Holder, now: datetime
    ) -> list[x509.Certificate]:
        """What follows the newest certificate of a holder, or that one where it is for this key."""
        with self._records() as records:
            earlier = [each for each in records.issued.of(holder.name) if each.purpose is purpose]
            live = [each for each in earlier if each.revoked_at is None]
            is_device = holder.identity is Identity.HARDWARE
            if not live or (is_device and not records.inventory.knows(holder.name)):
                raise _not_admitted()
            newest = live[-1]
            held = records.keys.require_own(key, purpose, holder.name, now)
            if held == newest.certificate.serial_number:
                return self._with_chain(newest)
            if held is not None:
                raise key_reused()
            if now > newest.certificate.not_valid_after_utc + RENEWAL_GRACE:
                raise _not_admitted()
            if now < renewal_due(newest.certificate):
                raise TrustError("pki-renewal-early", "The request is not accepted.")
            issued = self._certify(purpose, holder, key, now)
            records.issued.add(issued)
            self._bear_witness([issued])
        return self._with_chain(issued)


def _not_admitted() -> TrustError:
    return TrustError("pki-not-admitted", "The request is not accepted.")
