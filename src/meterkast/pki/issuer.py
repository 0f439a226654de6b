"""A certification authority at work: leaves by profile, authorities below it, and its revocation lists."""

from collections.abc import Iterable
from datetime import datetime

from cryptography import x509

from meterkast.model.errors import LocalError
from meterkast.outside.keystore import HybridPublicKey, KeyKind, Keystore
from meterkast.pki import template
from meterkast.pki.holder import Holder
from meterkast.pki.lint import (
    AUTHORITY_LINTS,
    LEAF_LINTS,
    LIST_LINTS,
    Candidate,
    Lint,
    LintError,
    findings,
    finished,
    finished_list,
    void_signer,
)
from meterkast.pki.lint.finding import Checked
from meterkast.pki.lint.lists import ListCandidate, issuing_point
from meterkast.pki.published import list_names
from meterkast.pki.template import CLOCK_TOLERANCE, ListPoint, PublicKey, SigningPublicKey
from meterkast.protocols.x509.profile import AuthorityProfile, Profile, Rules

Revocation = tuple[int, datetime]


class Issuer:
    """An authority whose key is in a keystore under a name, with its certificate.

    Whatever it signs has passed the linter, under the same octets.

    Args:
        keystore: where its key is.
        name: the label of the key; also the name of the authority in files and registers.
        profile: what it may do.
        rules: profiles and algorithms.
        address: where its lists are published, a folder ending in a slash; None for nowhere.
    """

    def __init__(
        self,
        keystore: Keystore,
        name: str,
        profile: AuthorityProfile,
        *,
        rules: Rules,
        address: str | None = None,
    ) -> None:
        self.name = name
        self.profile = profile
        self.certificate = keystore.certificate(name)[0]
        self._subject = self.certificate.subject
        self._rules = rules
        self._address = address
        self._signer = keystore.signer(name)
        self._key_identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._signer.public_key())

    @classmethod
    def self_signed(
        cls,
        keystore: Keystore,
        name: str,
        profile: AuthorityProfile,
        *,
        subject: x509.Name,
        rules: Rules,
        now: datetime,
        address: str | None = None,
    ) -> "Issuer":
        """Makes a root: its key in the keystore, its certificate by itself."""
        keystore.generate(name, KeyKind(rules.key_to_make(profile.keys, now)))
        signer = keystore.signer(name)
        key, serial = signer.public_key(), x509.random_serial_number()
        builder = template.authority(profile, subject, key, serial=serial, point=None, now=now)
        builder = builder.issuer_name(subject).add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(key), critical=False
        )
        void = void_signer(key)
        candidate = Candidate(
            certificate=builder.sign(void, void.digest),
            profile=profile,
            issuer=None,
            point=None,
            rules=rules,
            now=now,
        )
        _require_clean(AUTHORITY_LINTS, candidate)
        keystore.put_certificate(name, [finished(candidate.certificate, signer)])
        return cls(keystore, name, profile, rules=rules, address=address)

    def certify_authority(
        self,
        key: SigningPublicKey,
        profile: AuthorityProfile,
        *,
        subject: x509.Name,
        now: datetime,
        lists: str | None = None,
    ) -> x509.Certificate:
        """A certificate for an authority below this one; ``lists`` is the address of its own list.

        Raises:
            LintError: ``pki-lint-failed``, as every method that signs.
        """
        serial = x509.random_serial_number()
        point = self._point_of(serial)
        builder = template.authority(profile, subject, key, serial=serial, point=point, lists=lists, now=now)
        return self._signed(builder, profile, AUTHORITY_LINTS, point, now)

    def certify(self, profile: Profile, holder: Holder, key: PublicKey, now: datetime) -> x509.Certificate:
        """A leaf of this profile. Every field is set here; the holder contributes the key alone (AT-15).

        Raises:
            LocalError: ``pki-profile-mismatch`` where holder or key are not what the profile is for.
        """
        if holder.identity is not profile.identity or isinstance(key, HybridPublicKey) is not profile.hybrid:
            raise LocalError("pki-profile-mismatch", "Holder or key do not fit the certificate profile.")
        serial = x509.random_serial_number()
        point = None if profile.no_check else self._point_of(serial)
        builder = template.leaf(profile, holder, key, serial=serial, point=point, now=now)
        return self._signed(builder, profile, LEAF_LINTS, point, now)

    def public_key(self) -> SigningPublicKey:
        """Its public key."""
        return self._signer.public_key()

    def shards(self) -> range:
        """The numbers of its lists."""
        return range(self.profile.shards)

    def point(self, shard: int) -> ListPoint | None:
        """Where one of its lists is published; None where it has no such place."""
        if self._address is None:
            return None
        return ListPoint(shard=shard, address=f"{self._address}{self.list_name(shard)}.crl")

    def list_name(self, shard: int) -> str:
        """How one of its lists is called, in files and addresses."""
        return list_names(self.name, self.profile.shards)[shard]

    def revocation_list(
        self, revoked: Iterable[Revocation], *, shard: int = 0, number: int, begin: datetime, now: datetime
    ) -> x509.CertificateRevocationList:
        """The list of revoked serial numbers of one shard.

        Args:
            revoked: serial numbers and moments.
            shard: which of its lists.
            number: higher than that of every earlier list.
            begin: from when it counts; after ``now`` for one that is signed ahead.
            now: real time.
        """
        start = begin - CLOCK_TOLERANCE
        # a list that is the only one is complete, and says nothing of a scope (RFC 5280, 5.2.5)
        point = self.point(shard) if self.profile.shards > 1 else None
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self._subject)
            .last_update(start)
            .next_update(start + self.profile.list_life)
            .add_extension(x509.CRLNumber(number), critical=False)
            .add_extension(self._key_identifier, critical=False)
        )
        if point is not None:
            builder = builder.add_extension(issuing_point(point), critical=True)
        for serial, at in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(at).build()
            builder = builder.add_revoked_certificate(entry)
        void = void_signer(self._signer.public_key())
        candidate = ListCandidate(
            revocation_list=builder.sign(void, void.digest),
            issuer=self.certificate,
            profile=self.profile,
            point=point,
            rules=self._rules,
            now=now,
        )
        _require_clean(LIST_LINTS, candidate)
        return finished_list(candidate.revocation_list, self._signer)

    def _point_of(self, serial: int) -> ListPoint | None:
        return self.point(serial % self.profile.shards)

    def _signed(
        self,
        builder: x509.CertificateBuilder,
        profile: Profile | AuthorityProfile,
        lints: Iterable[Lint[Candidate]],
        point: ListPoint | None,
        now: datetime,
    ) -> x509.Certificate:
        builder = builder.issuer_name(self._subject).add_extension(self._key_identifier, critical=False)
        void = void_signer(self._signer.public_key())
        candidate = Candidate(
            certificate=builder.sign(void, void.digest),
            profile=profile,
            issuer=self.certificate,
            point=point,
            rules=self._rules,
            now=now,
        )
        _require_clean(lints, candidate)
        return finished(candidate.certificate, self._signer)


def _require_clean(lints: Iterable[Lint[Checked]], candidate: Checked) -> None:
    found = findings(lints, candidate)
    if found:
        raise LintError(found)
