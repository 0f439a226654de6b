"""Whether a leaf looks exactly like its profile: nothing missing, nothing more."""

from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from meterkast.protocols.x509.profile import SUBJECT_ALT_PUBLIC_KEY, Profile, Use
from meterkast.protocols.x509.recipient import recipient_key
from meterkast.protocols.x509.refusal import refusal

KEY_USES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
)
_KNOWN = frozenset(
    (
        x509.SubjectKeyIdentifier.oid,
        x509.AuthorityKeyIdentifier.oid,
        x509.KeyUsage.oid,
        x509.ExtendedKeyUsage.oid,
        x509.CertificatePolicies.oid,
        x509.SubjectAlternativeName.oid,
        SUBJECT_ALT_PUBLIC_KEY,
    )
)

Extension = TypeVar("Extension", bound=x509.ExtensionType)


def require_profile(certificate: x509.Certificate, profile: Profile) -> None:
    """Returns where the leaf has the usages, the policy, the lifetime and the kind of key of its profile.

    Raises:
        TrustError: ``certificate-purpose`` or ``certificate-key``.
    """
    try:
        extensions = certificate.extensions
    except (ValueError, x509.DuplicateExtension) as cause:
        raise refusal("certificate-purpose") from cause
    fits = (
        all(extension.oid in _KNOWN for extension in extensions)
        and _uses(extensions) == {profile.use}
        and _extended(extensions) == [profile.extended]
        and _policies(extensions) == [profile.policy]
        and _lives_within(certificate, profile)
    )
    if not fits:
        raise refusal("certificate-purpose")
    _require_key(certificate, profile)


def _find(extensions: x509.Extensions, kind: type[Extension]) -> x509.Extension[Extension] | None:
    try:
        return extensions.get_extension_for_class(kind)
    except x509.ExtensionNotFound:
        return None


def _uses(extensions: x509.Extensions) -> set[Use | str]:
    usage = _find(extensions, x509.KeyUsage)
    if usage is None or not usage.critical:
        return set()
    return {use for use in KEY_USES if getattr(usage.value, use)}


def _extended(extensions: x509.Extensions) -> list[x509.ObjectIdentifier]:
    extended = _find(extensions, x509.ExtendedKeyUsage)
    return [] if extended is None else list(extended.value)


def _policies(extensions: x509.Extensions) -> list[x509.ObjectIdentifier]:
    policies = _find(extensions, x509.CertificatePolicies)
    return [] if policies is None else [policy.policy_identifier for policy in policies.value]


def _lives_within(certificate: x509.Certificate, profile: Profile) -> bool:
    life = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    return profile.validity is None or life <= profile.validity


def _require_key(certificate: x509.Certificate, profile: Profile) -> None:
    try:
        key = certificate.public_key()
    except ValueError as cause:
        raise refusal("certificate-key") from cause
    if profile.hybrid:
        recipient_key(certificate)
    elif not is_device_key(key, certificate.tbs_certificate_bytes):
        raise refusal("certificate-key")


def is_device_key(key: object, signed: bytes) -> bool:
    """Whether the key is on P-256, the only curve of devices, and stands uncompressed in what was signed."""
    if not (isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)):
        return False
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint) in signed
