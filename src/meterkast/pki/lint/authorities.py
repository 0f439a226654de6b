"""Lints of authorities: how far down they reach, and what they may vouch for."""

from cryptography import x509
from cryptography.x509.oid import NameOID

from meterkast.outside.trust import is_for_development
from meterkast.pki.lint.candidate import Candidate
from meterkast.pki.lint.finding import Lint
from meterkast.protocols.x509.algorithm import Status, key_algorithm
from meterkast.protocols.x509.conformance import KEY_USES

_KNOWN = frozenset(
    (
        x509.SubjectKeyIdentifier.oid,
        x509.AuthorityKeyIdentifier.oid,
        x509.BasicConstraints.oid,
        x509.KeyUsage.oid,
        x509.CertificatePolicies.oid,
        x509.CRLDistributionPoints.oid,
        x509.SubjectInformationAccess.oid,
    )
)


_ROOTS = frozenset({"root", "link"})


def _constraints(candidate: Candidate) -> bool:
    found = candidate.find(x509.BasicConstraints)
    expected = x509.BasicConstraints(ca=True, path_length=candidate.authority.path_length)
    return candidate.is_critical(x509.BasicConstraints) and found == expected


def _below_issuer(candidate: Candidate) -> bool:
    if candidate.issuer is None:
        return True
    above = candidate.issuer.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length
    return above is None or candidate.authority.path_length < above


def _uses(candidate: Candidate) -> bool:
    usage = candidate.find(x509.KeyUsage)
    chosen = {use for use in KEY_USES if usage is not None and getattr(usage, use)}
    return chosen == {"key_cert_sign", "crl_sign"}


def _policies(candidate: Candidate) -> bool:
    found = candidate.find(x509.CertificatePolicies)
    expected = [x509.PolicyInformation(policy, None) for policy in candidate.authority.policies]
    if not expected:
        return found is None
    return found is not None and list(found) == expected and candidate.is_critical(x509.CertificatePolicies)


def _subject(candidate: Candidate) -> bool:
    """Organisation and common name; a root, also where another vouches for it, may be marked (AT-45)."""
    certificate = candidate.certificate
    names = [attribute.oid for attribute in certificate.subject]
    if candidate.authority.label in _ROOTS and is_for_development(certificate):
        return names == [NameOID.ORGANIZATION_NAME, NameOID.ORGANIZATIONAL_UNIT_NAME, NameOID.COMMON_NAME]
    return names == [NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME]


def _own_name(candidate: Candidate) -> bool:
    return candidate.issuer is None or candidate.certificate.subject != candidate.issuer.subject


def _life(candidate: Candidate) -> bool:
    certificate = candidate.certificate
    return certificate.not_valid_after_utc - certificate.not_valid_before_utc <= candidate.authority.life


def _key(candidate: Candidate) -> bool:
    name = key_algorithm(candidate.certificate.public_key())
    allowed = candidate.rules.algorithms.status(name, candidate.now) is Status.ALLOWED
    return allowed and name in candidate.authority.keys


LINTS: tuple[Lint[Candidate], ...] = (
    Lint(
        name="authority-extensions",
        source="profile; RFC 5280, 4.2",
        holds=lambda candidate: set(candidate.extensions) <= _KNOWN,
    ),
    Lint(name="authority-constraints", source="RQ-01; RFC 5280, 4.2.1.9", holds=_constraints),
    Lint(name="authority-below-issuer", source="RQ-01; RFC 5280, 4.2.1.9", holds=_below_issuer),
    Lint(name="authority-key-usage", source="RFC 5280, 4.2.1.3", holds=_uses),
    Lint(name="authority-policies", source="RQ-01; RFC 5280, 4.2.1.4", holds=_policies),
    Lint(name="authority-subject", source="RFC 5280, 4.1.2.6", holds=_subject),
    Lint(name="authority-own-name", source="RFC 5280, 6.1 (self-issued)", holds=_own_name),
    Lint(name="authority-life", source="profile; SM-PKI", holds=_life),
    Lint(name="authority-key", source="RQ-30", holds=_key),
)
