"""The certificate to be signed, field by field: all set here, the holder contributes a key alone (AT-15)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, mldsa
from cryptography.x509.oid import AuthorityInformationAccessOID, ObjectIdentifier, SubjectInformationAccessOID

from meterkast.outside.keystore import HybridPublicKey
from meterkast.pki.holder import Holder
from meterkast.protocols.x509.conformance import KEY_USES
from meterkast.protocols.x509.profile import AuthorityProfile, Profile
from meterkast.protocols.x509.recipient import alternative_key

CLOCK_TOLERANCE = timedelta(minutes=5)
"""Certificates and lists begin this much before they are made: a device's clock may lag."""

FOREVER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
_AUTHORITY_USES = frozenset({"key_cert_sign", "crl_sign"})

SigningPublicKey = (
    ec.EllipticCurvePublicKey | mldsa.MLDSA44PublicKey | mldsa.MLDSA65PublicKey | mldsa.MLDSA87PublicKey
)
PublicKey = SigningPublicKey | HybridPublicKey


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPoint:
    """Where the revocation of a certificate is published: which of its authority's lists, and its address."""

    shard: int
    address: str

    def name(self) -> x509.UniformResourceIdentifier:
        """The address as certificates and lists carry it."""
        return x509.UniformResourceIdentifier(self.address)


def leaf(
    profile: Profile, holder: Holder, key: PublicKey, *, serial: int, point: ListPoint | None, now: datetime
) -> x509.CertificateBuilder:
    """A leaf of this profile; without a ``point`` it says nothing about where its revocation stands."""
    main = key.x25519 if isinstance(key, HybridPublicKey) else key
    begin = now - CLOCK_TOLERANCE
    end = begin + profile.validity if profile.validity else FOREVER
    builder = (
        _dated(holder.subject, serial, begin, end)
        .public_key(main)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(main), critical=False)
        .add_extension(_key_usage(frozenset((profile.use,))), critical=True)
        .add_extension(_extended(profile.extended), critical=True)
        .add_extension(_policies((profile.policy,)), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([holder.alternative]), critical=holder.subject == x509.Name([])
        )
    )
    if point is not None:
        builder = builder.add_extension(_distribution(point), critical=False)
    if profile.responder is not None:
        builder = builder.add_extension(status_access(profile.responder), critical=False)
    if profile.no_check:
        builder = builder.add_extension(x509.OCSPNoCheck(), critical=False)
    if isinstance(key, HybridPublicKey):
        builder = builder.add_extension(alternative_key(key.mlkem), critical=False)
    return builder


@cache  # as all below that are the same for many certificates
def status_access(responder: str) -> x509.AuthorityInformationAccess:
    """Where the status of a certificate is asked (RFC 5280, 4.2.2.1; RFC 6960, 3.1)."""
    name = x509.UniformResourceIdentifier(responder)
    return x509.AuthorityInformationAccess([x509.AccessDescription(AuthorityInformationAccessOID.OCSP, name)])


def authority(
    profile: AuthorityProfile,
    subject: x509.Name,
    key: SigningPublicKey,
    *,
    serial: int,
    point: ListPoint | None,
    lists: str | None = None,
    now: datetime,
) -> x509.CertificateBuilder:
    """The certificate of an authority of this profile; ``lists`` is where its own list will stand."""
    begin = now - CLOCK_TOLERANCE
    builder = (
        _dated(subject, serial, begin, begin + profile.life)
        .public_key(key)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=profile.path_length), critical=True)
        .add_extension(_key_usage(_AUTHORITY_USES), critical=True)
    )
    if profile.policies:
        builder = builder.add_extension(_policies(profile.policies), critical=True)
    if lists is not None:
        builder = builder.add_extension(_repository(lists), critical=False)
    return builder if point is None else builder.add_extension(_distribution(point), critical=False)


def _dated(subject: x509.Name, serial: int, begin: datetime, end: datetime) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().serial_number(serial).subject_name(subject)
    return builder.not_valid_before(begin).not_valid_after(end)


def _repository(address: str) -> x509.SubjectInformationAccess:
    """Who holds the authority finds its list, before holding anything that it issued (RFC 5280, 4.2.2.2)."""
    name = x509.UniformResourceIdentifier(address)
    return x509.SubjectInformationAccess(
        [x509.AccessDescription(SubjectInformationAccessOID.CA_REPOSITORY, name)]
    )


@cache
def _distribution(point: ListPoint) -> x509.CRLDistributionPoints:
    return x509.CRLDistributionPoints(
        [x509.DistributionPoint(full_name=[point.name()], relative_name=None, reasons=None, crl_issuer=None)]
    )


@cache
def _key_usage(uses: frozenset[str]) -> x509.KeyUsage:
    bits = {use: use in uses for use in KEY_USES}
    return x509.KeyUsage(**bits, encipher_only=False, decipher_only=False)


@cache
def _extended(usage: ObjectIdentifier) -> x509.ExtendedKeyUsage:
    return x509.ExtendedKeyUsage([usage])


@cache
def _policies(policies: tuple[ObjectIdentifier, ...]) -> x509.CertificatePolicies:
    return x509.CertificatePolicies([x509.PolicyInformation(policy, None) for policy in policies])
