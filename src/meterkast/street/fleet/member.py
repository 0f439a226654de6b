"""A gateway under its fate: whether it has a network, what its clock shows, when its power fails."""

from dataclasses import dataclass, field
from datetime import datetime

from meterkast.gateway.enrol import due
from meterkast.gateway.holdings import current
from meterkast.protocols.x509 import Purpose
from meterkast.street.fleet.fate import ClockFault, Fate
from meterkast.street.fleet.gateway_life import GatewayLife
from meterkast.street.fleet.plan import ROUND_WEEKS, START, WEEK

_NEAR = 0.64
"""A little before two thirds of a certificate's life."""
_LATE_WEEKS = 8
_CLOCK_WEEKS = 2
_CLOCK_FAILURES = 2


@dataclass(slots=True, kw_only=True)
class Member:
    """One of the fleet.

    Attributes:
        life: the gateway.
        fate: what befalls it.
        look_again: whether something went wrong, and it tries again next week.
        informed_at: when it last had fresh lists.
        flagged: numbers of days that it sealed while its clock was wrong.
        gone_at: when it was decommissioned; None while it is at work.
        orders: how many orders were made out to it.
        was_released: whether the operator has had it enrol anew.
        given_up: labels that it had then, until it has others.
    """

    life: GatewayLife
    fate: Fate
    look_again: bool = False
    informed_at: datetime = START
    flagged: set[int] = field(default_factory=set)
    gone_at: datetime | None = None
    orders: int = 0
    was_released: bool = False
    given_up: set[str] | None = None
    _late_until: int | None = None
    _clock_until: int = -1
    _clock_failures: int = 0

    def is_due(self, week: int) -> bool:
        """Whether it is looked at in this week."""
        return self.gone_at is None and (self.look_again or week % ROUND_WEEKS == 0)

    def is_away(self, week: int, now: datetime) -> bool:
        """Whether it has no network in this week."""
        if self.fate.comes_late and self._late_until is None:
            certificate = self.life.keystore.certificate(current(self.life.keystore, Purpose.TLS))[0]
            begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
            if now >= begin + (end - begin) * _NEAR:
                self._late_until = week + -(-(end - now) // WEEK) + _LATE_WEEKS
        late = self._late_until is not None and week < self._late_until
        return late or self.fate.is_away(week)

    def clock(self, week: int, now: datetime) -> ClockFault | None:
        """How its clock is wrong this week; it fails when a renewal is due, and is set a fortnight later."""
        fault = self.fate.clock
        if fault is None or week <= self._clock_until:
            return fault
        if self._clock_failures < _CLOCK_FAILURES and self.life.renewals % 3 == 1 and self.needs(now):
            self._clock_until = week + _CLOCK_WEEKS
            self._clock_failures += 1
            return fault
        return None

    def is_to_be_released(self, week: int) -> bool:
        """Whether it is to enrol anew."""
        due = self.fate.released is not None and week >= self.fate.released
        return due and not self.was_released

    def may_wait(self, doubt: str) -> bool:
        """Whether there is a reason for which the centre does not use at once what it has signed."""
        if doubt == "certificate-revoked":
            return self.was_released
        return self.fate.comes_late or self.fate.away is not None

    def needs(self, now: datetime) -> bool:
        """Whether it needs new certificates."""
        return self.given_up is not None or bool(due(self.life.keystore, now))

    def endanger(self, now: datetime) -> None:
        """Its power is going to fail during the next renewal, if that is its fate."""
        cuts = self.fate.cuts
        if cuts and self.needs(now):
            self.life.mains.cut_at(cuts[self.life.renewals % len(cuts)])
