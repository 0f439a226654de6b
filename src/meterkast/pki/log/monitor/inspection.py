"""Judging one certificate of the log by what its operator knows, and by nothing that the authority says."""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import NameOID

from meterkast.model.errors import MeterkastError, TrustError
from meterkast.pki.log.entry import LoggedCertificate
from meterkast.pki.log.monitor.alarm import Alarm
from meterkast.pki.log.monitor.inventory import Inventory
from meterkast.pki.log.monitor.notebook import Notebook, Noted
from meterkast.protocols.x509 import RULES, Rules, server_name, system_title
from meterkast.protocols.x509.conformance import require_profile
from meterkast.protocols.x509.foreign import HOSTILE
from meterkast.protocols.x509.profile import Identity, Profile

_RENEWABLE = 2 / 3
"""The share of a certificate's life after which its successor may be issued (RQ-06)."""


@dataclass(frozen=True, kw_only=True)
class Inspector:
    """The rules of one operator.

    Attributes:
        inventory: whom it expects.
        authorities: certificates of the authorities that may issue; where none is given, anybody may.
        register: serial numbers (hexadecimal) in the authority's register; None where it is not at hand.
        rules: certificate profiles.
    """

    inventory: Inventory
    authorities: Sequence[x509.Certificate] = ()
    register: Container[str] | None = None
    rules: Rules = field(default=RULES)

    def inspect(self, index: int, entry: LoggedCertificate, notebook: Notebook) -> list[Alarm]:
        """Notes one entry of the log; gives what is wrong with it, where it concerns the operator."""
        fingerprint = sha256(entry.der).digest()
        if notebook.knows(fingerprint):
            return []
        try:
            certificate = entry.certificate
        except MeterkastError:
            notebook.note(fingerprint, None)
            return [
                Alarm(
                    code="certificate-unreadable",
                    message="The log holds what is no certificate.",
                    index=index,
                )
            ]
        profile = self._profile(certificate)
        holder = _holder(certificate, profile)
        if entry.operator != self.inventory.operator and holder not in self.inventory.releases:
            notebook.note(fingerprint, None)
            return []
        serial = f"{certificate.serial_number:x}"
        found = [
            *self._foreign(entry, holder),
            *self._broken(certificate, profile),
            *self._unknown(certificate, serial),
        ]
        if profile is not None:
            noted = Noted(
                holder=holder,
                purpose=profile.purpose,
                serial=serial,
                begins=certificate.not_valid_before_utc,
                ends=certificate.not_valid_after_utc,
                logged=entry.moment,
            )
            found += self._second(noted, notebook)
            notebook.note(fingerprint, noted)
        else:
            notebook.note(fingerprint, None)
        return [
            Alarm(code=code, message=text, index=index, holder=holder, serial=serial) for code, text in found
        ]

    def _foreign(self, entry: LoggedCertificate, holder: str) -> Iterator[tuple[str, str]]:
        if holder not in self.inventory.releases:
            yield (
                "certificate-holder-unknown",
                "The certificate names somebody whom the inventory does not have.",
            )
        elif entry.operator != self.inventory.operator:
            yield (
                "certificate-operator-foreign",
                "The certificate of our device was issued for another operator.",
            )

    def _broken(self, certificate: x509.Certificate, profile: Profile | None) -> Iterator[tuple[str, str]]:
        message = "The certificate is not what the profile of its purpose says."
        try:
            if profile is None:
                yield "certificate-profile-broken", message
            else:
                require_profile(certificate, profile)
        except TrustError:
            yield "certificate-profile-broken", message

    def _unknown(self, certificate: x509.Certificate, serial: str) -> Iterator[tuple[str, str]]:
        if self.authorities and not any(_issued_by(certificate, each) for each in self.authorities):
            yield "certificate-issuer-unknown", "None of the authorities has issued the certificate."
        if self.register is not None and serial not in self.register:
            yield "certificate-not-registered", "The register of the authority does not have the certificate."

    def _second(self, noted: Noted, notebook: Notebook) -> Iterator[tuple[str, str]]:
        earlier = notebook.of(noted.holder, noted.purpose)
        if any(each.serial == noted.serial for each in earlier):
            yield "certificate-serial-reused", "Another certificate has the same serial number."
        if any(self._still_counts(each, noted) for each in earlier):
            yield (
                "certificate-second-active",
                "The holder had a certificate for this purpose already.",
            )

    def _still_counts(self, earlier: Noted, later: Noted) -> bool:
        """Whether a certificate stands in the way of a later one: not due, and no release between them."""
        due = earlier.begins + (earlier.ends - earlier.begins) * _RENEWABLE
        released = any(
            earlier.logged <= each <= later.logged for each in self.inventory.releases.get(later.holder, ())
        )
        return later.logged < due and not released

    def _profile(self, certificate: x509.Certificate) -> Profile | None:
        try:
            policies = certificate.extensions.get_extension_for_class(x509.CertificatePolicies).value
        except (x509.ExtensionNotFound, *HOSTILE):
            return None
        named = {policy.policy_identifier for policy in policies}
        found = [profile for profile in self.rules.profiles.values() if profile.policy in named]
        return found[0] if len(found) == len(named) == 1 else None


def _holder(certificate: x509.Certificate, profile: Profile | None) -> str:
    """As the inventory writes it; empty where the certificate names nobody in the way of its profile."""
    try:
        if profile is None or profile.identity is Identity.HARDWARE:
            return str(system_title(certificate))
        if profile.identity is Identity.DNS:
            return server_name(certificate)
    except TrustError:
        return ""
    attributes = (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME)
    names = [each.value for oid in attributes for each in certificate.subject.get_attributes_for_oid(oid)]
    return "/".join(name for name in names if isinstance(name, str))


def _issued_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (InvalidSignature, *HOSTILE):
        return False
    return True
