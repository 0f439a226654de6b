"""Whose certificate it is: the name inside, and the short name of the certificate itself."""

import hashlib
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID, ObjectIdentifier

from meterkast.model.errors import DataError
from meterkast.model.identity import SystemTitle
from meterkast.protocols.x509.foreign import HOSTILE
from meterkast.protocols.x509.refusal import refusal

HARDWARE_MODULE_NAME = ObjectIdentifier("1.3.6.1.5.5.7.8.4")
# RFC 4108, 5: SEQUENCE { hwType 1.3.6.1.4.1.99999.3.1, hwSerialNum OCTET STRING of eight octets } in DER.
_HARDWARE_PREFIX = bytes.fromhex("3016060a2b06010401868d1f03010408")

General = TypeVar("General", bound=x509.GeneralName)


def hardware_module_name(title: SystemTitle) -> x509.OtherName:
    """The subject alternative name that carries a system title (RQ-03)."""
    return x509.OtherName(HARDWARE_MODULE_NAME, _HARDWARE_PREFIX + title.octets)


def system_title(certificate: x509.Certificate) -> SystemTitle:
    """The system title in a device's certificate.

    Raises:
        TrustError: ``certificate-identity``.
    """
    name = _only_name(certificate, x509.OtherName)
    if name.type_id != HARDWARE_MODULE_NAME or not name.value.startswith(_HARDWARE_PREFIX):
        raise refusal("certificate-identity")
    try:
        return SystemTitle(name.value[len(_HARDWARE_PREFIX) :])
    except DataError as cause:
        raise refusal("certificate-identity") from cause


def server_name(certificate: x509.Certificate) -> str:
    """The DNS name in a server's certificate; raises as ``system_title`` does."""
    return _only_name(certificate, x509.DNSName).value


def operator(certificate: x509.Certificate) -> str:
    """The operator's name in its encryption certificate; raises as ``system_title`` does."""
    return _organisation(_only_name(certificate, x509.DirectoryName).value)


def organisation_of(authority: x509.Certificate) -> str:
    """Whose authority it is, by its subject; raises as ``system_title`` does."""
    return _organisation(authority.subject)


def key_id(certificate: x509.Certificate) -> bytes:
    """The first eight octets of SHA-256 over the certificate: how envelopes name it."""
    return hashlib.sha256(certificate.public_bytes(Encoding.DER)).digest()[:8]


def _organisation(name: x509.Name) -> str:
    names = name.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    if len(names) != 1 or not isinstance(names[0].value, str):
        raise refusal("certificate-identity")
    return names[0].value


def _only_name(certificate: x509.Certificate, kind: type[General]) -> General:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except (x509.ExtensionNotFound, *HOSTILE) as cause:
        raise refusal("certificate-identity") from cause
    names = list(extension.value)
    if len(names) != 1 or not isinstance(names[0], kind):
        raise refusal("certificate-identity")
    return names[0]
