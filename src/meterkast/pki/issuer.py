"""A certification authority at work: leaves by profile, authorities below it, and its revocation list."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.x509.oid import ObjectIdentifier

from meterkast.model.errors import LocalError
from meterkast.outside.keystore import HybridPublicKey, KeyKind, SigningHandle, SoftwareKeystore
from meterkast.pki.holder import Holder
from meterkast.protocols.x509.conformance import KEY_USES
from meterkast.protocols.x509.profile import Profile
from meterkast.protocols.x509.recipient import alternative_key

CLOCK_TOLERANCE = timedelta(minutes=5)
"""Certificates and lists begin this much before they are made: a device's clock may lag."""

_FOREVER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
_AUTHORITY_USES = frozenset({"key_cert_sign", "crl_sign"})

PublicKey = ec.EllipticCurvePublicKey | HybridPublicKey


class Issuer:
    """An authority whose key is in a keystore under a label, with its certificate."""

    def __init__(self, keystore: SoftwareKeystore, label: str) -> None:
        self.label = label
        self._signer = keystore.signer(label)
        self.certificate = keystore.certificate(label)[0]

    @classmethod
    def self_signed(
        cls,
        keystore: SoftwareKeystore,
        label: str,
        *,
        subject: x509.Name,
        path_length: int,
        policies: Sequence[ObjectIdentifier],
        life: timedelta,
        now: datetime,
    ) -> "Issuer":
        """Makes a root on P-384: its key in the keystore, its certificate by itself."""
        keystore.generate(label, KeyKind.EC_P384)
        signer = keystore.signer(label)
        builder = _authority(signer.public_key(), subject, path_length, policies, life, now)
        certificate = _signed(builder.issuer_name(subject), signer)
        keystore.put_certificate(label, [certificate])
        return cls(keystore, label)

    def certify_authority(
        self,
        key: ec.EllipticCurvePublicKey,
        *,
        subject: x509.Name,
        policies: Sequence[ObjectIdentifier],
        life: timedelta,
        now: datetime,
    ) -> x509.Certificate:
        """A certificate for an authority that may issue leaves under these policies, and no authorities."""
        builder = _authority(key, subject, 0, policies, life, now)
        return _signed(builder.issuer_name(self.certificate.subject), self._signer)

    def certify(self, profile: Profile, holder: Holder, key: PublicKey, now: datetime) -> x509.Certificate:
        """A leaf of this profile. Every field is set here; the holder contributes the key alone (AT-15).

        Raises:
            LocalError: ``pki-profile-mismatch`` where holder or key are not what the profile is for.
        """
        if holder.identity is not profile.identity or isinstance(key, HybridPublicKey) is not profile.hybrid:
            raise LocalError("pki-profile-mismatch", "Holder or key do not fit the certificate profile.")
        main = key.x25519 if isinstance(key, HybridPublicKey) else key
        begin = now - CLOCK_TOLERANCE
        builder = (
            _dated(main, holder.subject, begin, begin + profile.validity if profile.validity else _FOREVER)
            .issuer_name(self.certificate.subject)
            .add_extension(_key_usage({profile.use}), critical=True)
            .add_extension(x509.ExtendedKeyUsage([profile.extended]), critical=True)
            .add_extension(_policies([profile.policy]), critical=True)
            .add_extension(
                x509.SubjectAlternativeName([holder.alternative]), critical=holder.subject == x509.Name([])
            )
        )
        if isinstance(key, HybridPublicKey):
            builder = builder.add_extension(alternative_key(key.mlkem), critical=False)
        return _signed(builder, self._signer)

    def revocation_list(
        self, revoked: Iterable[tuple[int, datetime]], *, now: datetime, life: timedelta
    ) -> x509.CertificateRevocationList:
        """The complete list of revoked serial numbers; its own number rises with time."""
        begin = now - CLOCK_TOLERANCE
        key = self._signer.public_key()
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(begin)
            .next_update(begin + life)
            .add_extension(x509.CRLNumber(int(now.timestamp() * 1000)), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key), critical=False)
        )
        for serial, at in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(at).build()
            builder = builder.add_revoked_certificate(entry)
        return builder.sign(self._signer, hashes.SHA384())


def _authority(
    key: ec.EllipticCurvePublicKey,
    subject: x509.Name,
    path_length: int,
    policies: Sequence[ObjectIdentifier],
    life: timedelta,
    now: datetime,
) -> x509.CertificateBuilder:
    begin = now - CLOCK_TOLERANCE
    builder = (
        _dated(key, subject, begin, begin + life)
        .add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
        .add_extension(_key_usage(_AUTHORITY_USES), critical=True)
    )
    return builder.add_extension(_policies(policies), critical=True) if policies else builder


def _dated(
    key: ec.EllipticCurvePublicKey | X25519PublicKey, subject: x509.Name, begin: datetime, end: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .serial_number(x509.random_serial_number())
        .subject_name(subject)
        .public_key(key)
        .not_valid_before(begin)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _signed(builder: x509.CertificateBuilder, signer: SigningHandle) -> x509.Certificate:
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    return builder.add_extension(authority, critical=False).sign(signer, hashes.SHA384())


def _key_usage(uses: Iterable[str]) -> x509.KeyUsage:
    chosen = set(uses)
    bits = {use: use in chosen for use in KEY_USES}
    return x509.KeyUsage(**bits, encipher_only=False, decipher_only=False)


def _policies(policies: Iterable[ObjectIdentifier]) -> x509.CertificatePolicies:
    return x509.CertificatePolicies([x509.PolicyInformation(policy, None) for policy in policies])
