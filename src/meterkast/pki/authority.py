"""The certification authority of one operator: issues to devices and the operator's machines, and revokes."""

from meterkast.pki.admissions import Admissions
from meterkast.pki.crossing import Event
from meterkast.pki.enrolment import Enrolment
from meterkast.pki.issued import IssuedCertificate
from meterkast.pki.office import DEVICE_PURPOSES, ISSUING, Witness, issuing_folder, list_address, real_time
from meterkast.pki.own_certificates import Keep, OwnCertificates, Unseal
from meterkast.pki.recovery import Recovery

__all__ = [
    "DEVICE_PURPOSES",
    "ISSUING",
    "Authority",
    "Keep",
    "Unseal",
    "Witness",
    "issuing_folder",
    "list_address",
]


class Authority(Enrolment, OwnCertificates, Admissions, Recovery):
    """The issuing authorities of one operator, at work in a folder; the root's folder is not needed.

    What it does stands with those for whom it does it: ``Enrolment`` for what gateways and servers ask,
    ``OwnCertificates`` for the operator's machines, ``Admissions`` for the fleet, ``Revoking`` for the lists,
    ``Recovery`` for a register that was restored. What was issued is told here.

    Args:
        folder: of the PKI: ``register.sqlite``, ``issuing/``, ``tenants/SHORT/issuing/``, ``rules.toml``.
        trust: the operator's trust folder.
        operator: whose it is; None for the one that founded the PKI.
        rules: profiles and algorithms; None for those of the folder.
        keystore: with the keys of the authorities; None for the one in its place.
        profile: what it may start with; in production no keys in plain files.
        witness: sees every certificate before it counts, such as a transparency log.

    Raises:
        LocalError: ``keystore-label-unknown`` where there is no authority, ``pki-missing``,
            ``pki-tenant-unknown``.
        TrustError: ``keystore-software-refused``, as ``open_keystore`` does in production.
        DataError, UnreachableError: ``pki-register-…``, as ``Register``; so does every method.
    """

    def issued(self, holder: str) -> list[IssuedCertificate]:
        """Every certificate of a system title, DNS name or operator, oldest first."""
        with self._records() as records:
            records.crossings.holder(holder, real_time())
            return records.issued.of(holder)

    def issued_since(self, position: int, limit: int = 1000) -> list[tuple[int, IssuedCertificate]]:
        """What was issued behind a position, each with its own position: for whoever keeps a copy."""
        with self._records() as records:
            return records.issued.since(position, limit)

    def events(self) -> list[Event]:
        """What the operator should know of: other operators asking for what is its own, and the reverse."""
        with self._records() as records:
            return records.crossings.events()
