"""Whether this gateway speaks: the operator's signed orders, obeyed, kept, and proven by receipt.

The consumer asks the operator, the operator signs, and whoever is at hand brings the order: this gateway
believes the signature, not the bearer. While it is silent it sends nothing and seals nothing, and of a day on
which it was silent for a moment nothing ever leaves the house, not even after it speaks again.
"""

from datetime import date, datetime

from meterkast.gateway.holdings import current
from meterkast.gateway.settings import GatewaySettings
from meterkast.model.calendar import day_bounds
from meterkast.model.errors import PeerError, TrustError
from meterkast.outside.journal import Journal, ObeyedOrder
from meterkast.outside.keystore import Keystore
from meterkast.outside.trust import TrustFolder
from meterkast.protocols.order import Receipt, SignedOrder, Speech, digest, parse_order
from meterkast.protocols.x509.foreign import read_certificate
from meterkast.protocols.x509.identity import operator
from meterkast.protocols.x509.path import validate
from meterkast.protocols.x509.profile import RULES, Purpose, Rules


class Communication:
    """What the orders so far amount to."""

    def __init__(
        self,
        settings: GatewaySettings,
        keystore: Keystore,
        trust: TrustFolder,
        journal: Journal,
        rules: Rules = RULES,
    ) -> None:
        self._settings = settings
        self._keystore = keystore
        self._trust = trust
        self._journal = journal
        self._rules = rules
        self._obeyed = journal.obeyed()

    @property
    def on(self) -> bool:
        """Whether the gateway may send; it may until it is told otherwise."""
        return self._obeyed[-1].speaks if self._obeyed else True

    def covers(self, day: date) -> bool:
        """Whether it may send of this local day: now, and from the day's first moment to its last."""
        if not self.on:
            return False
        start, end = day_bounds(day)
        speaks = True
        for order in self._obeyed:
            if order.at >= end:
                break
            if not order.speaks and order.at >= start:
                return False
            if order.speaks and not speaks and order.at > start:
                return False
            speaks = order.speaks
        return speaks

    def obey(self, octets: bytes, *, at: int, now: datetime) -> bytes:
        """Does what a signed order says and gives the signed receipt; the same order again, the same receipt.

        Args:
            octets: the order as it was brought.
            at: metering time, Unix seconds.
            now: real time, by which certificates are judged.

        Raises:
            PeerError: ``order-malformed``.
            TrustError: ``certificate-…``, ``order-signature-wrong``, ``order-foreign`` for an order of
                another operator or to another gateway, ``order-replayed`` for one that is out of date.
        """
        signed = parse_order(octets)
        self._believe(signed, now)
        if self._obeyed and self._obeyed[-1].octets == octets:
            return self._obeyed[-1].receipt
        if self._obeyed and signed.order.number <= self._obeyed[-1].number:
            raise TrustError("order-replayed", "The order is not newer than the last one.")
        receipt = Receipt(
            gateway=self._settings.title, order=digest(octets), at=at, speech=signed.order.speech
        ).encode()
        obeyed = ObeyedOrder(
            number=signed.order.number,
            at=at,
            speaks=signed.order.speech is Speech.ON,
            octets=octets,
            receipt=receipt + self._keystore.sign(current(self._keystore, Purpose.SIG), receipt),
        )
        self._journal.obey(obeyed)
        self._obeyed.append(obeyed)
        return obeyed.receipt

    def _believe(self, signed: SignedOrder, now: datetime) -> None:
        try:
            certificate = read_certificate(signed.certificate)
        except PeerError as error:
            raise PeerError("order-malformed", "These octets are no order and no receipt.") from error
        trust = self._trust
        validate(
            certificate,
            trust.intermediates(),
            trust.anchors(),
            trust.crls(),
            now,
            Purpose.OPERATOR_ORDER,
            rules=self._rules,
        )
        signed.verify(certificate.public_key())
        own = signed.order.gateway == self._settings.title
        if not own or operator(certificate) != self._settings.operator:
            raise TrustError("order-foreign", "The order is not for this gateway, or not of its operator.")
