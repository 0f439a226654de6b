"""Whether a leaf looks exactly like its profile: nothing missing, nothing more."""

from typing import TypeVar

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID, ObjectIdentifier

from meterkast.protocols.x509.algorithm import HYBRID_KEM, is_written_plainly, key_algorithm
from meterkast.protocols.x509.foreign import HOSTILE
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
_REQUIRED = frozenset(
    (
        x509.SubjectKeyIdentifier.oid,
        x509.AuthorityKeyIdentifier.oid,
        x509.KeyUsage.oid,
        x509.ExtendedKeyUsage.oid,
        x509.CertificatePolicies.oid,
        x509.SubjectAlternativeName.oid,
    )
)

Extension = TypeVar("Extension", bound=x509.ExtensionType)


def require_profile(certificate: x509.Certificate, profile: Profile) -> None:
    """Returns where the leaf has the extensions, the lifetime and the kind of key of its profile.

    Raises:
        TrustError: ``certificate-purpose`` or ``certificate-key``.
    """
    try:
        extensions = certificate.extensions
    except HOSTILE as cause:
        raise refusal("certificate-purpose") from cause
    fits = (
        is_complete({extension.oid for extension in extensions}, profile)
        and _uses(extensions) == {profile.use}
        and _extended(extensions) == [profile.extended]
        and _policies(extensions) == [profile.policy]
        and _lives_within(certificate, profile)
        and _asked_over_http(extensions)
    )
    if not fits:
        raise refusal("certificate-purpose")
    leaf_algorithm(certificate, profile)


def is_complete(found: set[ObjectIdentifier], profile: Profile) -> bool:
    """Whether exactly the extensions of a profile are there.

    Where its list stands, and where its responder is asked, may be missing: who believes has lists, and the
    certificates of earlier years name no responder.
    """
    required = set(_REQUIRED)
    if profile.hybrid:
        required.add(SUBJECT_ALT_PUBLIC_KEY)
    if profile.no_check:
        required.add(x509.OCSPNoCheck.oid)
    where = {x509.CRLDistributionPoints.oid}
    if profile.responder is not None:
        where.add(x509.AuthorityInformationAccess.oid)
    return required <= found <= required | where


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


def _asked_over_http(extensions: x509.Extensions) -> bool:
    """Whoever names a responder names one, by an address of plain HTTP; which one, its PKI decides."""
    access = _find(extensions, x509.AuthorityInformationAccess)
    if access is None:
        return True
    match list(access.value):
        case [
            x509.AccessDescription(
                access_method=AuthorityInformationAccessOID.OCSP,
                access_location=x509.UniformResourceIdentifier(value=place),
            )
        ]:
            return place.startswith("http://") and not access.critical
    return False


def _lives_within(certificate: x509.Certificate, profile: Profile) -> bool:
    life = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    return profile.validity is None or life <= profile.validity


def leaf_algorithm(certificate: x509.Certificate, profile: Profile) -> str:
    """The algorithm of a leaf's key, as the profile has it, written in the one form that we write.

    Raises:
        TrustError: ``certificate-key`` for any other key.
    """
    try:
        key = certificate.public_key()
    except HOSTILE as cause:
        raise refusal("certificate-key") from cause
    if profile.hybrid:
        recipient_key(certificate)
        return HYBRID_KEM
    name = key_algorithm(key)
    if name is None or name not in profile.keys:
        raise refusal("certificate-key")
    if not is_written_plainly(key, certificate.tbs_certificate_bytes):
        raise refusal("certificate-key")
    return name
