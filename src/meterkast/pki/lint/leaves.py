"""Lints of leaves: one purpose, one name, one life."""

from cryptography import x509

from meterkast.model.errors import TrustError
from meterkast.pki.lint.candidate import Candidate
from meterkast.pki.lint.finding import Lint
from meterkast.pki.template import FOREVER, status_access
from meterkast.protocols.x509 import operator, server_name, system_title
from meterkast.protocols.x509.algorithm import Status
from meterkast.protocols.x509.conformance import KEY_USES, is_complete, leaf_algorithm
from meterkast.protocols.x509.identity import organisation_of
from meterkast.protocols.x509.profile import Identity


def _one_use(candidate: Candidate) -> bool:
    usage = candidate.find(x509.KeyUsage)
    return usage is not None and [use for use in KEY_USES if getattr(usage, use)] == [candidate.leaf.use]


def _one_extended(candidate: Candidate) -> bool:
    found = candidate.find(x509.ExtendedKeyUsage)
    return found is not None and list(found) == [candidate.leaf.extended]


def _one_policy(candidate: Candidate) -> bool:
    found = candidate.find(x509.CertificatePolicies)
    expected = x509.PolicyInformation(candidate.leaf.policy, None)
    return found is not None and list(found) == [expected]


def _issuer_may(candidate: Candidate) -> bool:
    if candidate.issuer is None:
        return False
    policies = candidate.issuer.extensions.get_extension_for_class(x509.CertificatePolicies).value
    return candidate.leaf.policy in [policy.policy_identifier for policy in policies]


def _named(candidate: Candidate) -> bool:
    try:
        match candidate.leaf.identity:
            case Identity.HARDWARE:
                system_title(candidate.certificate)
            case Identity.DNS:
                return "." in server_name(candidate.certificate)
            case Identity.ORGANISATION:
                operator(candidate.certificate)
    except TrustError:
        return False
    return True


def _own_tenant(candidate: Candidate) -> bool:
    if candidate.leaf.identity is not Identity.ORGANISATION:
        return True
    try:
        named = operator(candidate.certificate)
        return candidate.issuer is not None and organisation_of(candidate.issuer) == named
    except TrustError:
        return False


def _subject(candidate: Candidate) -> bool:
    subject = candidate.certificate.subject
    if candidate.leaf.identity is not Identity.ORGANISATION:
        return subject == x509.Name([])
    names = candidate.find(x509.SubjectAlternativeName)
    return names is not None and names.get_values_for_type(x509.DirectoryName) == [subject]


def _name_critical(candidate: Candidate) -> bool:
    empty = candidate.certificate.subject == x509.Name([])
    return candidate.is_critical(x509.SubjectAlternativeName) is empty


def _life(candidate: Candidate) -> bool:
    certificate, validity = candidate.certificate, candidate.leaf.validity
    if validity is None:
        return certificate.not_valid_after_utc == FOREVER
    return certificate.not_valid_after_utc - certificate.not_valid_before_utc <= validity


def _within_issuer(candidate: Candidate) -> bool:
    if candidate.leaf.validity is None:  # a birth certificate outlives its maker on purpose
        return True
    issuer = candidate.issuer
    return issuer is not None and candidate.certificate.not_valid_after_utc <= issuer.not_valid_after_utc


def _responder(candidate: Candidate) -> bool:
    responder = candidate.leaf.responder
    expected = None if responder is None else status_access(responder)
    return candidate.find(x509.AuthorityInformationAccess) == expected


def _key(candidate: Candidate) -> bool:
    try:
        name = leaf_algorithm(candidate.certificate, candidate.leaf)
    except TrustError:
        return False
    return candidate.rules.algorithms.status(name, candidate.now) is Status.ALLOWED


def _critical(candidate: Candidate) -> bool:
    return candidate.is_critical(x509.ExtendedKeyUsage) and candidate.is_critical(x509.CertificatePolicies)


LINTS: tuple[Lint[Candidate], ...] = (
    Lint(
        name="leaf-extensions",
        source="profile; RFC 5280, 4.2",
        holds=lambda candidate: is_complete(set(candidate.extensions), candidate.leaf),
    ),
    Lint(name="leaf-one-key-usage", source="RQ-02; GBCS 12", holds=_one_use),
    Lint(name="leaf-one-extended-usage", source="RQ-02", holds=_one_extended),
    Lint(name="leaf-one-policy", source="GBCS 12; RFC 5280, 4.2.1.4", holds=_one_policy),
    Lint(name="leaf-usages-critical", source="GBCS 12; RFC 5280, 4.2.1.12", holds=_critical),
    Lint(name="leaf-issuer-may-vouch", source="RQ-01; RFC 5280, 6.1.3", holds=_issuer_may),
    Lint(name="leaf-name", source="RQ-03; RFC 4108, 5", holds=_named),
    Lint(name="leaf-name-of-tenant", source="RQ-31", holds=_own_tenant),
    Lint(name="leaf-subject", source="GBCS 12", holds=_subject),
    Lint(name="leaf-name-critical", source="RFC 5280, 4.2.1.6", holds=_name_critical),
    Lint(name="leaf-life", source="RQ-06; GBCS 12", holds=_life),
    Lint(name="leaf-within-issuer", source="RFC 5280, 6.1.3 (a)(2)", holds=_within_issuer),
    Lint(name="leaf-responder", source="RFC 5280, 4.2.2.1; RFC 6960, 3.1", holds=_responder),
    Lint(name="leaf-key", source="RQ-30", holds=_key),
)
