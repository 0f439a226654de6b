"""The plan of a simulated life: how many, how long, and what the operator does when."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from meterkast.protocols.x509.profile import POST_QUANTUM_TEXT

OPERATOR = "Stadsnet"
START = datetime(2027, 1, 1, 12, tzinfo=UTC)
WEEK = timedelta(days=7)
WEEKS_PER_YEAR = 52
WEEKS = 20 * WEEKS_PER_YEAR
"""How long a life is."""
ROUND_WEEKS = 26
"""A gateway that is well is looked at so often; what it did in the nights between, it does now."""
COMMISSIONING_WEEKS = 52
"""The fleet is installed in its first year."""

SWITCHED_RULES = (
    POST_QUANTUM_TEXT
    + """
# What has no successor yet stays classical, and so must the registry: key agreement, orders, births.
[algorithms.ec-p256]
deprecated = 2060-01-01
forbidden = 2062-01-01
"""
)
"""The switch of the whole fleet: this text in the PKI's folder and with the gateways, and no code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diary:
    """What the operator does in which week.

    Attributes:
        authorities: weeks between two generations of issuing authorities; what one issues must end first.
        rolls: with which of these generations (the second is 1) a new root comes.
        switch: with which of them the algorithms change.
        root_days: weeks between two visits to the safe where the root lies, to sign its lists.
        servers_first: whether servers get fresh certificates of the present authorities just before the next
            ones are made, so that a gateway that is away meanwhile still believes them later.
        token_lost: from which weeks on, for one week, the issuing authorities' token is gone.
        services_down: in which weeks enrolment and lists are down for six days.
        restored: from which weeks on, in the first in which something is issued, the register is restored
            from the backup made before that.
    """

    authorities: int = 117
    rolls: tuple[int, ...] = (1, 2, 5)
    switch: int = 2
    root_days: int = 26
    servers_first: bool = True
    token_lost: tuple[int, ...] = (150, 700)
    services_down: tuple[int, ...] = (320, 820)
    restored: tuple[int, ...] = (390, 900)

    def learning(self) -> int:
        """The week in which gateways and centre learn to believe the next algorithms, a year ahead."""
        return self.switch * self.authorities - WEEKS_PER_YEAR


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetSettings:
    """A simulated life.

    Attributes:
        folder: for keys, registers and journals; best in memory. It must be empty.
        gateways: how many, at least six for every fault to have its victim.
        seed: same seed, same life, but for the keys.
        diary: what the operator does.
        weeks: how long; what must be true at the end is looked at after ``WEEKS`` alone.
    """

    folder: Path
    gateways: int = 1000
    seed: int = 1
    diary: Diary = Diary()
    weeks: int = WEEKS


def moment(week: int) -> datetime:
    """Noon of the first day of a week."""
    return START + week * WEEK
