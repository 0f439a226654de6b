"""Lints of revocation lists."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from cryptography import x509

from meterkast.pki.lint.finding import Lint
from meterkast.pki.template import ListPoint
from meterkast.protocols.x509.algorithm import Status, signed_with
from meterkast.protocols.x509.profile import AuthorityProfile, Rules

Extension = TypeVar("Extension", bound=x509.ExtensionType)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListCandidate:
    """A revocation list that is about to be signed, and what it is measured by; see ``Candidate``."""

    revocation_list: x509.CertificateRevocationList
    issuer: x509.Certificate
    profile: AuthorityProfile
    point: ListPoint | None
    rules: Rules
    now: datetime

    def find(self, kind: type[Extension]) -> x509.Extension[Extension] | None:
        """An extension; None where it is not there."""
        try:
            return self.revocation_list.extensions.get_extension_for_class(kind)
        except x509.ExtensionNotFound:
            return None


def _issuer(candidate: ListCandidate) -> bool:
    found = candidate.find(x509.AuthorityKeyIdentifier)
    theirs = candidate.issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    named = candidate.revocation_list.issuer == candidate.issuer.subject
    return named and found is not None and found.value.key_identifier == theirs


def _number(candidate: ListCandidate) -> bool:
    found = candidate.find(x509.CRLNumber)
    return found is not None and not found.critical and 0 < found.value.crl_number < 1 << 159


def _life(candidate: ListCandidate) -> bool:
    end = candidate.revocation_list.next_update_utc
    if end is None:
        return False
    life = end - candidate.revocation_list.last_update_utc
    return timedelta(0) < life <= candidate.profile.list_life


def _scope(candidate: ListCandidate) -> bool:
    found = candidate.find(x509.IssuingDistributionPoint)
    if candidate.point is None:
        return found is None
    expected = issuing_point(candidate.point)
    return found is not None and found.critical and found.value == expected


def _algorithm(candidate: ListCandidate) -> bool:
    # an authority that is believed must be able to say what it has revoked, also when it may issue no more
    name = signed_with(candidate.revocation_list)
    return candidate.rules.algorithms.status(name, candidate.now) is not Status.FORBIDDEN


def _extensions(candidate: ListCandidate) -> bool:
    known = {x509.AuthorityKeyIdentifier.oid, x509.CRLNumber.oid, x509.IssuingDistributionPoint.oid}
    return {extension.oid for extension in candidate.revocation_list.extensions} <= known


def issuing_point(point: ListPoint) -> x509.IssuingDistributionPoint:
    """The scope of one list: the certificates that point at it."""
    return x509.IssuingDistributionPoint(
        full_name=[point.name()],
        relative_name=None,
        only_contains_user_certs=False,
        only_contains_ca_certs=False,
        only_some_reasons=None,
        indirect_crl=False,
        only_contains_attribute_certs=False,
    )


LINTS: tuple[Lint[ListCandidate], ...] = (
    Lint(name="list-issuer", source="RFC 5280, 5.1.2.3 and 5.2.1", holds=_issuer),
    Lint(name="list-number", source="RFC 5280, 5.2.3", holds=_number),
    Lint(name="list-life", source="RQ-07; RFC 5280, 5.1.2.5", holds=_life),
    Lint(name="list-scope", source="RFC 5280, 5.2.5", holds=_scope),
    Lint(name="list-algorithm", source="RQ-30", holds=_algorithm),
    Lint(name="list-extensions", source="RFC 5280, 5.2; no delta lists", holds=_extensions),
)
