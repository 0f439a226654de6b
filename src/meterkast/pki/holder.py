"""Whom a certificate names, in the form its profile asks for."""

from dataclasses import dataclass

from cryptography import x509
from cryptography.x509.oid import NameOID

from meterkast.model.identity import SystemTitle
from meterkast.protocols.x509.identity import hardware_module_name
from meterkast.protocols.x509.profile import Identity


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A device, a server or an operator.

    Attributes:
        name: as the register knows it: a system title, a DNS name or an operator's name.
        identity: which of the three.
        subject: the subject of the certificate; empty for devices and servers.
        alternative: the one subject alternative name.
    """

    name: str
    identity: Identity
    subject: x509.Name
    alternative: x509.GeneralName

    @classmethod
    def device(cls, title: SystemTitle) -> "Holder":
        """The device with this system title."""
        return cls(
            name=str(title),
            identity=Identity.HARDWARE,
            subject=x509.Name([]),
            alternative=hardware_module_name(title),
        )

    @classmethod
    def server(cls, dns_name: str) -> "Holder":
        """The server with this DNS name."""
        return cls(
            name=dns_name,
            identity=Identity.DNS,
            subject=x509.Name([]),
            alternative=x509.DNSName(dns_name),
        )

    @classmethod
    def operator(cls, operator: str) -> "Holder":
        """The operator itself."""
        subject = organisation(operator)
        return cls(
            name=operator,
            identity=Identity.ORGANISATION,
            subject=subject,
            alternative=x509.DirectoryName(subject),
        )

    @classmethod
    def role(cls, operator: str, role: str) -> "Holder":
        """A part of the operator that signs for it: a responder, a log, who releases updates."""
        subject = organisation(operator, role)
        return cls(
            name=f"{operator}/{role}",
            identity=Identity.ORGANISATION,
            subject=subject,
            alternative=x509.DirectoryName(subject),
        )


def organisation(name: str, common: str | None = None, *, unit: str | None = None) -> x509.Name:
    """A distinguished name: the organisation, then a unit of it and a common name where they are given."""
    parts = (
        (NameOID.ORGANIZATION_NAME, name),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, unit),
        (NameOID.COMMON_NAME, common),
    )
    return x509.Name([x509.NameAttribute(kind, text) for kind, text in parts if text is not None])


def authority_name(name: str) -> str:
    """The common name of the issuing authority that is called so in registers."""
    return f"Meterkast {name} authority"
