"""What came of a life: every reading accounted for, and the figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from meterkast.model.errors import MeterkastError
from meterkast.street.fleet.centre import Account, Centre
from meterkast.street.fleet.days import CLOCK
from meterkast.street.fleet.ledger import Ledger
from meterkast.street.fleet.member import Member
from meterkast.street.fleet.plan import START, FleetSettings

RENEWALS = 10
ROOTS = 4


def settle(
    members: Sequence[Member], centre: Centre, ledger: Ledger, now: datetime, *, is_whole: bool
) -> None:
    """Looks for what must be true of every gateway; of renewals and roots after a whole life alone."""
    for member in members:
        life, name = member.life, str(member.life.title)
        account = centre.accounts.get(name, Account())
        last = (member.gone_at or now) - START
        expected = range(life.first, last.days)
        lost = [number for number in expected if number not in account.days]
        ledger.count("readings-expected", len(expected))
        for number in lost:
            ledger.breach("reading-lost", f"{name} day {number}")
        for number in account.days.keys() - set(expected):
            ledger.breach("reading-invented", f"{name} day {number}")
        for number in member.flagged - set(lost):
            ledger.count("readings-flagged")
            if not account.days[number] & CLOCK:
                ledger.breach("reading-unflagged", f"{name} day {number}")
        if member.gone_at is not None:
            continue
        if is_whole and life.renewals < RENEWALS:
            ledger.breach("renewals-too-few", f"{name} {life.renewals}")
        if is_whole and len(life.roots) < ROOTS:
            ledger.breach("root-unused", f"{name} {sorted(life.roots)}")
        try:
            life.require_whole(now)
        except MeterkastError as error:
            ledger.breach(f"bricked-{error.code}", name)


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetResult:
    """A life in numbers.

    Attributes:
        gateways: how many began it.
        seed: of its faults.
        counts: what happened.
        breaches: promises broken; none where all is well.
        examples: one case of each.
        renewals: fewest and most of a gateway that was there to the end.
        seconds: real time.
    """

    gateways: int
    seed: int
    counts: dict[str, int]
    breaches: dict[str, int]
    examples: dict[str, str]
    renewals: tuple[int, int]
    seconds: float

    @classmethod
    def of(
        cls, settings: FleetSettings, ledger: Ledger, members: Sequence[Member], seconds: float
    ) -> "FleetResult":
        """From the books."""
        renewals = [member.life.renewals for member in members if member.gone_at is None]
        return cls(
            gateways=settings.gateways,
            seed=settings.seed,
            counts=dict(sorted(ledger.counts.items())),
            breaches=dict(sorted(ledger.breaches.items())),
            examples=dict(ledger.examples),
            renewals=(min(renewals, default=RENEWALS), max(renewals, default=RENEWALS)),
            seconds=seconds,
        )

    @property
    def holds(self) -> bool:
        """Whether no promise was broken."""
        return not self.breaches

    def document(self) -> dict[str, Any]:
        """Figures as the front door promises them, and everything else beside them."""
        return {
            "figures": self._figures(),
            "holds": self.holds,
            "gateways": self.gateways,
            "seed": self.seed,
            "counts": self.counts,
            "breaches": self.breaches,
            "examples": self.examples,
        }

    def _figures(self) -> list[dict[str, Any]]:
        broken, count = self.breaches.get, self.counts.get
        bricked = sum(number for code, number in self.breaches.items() if code.startswith("bricked-"))
        readings = f"{count('readings-expected', 0):,} days of {self.gateways:,} gateways"
        faults = f"{count('power-cuts', 0):,} power cuts, {count('weeks-away', 0):,} weeks away"
        intrusions = f"{count('intrusions-refused', 0):,} attempts refused"
        certificates = f"{count('certificates-issued', 0):,} certificates, {count('restored', 0)} restores"
        return [
            _figure("fleet.readings-lost", broken("reading-lost", 0), "days", 0, readings),
            _figure("fleet.gateways-bricked", bricked, "gateways", 0, faults),
            _figure("fleet.intrusions-accepted", broken("intrusion-accepted", 0), "envelopes", 0, intrusions),
            _figure("fleet.serials-twice", broken("serial-twice", 0), "certificates", 0, certificates),
            _figure("fleet.promises-broken", sum(self.breaches.values()), "cases", 0, "all that is watched"),
            _figure(
                "fleet.renewals",
                self.renewals[0],
                "renewals",
                RENEWALS,
                f"most: {self.renewals[1]}",
                more=True,
            ),
            _figure("fleet.duration", round(self.seconds), "s", None, f"{count('visits', 0):,} visits"),
        ]


def _figure(
    name: str, value: int, unit: str, goal: int | None, against: str, *, more: bool = False
) -> dict[str, Any]:
    holds = goal is None or (value >= goal if more else value <= goal)
    return {
        "name": name,
        "value": value,
        "unit": unit,
        "goal": goal,
        "against": against,
        "more_is_better": more,
        "holds": holds,
    }
