"""What a ceremony has made: for the PKI that takes it over, and for the ceremony after it."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509

from meterkast.pki.ceremony.quorum import Quorum
from meterkast.pki.ceremony.wanted import Applicant
from meterkast.protocols.x509.list_place import list_number


@dataclass(frozen=True, slots=True, kw_only=True)
class CeremonyOutcome:
    """What a ceremony has made, and what it took over from those before it.

    Attributes:
        folder: of the ceremony.
        digest: SHA-256 of its transcript, hexadecimal.
        before: the same of the ceremony that it follows; None for the one that made the root.
        ended: when its holders signed.
        operator: whose PKI it is.
        holders: names of the holders, in the order of the first ceremony.
        quorum: how the holders open the token together.
        roots: by name, oldest first: each root, then what other roots say for it.
        authorities: certificates of issuing authorities, and whose they are.
        lists: revocation lists by the name of their root, the first to begin first.
    """

    folder: Path
    digest: str
    before: str | None
    ended: datetime
    operator: str
    holders: tuple[str, ...]
    quorum: Quorum
    roots: dict[str, list[x509.Certificate]]
    authorities: dict[Applicant, x509.Certificate]
    lists: dict[str, list[x509.CertificateRevocationList]]

    @property
    def root(self) -> x509.Certificate:
        """The newest root."""
        return list(self.roots.values())[-1][0]

    def lists_end(self) -> datetime:
        """When the last list of the newest root ends, and nobody believes anything below it any more."""
        newest = list(self.lists.values())[-1]
        return max(each.next_update_utc or each.last_update_utc for each in newest)

    def revoked(self, root: str) -> dict[int, datetime]:
        """Serial numbers and moments that are on the lists of a root."""
        return {
            entry.serial_number: entry.revocation_date_utc
            for each in self.lists.get(root, ())
            for entry in each
        }

    def last_number(self, root: str) -> int:
        """The highest number of a root's lists, those signed ahead among them; 0 for none."""
        return max((list_number(each) for each in self.lists.get(root, ())), default=0)
