"""Publishing what was revoked: fresh lists while the keys are at hand, lists signed ahead when they are not.

A list is never younger in time and older in content than one before it: numbers rise with time, and what was
once on a published list comes back onto the next one, even where the register was restored from a backup.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from cryptography import x509

from meterkast.model.errors import LocalError, UnreachableError
from meterkast.outside.trust import TrustFolder
from meterkast.pki.issuer import Issuer
from meterkast.pki.published import published_list
from meterkast.pki.register import Records, Register
from meterkast.protocols.x509.list_place import list_number
from meterkast.protocols.x509.renewal import RENEWAL_GRACE

_OVERLAP = timedelta(days=1)
"""A list that was signed ahead begins so long before the one before it ends."""

_NO_END = timedelta(days=36525)

UNSIGNED = "pki-lists-unsigned"

_log = logging.getLogger("meterkast.pki")


class Publisher:
    """The lists of one operator's authorities, in its trust folder."""

    def __init__(self, register: Register, operator: str, trust: TrustFolder) -> None:
        self._register = register
        self._operator = operator
        self._trust = trust

    def publish(
        self, issuers: Iterable[Issuer], now: datetime, *, only: Sequence[tuple[str, int]] | None = None
    ) -> None:
        """Signs lists anew, and those that begin later, and puts the former in the trust folder.

        Where the keys cannot be reached, lists that were signed ahead are published instead.

        Args:
            issuers: the authorities.
            now: real time.
            only: names of authorities and shards; None for all.

        Raises:
            UnreachableError: ``pki-lists-unsigned`` where the keys could not be reached.
        """
        wanted = [
            (issuer, shard)
            for issuer in issuers
            for shard in issuer.shards()
            if only is None or (issuer.name, shard) in only
        ]
        try:
            # numbers first, and on disk: a list that is out must never have a higher one than the register
            with self._register.records(self._operator) as records:
                numbers = [self._reserve(records, issuer, shard, now) for issuer, shard in wanted]
            with self._register.records(self._operator) as records:
                for (issuer, shard), number in zip(wanted, numbers, strict=True):
                    self._publish_one(records, issuer, shard, number, now)
        except (UnreachableError, LocalError) as error:
            if not error.code.startswith("keystore-"):
                raise
            _log.error("%s operator=%s: lists that were signed ahead are used", error.code, self._operator)
            self.publish_ahead(now)
            hint = "Bring the token back. Lists that were signed ahead come out as they begin."
            message = f"The revocation lists could not be signed. {error.message}"
            raise UnreachableError(UNSIGNED, message, where=error.where, hint=hint) from error

    def publish_ahead(self, now: datetime) -> int:
        """Publishes what was signed ahead and has begun; needs no key. Gives how many lists were replaced."""
        with self._register.records(self._operator) as records:
            replaced = 0
            for name, ahead in records.revocations.ahead(now).items():
                if list_number(ahead) > list_number(self._trust.crl(name)):
                    records.revocations.reserve(name, list_number(ahead))
                    self._trust.publish(f"{name}.crl.pem", [ahead])
                    replaced += 1
            return replaced

    def _reserve(self, records: Records, issuer: Issuer, shard: int, now: datetime) -> int:
        name = issuer.list_name(shard)
        before = published_list(self._trust, name, issuer.public_key())
        last = records.revocations.last_number(name)
        if before is not None and list_number(before) > last:
            self._restored(records, issuer, shard, before, now)
        number = max(int(now.timestamp() * 1000), last + 1, list_number(before) + 1)
        records.revocations.reserve(name, number + issuer.profile.lists_ahead)
        return number

    def _publish_one(self, records: Records, issuer: Issuer, shard: int, number: int, now: datetime) -> None:
        name = issuer.list_name(shard)
        if list_number(published_list(self._trust, name, issuer.public_key())) >= number:
            return  # somebody overtook us, and has seen at least what we have
        # what was revoked must not come back in the time in which ended certificates may still renew (AT-09)
        since = now - issuer.profile.list_life - RENEWAL_GRACE
        revoked = records.revocations.on(issuer.name, shard, since=since)
        fresh = issuer.revocation_list(revoked, shard=shard, number=number, begin=now, now=now)
        later = []
        for count in range(1, issuer.profile.lists_ahead + 1):
            begin = now + count * (issuer.profile.list_life - _OVERLAP)
            ahead = issuer.revocation_list(revoked, shard=shard, number=number + count, begin=begin, now=now)
            later.append((begin, ahead))
        records.revocations.put_ahead(name, later)
        self._trust.publish(f"{name}.crl.pem", [fresh])

    def _restored(
        self,
        records: Records,
        issuer: Issuer,
        shard: int,
        before: x509.CertificateRevocationList,
        now: datetime,
    ) -> None:
        """The register is older than what it published: it was restored (RQ-32).

        What was revoked since stays revoked, and admissions may have been used since: they are closed until
        an operator releases the devices anew.
        """
        for entry in before:
            at = entry.revocation_date_utc
            records.issued.revoke(entry.serial_number, at)
            records.revocations.add(issuer.name, shard, entry.serial_number, at=at, until=now + _NO_END)
        if records.inventory.close_admissions():
            records.crossings.tell("pki-register-restored", issuer.name, now)
        _log.warning("pki-register-restored operator=%s list=%s", self._operator, issuer.list_name(shard))
