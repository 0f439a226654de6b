"""Keeping its own papers in order: lists, roots, certificates in time, and no key longer than needed."""

import asyncio
import logging
from contextlib import suppress
from datetime import datetime

from meterkast.gateway.anchors import replace_anchors
from meterkast.gateway.desk import RealTime
from meterkast.gateway.enrol import PURPOSES, Enrolment
from meterkast.gateway.est import EstVisit
from meterkast.gateway.holdings import current, spent
from meterkast.gateway.lists import fetch_lists
from meterkast.gateway.pki_address import PkiAddress
from meterkast.gateway.pki_line import NETWORK, PkiLine
from meterkast.gateway.recipient import fetch_recipient
from meterkast.model.errors import LocalError, MeterkastError
from meterkast.model.identity import SystemTitle
from meterkast.outside.keystore import Keystore
from meterkast.outside.trust import TrustFolder
from meterkast.protocols.x509 import RULES, Purpose, Rules

SECONDS_BETWEEN = 6 * 3600.0
_log = logging.getLogger("meterkast.gateway")


class Upkeep:
    """What a gateway does for its keys and its trust, a few times a day.

    Args:
        title: whose.
        keystore: with its certificates, or that of birth alone.
        trust: its trust folder.
        address: of the PKI.
        operator: whose gateway it is.
        line: the way to the PKI.
        rules: profiles and algorithms that it believes.
    """

    def __init__(
        self,
        title: SystemTitle,
        keystore: Keystore,
        trust: TrustFolder,
        address: PkiAddress,
        *,
        operator: str,
        line: PkiLine = NETWORK,
        rules: Rules = RULES,
    ) -> None:
        self._title = title
        self._keystore = keystore
        self._trust = trust
        self._address = address
        self._operator = operator
        self._line = line
        self._rules = rules
        self._enrolment = Enrolment(
            title=title, keystore=keystore, trust=trust, address=address, line=line, rules=rules
        )

    def step(self, now: datetime) -> list[Purpose]:
        """One round, by real time; gives the purposes that have a new certificate.

        Raises:
            UnreachableError, TrustError, PeerError: as ``renew`` and ``replace_anchors`` do. What was done
                before counts.
        """
        lists = self._address.lists
        if lists is not None:
            self._fetch_lists(lists)
            self._replace_anchors(now)
            self._fetch_lists(lists)
            fetch_recipient(self._trust, self._operator, lists, now, line=self._line, rules=self._rules)
        return self._enrolment.renew(now)

    def prune(self, now: datetime) -> list[str]:
        """Destroys the keys that are good for nothing any more, with their certificates; gives their labels.

        Whatever the clock says, it only ever comes to keys that have a successor in use. Nobody is dialled.

        Raises:
            MeterkastError: of the keystore; the next time goes on where it stopped.
        """
        labels = [label for purpose in PURPOSES for label in spent(self._keystore, purpose, now)]
        for label in labels:
            self._keystore.destroy(label)
            _log.info("gateway-key-destroyed gateway=%s label=%s", self._title, label)
        return labels

    async def run(self, real_time: RealTime) -> None:
        """A round now and every ``SECONDS_BETWEEN``; what goes wrong is logged and tried again."""
        while True:
            for duty in (self.step, self.prune):
                try:
                    await asyncio.to_thread(duty, real_time())
                except MeterkastError as error:
                    _log.warning("%s gateway=%s: %s", error.code, self._title, error)
            await asyncio.sleep(SECONDS_BETWEEN)

    def _fetch_lists(self, address: tuple[str, int]) -> None:
        own = [
            self._keystore.certificate(label)[0]
            for label in (current(self._keystore, purpose) for purpose in PURPOSES)
            if label in self._keystore.certified()
        ]
        known = [*own, *self._trust.intermediates()]
        with suppress(LocalError):  # a newborn gateway may have no recipient yet
            known += self._trust.operator_enc()
        fetch_lists(self._trust, known, address, self._line)

    def _replace_anchors(self, now: datetime) -> None:
        identity = self._enrolment.identity()
        with self._line.visit(self._keystore, identity, self._trust, self._address.est) as ask:
            replace_anchors(self._trust, EstVisit(ask).authorities(), now)
