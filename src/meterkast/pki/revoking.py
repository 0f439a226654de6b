"""Taking certificates back, and saying so on lists that everybody reads."""

import logging
from collections.abc import Sequence
from datetime import datetime

from meterkast.model.errors import LocalError, UnreachableError
from meterkast.pki.issued import IssuedCertificate
from meterkast.pki.issuer import Issuer
from meterkast.pki.office import Office
from meterkast.pki.publishing import UNSIGNED
from meterkast.pki.register import Records
from meterkast.protocols.x509.algorithm import Status, key_algorithm

_log = logging.getLogger("meterkast.pki")

Place = tuple[str, int]
"""The list on which a certificate would stand: name of the authority, and number of its list."""


class Revoking(Office):
    """What an operator does about certificates that are to count no more."""

    def revoke(self, serial: int, now: datetime) -> None:
        """Revokes a certificate and publishes its list: the next connection sees it (RQ-07).

        One that is revoked already is published once more.

        Raises:
            LocalError: ``pki-serial-unknown`` where there is nothing of this operator's to revoke.
            UnreachableError: ``pki-revoked-unpublished`` where the list could not be signed.
        """
        with self._records() as records:
            issued = records.issued.find(serial)
            place = None if issued is None else self._revoke(records, issued, now)
            if place is None:
                records.crossings.serial(serial, now)
        if place is None:
            raise LocalError("pki-serial-unknown", "There is no certificate with this number to revoke.")
        _log.warning("pki-revoked serial=%x", serial)
        self._publish_revoked([place], now)

    def publish(self, now: datetime) -> None:
        """Signs the revocation lists of the issuing authorities anew; due well before the last ones end.

        Where a ceremony has signed lists of the root ahead, the one that has begun comes out too.

        Raises:
            UnreachableError: ``pki-lists-unsigned`` where the keys cannot be reached; what was signed ahead
                and has begun is out all the same.
        """
        self._publisher.publish(self._believed(now), now)
        self._publisher.publish_ahead(now)

    def unpublished(self) -> list[str]:
        """Names of the lists that are not in the trust folder: none where the authorities are at work."""
        names = [each.list_name(shard) for each in self._issuers for shard in each.shards()]
        return [name for name in names if self.trust.crl(name) is None]

    def _revoke_all(self, records: Records, holder: str, now: datetime) -> list[Place]:
        """Revokes what a holder has; gives the lists of all that is revoked and would still live."""
        return [
            self._revoke(records, issued, now)
            for issued in records.issued.of(holder)
            if issued.revoked_at is None or issued.certificate.not_valid_after_utc > now
        ]

    def _revoke(self, records: Records, issued: IssuedCertificate, now: datetime) -> Place:
        """Puts a certificate on the list it points at, where it is not there yet."""
        certificate = issued.certificate
        issuer = self._named(issued.issuer)
        shard = certificate.serial_number % issuer.profile.shards
        records.issued.revoke(certificate.serial_number, now)
        records.revocations.add(
            issuer.name,
            shard,
            certificate.serial_number,
            at=now,
            until=certificate.not_valid_after_utc,
        )
        return issuer.name, shard

    def _publish_revoked(self, places: Sequence[Place], now: datetime) -> None:
        try:
            self._publisher.publish(self._believed(now), now, only=places)
        except UnreachableError as error:
            if error.code != UNSIGNED:
                raise
            raise UnreachableError(
                "pki-revoked-unpublished",
                "It is revoked in the register, and not published: the list could not be signed.",
                where=error.where,
                hint="Give the command again when the token is there; until then the last list counts.",
            ) from error

    def _believed(self, now: datetime) -> list[Issuer]:
        """Those on whose lists anything depends: they live, and their algorithm is not forbidden."""
        self._keep_up()
        status = self.rules.algorithms.status
        return [
            each
            for each in self._issuers
            if each.certificate.not_valid_after_utc > now
            and status(key_algorithm(each.public_key()), now) is not Status.FORBIDDEN
        ]
