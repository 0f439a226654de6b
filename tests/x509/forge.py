"""Certificates that the authority would never make, signed with its key all the same."""

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ObjectIdentifier

from meterkast.outside.keystore import Signer
from meterkast.pki.root import LIST_ADDRESS
from meterkast.protocols.x509 import PROFILES, Purpose
from meterkast.protocols.x509.conformance import KEY_USES
from meterkast.protocols.x509.identity import hardware_module_name
from meterkast.protocols.x509.profile import Use
from pki.world import TITLE

Extensions = dict[str, tuple[x509.ExtensionType, bool]]


def key_usage(*uses: str) -> x509.KeyUsage:
    bits = {use: use in uses for use in KEY_USES}
    return x509.KeyUsage(**bits, encipher_only=False, decipher_only=False)


def policies(*policy: ObjectIdentifier) -> x509.CertificatePolicies:
    return x509.CertificatePolicies([x509.PolicyInformation(each, None) for each in policy])


def sig_extensions() -> Extensions:
    """What a signing certificate has, to be spoiled one by one."""
    profile = PROFILES[Purpose.SIG]
    return {
        "use": (key_usage(Use.SIGNATURE), True),
        "extended": (x509.ExtendedKeyUsage([profile.extended]), True),
        "policy": (policies(profile.policy), True),
        "name": (x509.SubjectAlternativeName([hardware_module_name(TITLE)]), True),
    }


def forge(
    issuer: x509.Certificate,
    signer: Signer | ec.EllipticCurvePrivateKey,
    key: object,
    extensions: Extensions,
    now: datetime,
    *,
    subject: x509.Name | None = None,
    days: int = 365,
    algorithm: hashes.HashAlgorithm | None = None,
    address: str | None = None,
) -> x509.Certificate:
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject or x509.Name([]))
        .issuer_name(issuer.subject)
        .serial_number(x509.random_serial_number())
        .public_key(key)  # type: ignore[arg-type]
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)  # type: ignore[arg-type]
        .add_extension(authority, critical=False)
    )
    for extension, critical in extensions.values():
        builder = builder.add_extension(extension, critical=critical)
    if address is not None:
        name = x509.UniformResourceIdentifier(address)
        point = x509.DistributionPoint(full_name=[name], relative_name=None, reasons=None, crl_issuer=None)
        builder = builder.add_extension(x509.CRLDistributionPoints([point]), critical=False)
    return builder.sign(signer, algorithm or hashes.SHA384())  # type: ignore[arg-type]


def list_address(name: str) -> str:
    """Where the PKI publishes a list."""
    return f"{LIST_ADDRESS}{name}.crl"
