"""Lints that every certificate keeps, a leaf's and an authority's."""

from functools import lru_cache

from cryptography import x509

from meterkast.pki.lint.candidate import Candidate
from meterkast.pki.lint.finding import Lint
from meterkast.protocols.x509.algorithm import Status, is_written_plainly, signed_with

_SERIAL_LEAST, _SERIAL_MOST = 64, 159
"""Bits: so many are too many to guess, and twenty octets with a clear first bit hold no more."""


def _serial(candidate: Candidate) -> bool:
    return _SERIAL_LEAST < candidate.certificate.serial_number.bit_length() <= _SERIAL_MOST


def _issuer_name(candidate: Candidate) -> bool:
    expected = _subject(candidate.issuer or candidate.certificate)
    return candidate.certificate.issuer == expected and bool(expected.rdns)


def _authority_key(candidate: Candidate) -> bool:
    ours = candidate.find(x509.AuthorityKeyIdentifier)
    theirs = _key_identifier(candidate.issuer or candidate.certificate)
    return ours is not None and ours.key_identifier == theirs and ours.authority_cert_issuer is None


@lru_cache(maxsize=64)  # one authority stands behind many candidates
def _subject(issuer: x509.Certificate) -> x509.Name:
    return issuer.subject


@lru_cache(maxsize=64)
def _key_identifier(issuer: x509.Certificate) -> bytes:
    return issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest


def _subject_key(candidate: Candidate) -> bool:
    expected = x509.SubjectKeyIdentifier.from_public_key(candidate.certificate.public_key())
    return candidate.find(x509.SubjectKeyIdentifier) == expected


def _identifiers_not_critical(candidate: Candidate) -> bool:
    kinds = (
        x509.SubjectKeyIdentifier,
        x509.AuthorityKeyIdentifier,
        x509.CRLDistributionPoints,
        x509.AuthorityInformationAccess,
    )
    return not any(candidate.is_critical(kind) for kind in kinds)


def _signature_algorithm(candidate: Candidate) -> bool:
    name = signed_with(candidate.certificate)
    return candidate.rules.algorithms.status(name, candidate.now) is Status.ALLOWED


def _point_plain(candidate: Candidate) -> bool:
    certificate = candidate.certificate
    return is_written_plainly(certificate.public_key(), certificate.tbs_certificate_bytes)


def _begins(candidate: Candidate) -> bool:
    certificate = candidate.certificate
    return certificate.not_valid_before_utc <= candidate.now < certificate.not_valid_after_utc


def _usage_critical(candidate: Candidate) -> bool:
    return candidate.is_critical(x509.KeyUsage)


def _points(candidate: Candidate) -> bool:
    found = candidate.find(x509.CRLDistributionPoints)
    if candidate.point is None:
        return found is None
    expected = [candidate.point.name()]
    return found is not None and [point.full_name for point in found] == [expected]


EVERY_CERTIFICATE: tuple[Lint[Candidate], ...] = (
    Lint(
        name="version-3",
        source="RFC 5280, 4.1.2.1",
        holds=lambda candidate: candidate.certificate.version is x509.Version.v3,
    ),
    Lint(name="serial-random", source="RFC 5280, 4.1.2.2; SM-PKI", holds=_serial),
    Lint(name="issuer-name", source="RFC 5280, 4.1.2.4", holds=_issuer_name),
    Lint(name="authority-key-identifier", source="RFC 5280, 4.2.1.1", holds=_authority_key),
    Lint(name="subject-key-identifier", source="RFC 5280, 4.2.1.2", holds=_subject_key),
    Lint(
        name="identifiers-not-critical",
        source="RFC 5280, 4.2.1.1, 4.2.1.2, 4.2.1.13, 4.2.2.1",
        holds=_identifiers_not_critical,
    ),
    Lint(name="signature-algorithm", source="RQ-30", holds=_signature_algorithm),
    Lint(name="point-uncompressed", source="GBCS 12", holds=_point_plain),
    Lint(name="validity-around-now", source="RFC 5280, 4.1.2.5", holds=_begins),
    Lint(name="key-usage-critical", source="RFC 5280, 4.2.1.3", holds=_usage_critical),
    Lint(name="distribution-point", source="RFC 5280, 4.2.1.13", holds=_points),
)
