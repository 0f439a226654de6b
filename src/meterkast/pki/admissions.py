"""Which gateways an operator has: expected, released to enrol anew, put out of service."""

from collections.abc import Sequence
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

from meterkast.model.errors import LocalError
from meterkast.model.identity import SystemTitle
from meterkast.pki.office import DEVICE_PURPOSES, real_time
from meterkast.pki.revoking import Revoking


class Admissions(Revoking):
    """What an operator decides about its gateways."""

    def expect(
        self,
        title: SystemTitle,
        *,
        operator: str | None = None,
        birth: CertificatePublicKeyTypes | None = None,
    ) -> None:
        """Puts a new gateway on the inventory: it may enrol, once per purpose.

        Where another operator expects it already, that one keeps it, both are told, and this one is not. One
        that was put out of service is brought back.

        Args:
            title: of the gateway.
            operator: whose it is to be; None for this authority's.
            birth: the key of its birth, where that is known before it comes: it is for nothing else.

        Raises:
            LocalError: ``pki-tenant-unknown`` where ``operator`` is not this authority's.
        """
        if operator not in {None, self.operator}:
            raise LocalError("pki-tenant-unknown", "The authority is another operator's.", where=operator)
        if birth is not None:
            with self._records() as records:
                records.keys.born(str(title), birth)
        self.expect_all([title], by_name=True)

    def expect_all(self, titles: Sequence[SystemTitle], *, by_name: bool = False) -> set[SystemTitle]:
        """As ``expect``, for many in one transaction; gives those that may still ask for a certificate.

        Args:
            titles: of the gateways.
            by_name: whether somebody has named each of them, so that those out of service come back. A list
                that is handed in once more does not bring them back.
        """
        now = real_time()
        with self._records() as records:
            inventory = records.inventory
            for title in map(str, titles):
                if by_name:
                    inventory.bring_back(title)
                if not inventory.is_retired(title) and not records.crossings.holder(title, now):
                    inventory.expect(title, DEVICE_PURPOSES)
            return {title for title in titles if inventory.may_ask(str(title))}

    def release(self, title: SystemTitle, now: datetime) -> None:
        """Lets a gateway that lost its keys enrol anew (RQ-05); what it had is revoked.

        One that was put out of service is brought back. Whoever holds its birth key may come: a gateway that
        was stolen is decommissioned instead.

        Raises:
            LocalError: ``pki-device-unknown`` where it is not on the inventory.
            UnreachableError: ``pki-revoked-unpublished`` where the lists could not be signed; it is released.
        """
        with self._records() as records:
            name, inventory = str(title), records.inventory
            known = inventory.knows(name) or inventory.is_retired(name)
            if known:
                lists = self._revoke_all(records, name, now)
                inventory.bring_back(name)
                inventory.keep(name)
                inventory.admit(name, DEVICE_PURPOSES)
            else:
                records.crossings.holder(name, now)
        if not known:
            raise _unknown(title)
        self._publish_revoked(lists, now)

    def decommission(self, title: SystemTitle, now: datetime) -> int:
        """Puts a gateway out of service (RQ-33): stolen, broken, taken down.

        Its certificates are revoked, it may ask for nothing, and the door knows it no more, by its birth
        neither, until the operator expects or releases it by name. Once more does no harm, and publishes
        again. Gives how many certificates it had.

        Raises:
            LocalError: ``pki-device-unknown`` where it never was this operator's.
            UnreachableError: ``pki-revoked-unpublished`` where the lists could not be signed; it is out of
                service.
        """
        with self._records() as records:
            name, inventory = str(title), records.inventory
            had = len(records.issued.of(name))
            known = bool(had) or inventory.knows(name) or inventory.is_retired(name)
            if known:
                lists = self._revoke_all(records, name, now)
                inventory.retire(name, now)
            else:
                records.crossings.holder(name, now)
        if not known:
            raise _unknown(title)
        self._publish_revoked(lists, now)
        return had

    def devices(self) -> list[tuple[str, str]]:
        """System title and operator of every gateway on the inventory."""
        with self._records() as records:
            return records.inventory.devices()

    def knows(self, holder: str) -> bool:
        """Whether a gateway is on the inventory."""
        with self._records() as records:
            return records.inventory.knows(holder)

    def is_decommissioned(self, holder: str) -> bool:
        """Whether a gateway was put out of service, and not brought back."""
        with self._records() as records:
            return records.inventory.is_retired(holder)


def _unknown(title: SystemTitle) -> LocalError:
    return LocalError("pki-device-unknown", "The device is not on the inventory.", where=str(title))
