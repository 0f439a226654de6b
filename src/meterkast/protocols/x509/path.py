"""Whether to believe a certificate: its profile, its holder, its path to a root, its time, its revocation."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from cryptography import x509
from cryptography.x509 import verification

from meterkast.model.errors import TrustError
from meterkast.model.identity import SystemTitle
from meterkast.protocols.x509.algorithm import (
    Algorithms,
    Status,
    is_written_plainly,
    key_algorithm,
    signed_with,
)
from meterkast.protocols.x509.conformance import leaf_algorithm, require_profile
from meterkast.protocols.x509.identity import operator, organisation_of, server_name, system_title
from meterkast.protocols.x509.profile import RULES, Identity, Profile, Purpose, Rules
from meterkast.protocols.x509.refusal import refusal
from meterkast.protocols.x509.revocation import Window, require_unrevoked

_MAX_INTERMEDIATES = 2
"""An issuing authority, and a root that another root vouches for (``pki.root``)."""

_NO_GRACE = timedelta(0)

Told = Callable[[x509.Certificate, x509.Certificate, datetime], Window]
"""How long it holds that a responder has called a certificate of this issuer good; the last is real time.

Raises ``TrustError`` where it has said nothing that counts, or nothing good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidatedCertificate:
    """A certificate that may be used for its purpose at the time of validation.

    Attributes:
        certificate: the leaf.
        chain: from the leaf up to and including the root.
        purpose: what it may be used for.
        title: the device it belongs to; None where the holder is no device.
        operator: whose authority vouches for it: the tenant, or the maker of a birth certificate.
        window: how long this judgement holds while lists and roots stay as they are.
    """

    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    purpose: Purpose
    title: SystemTitle | None
    operator: str
    window: Window


def validate(
    certificate: x509.Certificate,
    intermediates: Sequence[x509.Certificate],
    anchors: Sequence[x509.Certificate],
    crls: Sequence[x509.CertificateRevocationList],
    now: datetime,
    purpose: Purpose,
    *,
    tenant: str | None = None,
    rules: Rules = RULES,
    grace: timedelta = _NO_GRACE,
    told: Told | None = None,
) -> ValidatedCertificate:
    """Believes the certificate for one purpose, at one moment of real time (UTC), or raises.

    Args:
        certificate: the leaf.
        intermediates: issuing authorities that may stand between.
        anchors: the roots.
        crls: revocation lists, whole ones or shards.
        now: real time (UTC).
        purpose: what it is to be used for.
        tenant: whose authority must vouch for it; None for any that ends in our roots.
        rules: profiles and algorithms.
        grace: how long after its end the leaf is still believed: for renewal, and to tell whose (AT-09).
        told: asked about the leaf where no current list covers it; None where lists alone count.

    Raises:
        TrustError: ``certificate-purpose``, ``certificate-key``, ``certificate-identity``,
            ``certificate-not-yet-valid``, ``certificate-expired``, ``certificate-untrusted``,
            ``certificate-algorithm``, ``certificate-tenant-foreign``, ``certificate-revoked``, or
            ``certificate-revocation-unknown`` where no current list covers it; also what ``told`` raises.
    """
    profile = rules.profiles[purpose]
    require_profile(certificate, profile)
    title = _holder(certificate, profile)
    _require_time(certificate, now, grace)
    chain = _path(certificate, intermediates, anchors, min(now, certificate.not_valid_after_utc))
    _require_policy(chain, profile)
    vouching = organisation_of(chain[1])
    if profile.identity is Identity.ORGANISATION and operator(certificate) != vouching:
        raise refusal("certificate-identity")
    if tenant is not None and vouching != tenant:
        raise refusal("certificate-tenant-foreign")
    window = _algorithms_hold(chain, profile, rules, now) & _lives(chain, now, grace)
    for child, issuer in pairwise(chain):
        if not (profile.no_check and child is certificate):
            asked = told if child is certificate else None
            window &= _unrevoked(child, issuer, crls, now, asked, rules.algorithms)
    return ValidatedCertificate(
        certificate=certificate, chain=chain, purpose=purpose, title=title, operator=vouching, window=window
    )


def _unrevoked(
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    crls: Sequence[x509.CertificateRevocationList],
    now: datetime,
    told: Told | None,
    algorithms: Algorithms,
) -> Window:
    try:
        return require_unrevoked(certificate, issuer, crls, now, algorithms=algorithms)
    except TrustError as error:
        if told is None or error.code != "certificate-revocation-unknown":
            raise
    return told(certificate, issuer, now)


def _holder(certificate: x509.Certificate, profile: Profile) -> SystemTitle | None:
    if profile.identity is Identity.HARDWARE:
        return system_title(certificate)
    if profile.identity is Identity.DNS:
        server_name(certificate)
    else:
        operator(certificate)
    return None


def _require_time(certificate: x509.Certificate, now: datetime, grace: timedelta) -> None:
    if now < certificate.not_valid_before_utc:
        raise refusal("certificate-not-yet-valid")
    if now - grace > certificate.not_valid_after_utc:
        raise refusal("certificate-expired")


def _lives(chain: Sequence[x509.Certificate], now: datetime, grace: timedelta) -> Window:
    """The time in which all of the chain is valid; authorities have no grace."""
    leaf, *authorities = chain
    for authority in authorities:
        _require_time(authority, now, _NO_GRACE)
    ends = [authority.not_valid_after_utc for authority in authorities]
    end = leaf.not_valid_after_utc
    return Window(
        since=max(each.not_valid_before_utc for each in chain),
        until=min(*ends, end + grace if grace else end),
    )


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


def _algorithms_hold(
    chain: Sequence[x509.Certificate], profile: Profile, rules: Rules, now: datetime
) -> Window:
    """Keys and signatures of the whole chain are of algorithms that count at ``now`` (RQ-30).

    A root's own signature proves nothing and is not looked at.
    """
    if not all(is_written_plainly(each.public_key(), each.tbs_certificate_bytes) for each in chain[1:]):
        raise refusal("certificate-key")
    names = {leaf_algorithm(chain[0], profile)}
    names |= {key_algorithm(authority.public_key()) or "" for authority in chain[1:]}
    names |= {signed_with(signed) or "" for signed in chain[:-1]}
    if any(rules.algorithms.status(name, now) is Status.FORBIDDEN for name in names):
        raise refusal("certificate-algorithm")
    return Window(since=datetime.min.replace(tzinfo=UTC), until=rules.algorithms.until(names))
