"""A certificate that is about to be signed, and everything it is measured by."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TypeVar

from cryptography import x509
from cryptography.x509.oid import ObjectIdentifier

from meterkast.pki.template import ListPoint
from meterkast.protocols.x509.profile import AuthorityProfile, Profile, Rules

Extension = TypeVar("Extension", bound=x509.ExtensionType)
Rule = TypeVar("Rule", Profile, AuthorityProfile)


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """Not signed yet.

    Attributes:
        certificate: as it will be, under a void signature.
        profile: what it claims to be.
        issuer: the certificate of who is to sign it; None for a root, which signs itself.
        point: where its revocation is to stand; None where there is no such place.
        rules: profiles and algorithms.
        now: real time.
    """

    certificate: x509.Certificate
    profile: Profile | AuthorityProfile
    issuer: x509.Certificate | None
    point: ListPoint | None
    rules: Rules
    now: datetime

    @cached_property
    def extensions(self) -> dict[ObjectIdentifier, x509.Extension[x509.ExtensionType]]:
        """By identifier."""
        return {extension.oid: extension for extension in self.certificate.extensions}

    def find(self, kind: type[Extension]) -> Extension | None:
        """The value of an extension; None where it is not there."""
        found = self.extensions.get(kind.oid)
        return found.value if found is not None and isinstance(found.value, kind) else None

    def is_critical(self, kind: type[x509.ExtensionType]) -> bool:
        """Whether an extension is there and critical."""
        found = self.extensions.get(kind.oid)
        return found is not None and found.critical

    @property
    def leaf(self) -> Profile:
        """The profile of a leaf."""
        if not isinstance(self.profile, Profile):
            raise TypeError("the candidate is an authority")
        return self.profile

    @property
    def authority(self) -> AuthorityProfile:
        """The profile of an authority."""
        if not isinstance(self.profile, AuthorityProfile):
            raise TypeError("the candidate is a leaf")
        return self.profile
