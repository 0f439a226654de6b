"""Whether to believe a certificate: its profile, its holder, its path to a root, its time, its revocation."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from cryptography import x509
from cryptography.x509 import verification

from meterkast.model.identity import SystemTitle
from meterkast.protocols.x509.conformance import require_profile
from meterkast.protocols.x509.identity import operator, server_name, system_title
from meterkast.protocols.x509.profile import PROFILES, Identity, Profile, Purpose
from meterkast.protocols.x509.refusal import refusal
from meterkast.protocols.x509.revocation import require_unrevoked

_MAX_INTERMEDIATES = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidatedCertificate:
    """A certificate that may be used for its purpose at the time of validation.

    Attributes:
        certificate: the leaf.
        chain: from the leaf up to and including the root.
        purpose: what it may be used for.
        title: the device it belongs to; None where the holder is no device.
    """

    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    purpose: Purpose
    title: SystemTitle | None


def validate(
    certificate: x509.Certificate,
    intermediates: Sequence[x509.Certificate],
    anchors: Sequence[x509.Certificate],
    crls: Sequence[x509.CertificateRevocationList],
    now: datetime,
    purpose: Purpose,
) -> ValidatedCertificate:
    """Believes the certificate for one purpose, at one moment of real time (UTC), or raises.

    Raises:
        TrustError: ``certificate-purpose``, ``certificate-key``, ``certificate-identity``,
            ``certificate-not-yet-valid``, ``certificate-expired``, ``certificate-untrusted``,
            ``certificate-revoked``, or ``certificate-revocation-unknown`` where no current list covers it.
    """
    profile = PROFILES[purpose]
    require_profile(certificate, profile)
    title = _holder(certificate, profile)
    _require_time(certificate, now)
    chain = _path(certificate, intermediates, anchors, now)
    _require_policy(chain, profile)
    for child, issuer in pairwise(chain):
        require_unrevoked(child, issuer, crls, now)
    return ValidatedCertificate(certificate=certificate, chain=chain, purpose=purpose, title=title)


def _holder(certificate: x509.Certificate, profile: Profile) -> SystemTitle | None:
    if profile.identity is Identity.HARDWARE:
        return system_title(certificate)
    if profile.identity is Identity.DNS:
        server_name(certificate)
    else:
        operator(certificate)
    return None


def _require_time(certificate: x509.Certificate, now: datetime) -> None:
    if now < certificate.not_valid_before_utc:
        raise refusal("certificate-not-yet-valid")
    if now > certificate.not_valid_after_utc:
        raise refusal("certificate-expired")


def _path(
    certificate: x509.Certificate,
    intermediates: Sequence[x509.Certificate],
    anchors: Sequence[x509.Certificate],
    now: datetime,
) -> tuple[x509.Certificate, ...]:
    if not anchors:
        raise refusal("certificate-untrusted")
    verifier = (
        verification.PolicyBuilder()
        .store(verification.Store(list(anchors)))
        .time(now)
        .max_chain_depth(_MAX_INTERMEDIATES)
        .extension_policies(
            ca_policy=_policies_allowed(verification.ExtensionPolicy.webpki_defaults_ca()),
            ee_policy=_policies_allowed(verification.ExtensionPolicy.permit_all()),
        )
        .build_client_verifier()
    )
    try:
        return tuple(verifier.verify(certificate, list(intermediates)).chain)
    except (verification.VerificationError, ValueError) as cause:
        raise refusal("certificate-untrusted") from cause


def _policies_allowed(policy: verification.ExtensionPolicy) -> verification.ExtensionPolicy:
    """The library refuses critical policies it does not judge; ``_require_policy`` does."""
    return policy.may_be_present(x509.CertificatePolicies, verification.Criticality.AGNOSTIC, None)


def _require_policy(chain: Sequence[x509.Certificate], profile: Profile) -> None:
    """Every authority below the root, or a root that issues by itself, lists the policy it may use."""
    for authority in chain[1:-1] or chain[1:]:
        try:
            policies = authority.extensions.get_extension_for_class(x509.CertificatePolicies).value
        except x509.ExtensionNotFound as cause:
            raise refusal("certificate-purpose") from cause
        if profile.policy not in [policy.policy_identifier for policy in policies]:
            raise refusal("certificate-purpose")
