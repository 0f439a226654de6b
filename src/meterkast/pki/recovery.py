"""Finishing the restore of a register: what was issued since the backup comes back from copies (RQ-32)."""

from collections.abc import Callable, Iterable
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import NameOID

from meterkast.model.errors import TrustError
from meterkast.pki.issued import IssuedCertificate
from meterkast.pki.office import DEVICE_PURPOSES, Office
from meterkast.pki.register import Records
from meterkast.protocols.x509 import Purpose, server_name, system_title
from meterkast.protocols.x509.profile import Identity


class Recovery(Office):
    """Takes back what a register has lost."""

    def recover(self, copies: Iterable[IssuedCertificate]) -> int:
        """Takes back what was issued since the backup from which the register was restored.

        Without it a gateway that has renewed since is unknown by its certificates: they could not be revoked,
        and it could not renew again. What stands on a list that was published comes back as revoked.

        Args:
            copies: from whoever keeps them, a witness or the log. What is known already is passed by, and so
                is what no authority of this operator has signed.

        Returns:
            How many the register had lost.
        """
        recovered = 0
        with self._records() as records:
            for issued in copies:
                known = records.issued.knows(issued.certificate.serial_number)
                if not known and self._have_signed(issued):
                    self._take_back(records, issued)
                    recovered += 1
        return recovered

    def recognise(self, certificate: x509.Certificate, issued_at: datetime) -> IssuedCertificate | None:
        """What the register would say of a certificate that names one of this operator's authorities.

        None for any other, and for one that is of no profile. Whether it is genuine, ``recover`` looks.
        """
        issuer = next(
            (each for each in self._issuers if each.certificate.subject == certificate.issuer), None
        )
        purpose = self._purpose(certificate)
        if issuer is None or purpose is None:
            return None
        try:
            holder = _HOLDERS[self.rules.profiles[purpose].identity](certificate)
        except TrustError:
            return None
        return IssuedCertificate(
            holder=holder,
            purpose=purpose,
            issuer=issuer.name,
            certificate=certificate,
            issued_at=issued_at,
            revoked_at=None,
        )

    def _take_back(self, records: Records, issued: IssuedCertificate) -> None:
        records.issued.add(issued)
        serial = issued.certificate.serial_number
        revoked_at = records.revocations.moment(issued.issuer, serial)
        if revoked_at is not None:
            records.issued.revoke(serial, revoked_at)
        if issued.purpose in DEVICE_PURPOSES:
            if not records.inventory.is_retired(issued.holder):
                records.inventory.keep(issued.holder)
            records.inventory.use_admission(issued.holder, issued.purpose)

    def _have_signed(self, issued: IssuedCertificate) -> bool:
        try:
            issued.certificate.verify_directly_issued_by(self._named(issued.issuer).certificate)
        except (ValueError, TypeError, InvalidSignature):
            return False
        return True

    def _purpose(self, certificate: x509.Certificate) -> Purpose | None:
        try:
            found = certificate.extensions.get_extension_for_class(x509.CertificatePolicies).value
        except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
            return None
        named = {policy.policy_identifier for policy in found}
        return next(
            (each for each, profile in self.rules.profiles.items() if {profile.policy} == named), None
        )


def _title(certificate: x509.Certificate) -> str:
    return str(system_title(certificate))


def _part(certificate: x509.Certificate) -> str:
    """An operator, or a part of it."""
    parts = (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME)
    names = [each for part in parts for each in certificate.subject.get_attributes_for_oid(part)]
    return "/".join(str(name.value) for name in names)


_HOLDERS: dict[Identity, Callable[[x509.Certificate], str]] = {
    Identity.HARDWARE: _title,
    Identity.DNS: server_name,
    Identity.ORGANISATION: _part,
}
