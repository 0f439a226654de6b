"""One run told week by week with a buffer: every module accounted for, in whole units."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from meterkast.assurance.continuity.draws import Draws
from meterkast.assurance.continuity.engine import flow
from meterkast.assurance.continuity.fleet import fleet
from meterkast.assurance.continuity.scenario import Scenario


class Week(NamedTuple):
    """One week: what was asked for, delivered (``caught_up`` of it late) and installed, and what stands."""

    asked: int
    delivered: int
    caught_up: int
    installed: int
    stock: int
    delayed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """All weeks of one run with this buffer."""

    buffer: int
    backlog: int
    weeks: tuple[Week, ...]

    @property
    def installed(self) -> int:
        """Modules on the wall at the end, from generation 6."""
        return sum(week.installed for week in self.weeks)

    def imbalance(self) -> int:
        """Modules lost or made out of nothing in the worst week: 0, always.

        Each week: stock + installed = buffer + delivered, and installed + delayed = asked (both summed up).
        """
        worst, asked, delivered, installed = 0, self.backlog, 0, 0
        for week in self.weeks:
            asked += week.asked
            delivered += week.delivered
            installed += week.installed
            worst = max(
                worst,
                abs(week.stock + installed - self.buffer - delivered),
                abs(installed + week.delayed - asked),
            )
        return worst


def ledger(scenario: Scenario, draws: Draws, buffer: int, run: int = 0) -> Ledger:
    """The ledger of one run: flows from the model, stock and delay kept by simple bookkeeping."""
    plans = fleet(scenario)
    flows = flow(scenario, plans, draws)
    missed, spare = flows.missed[:, run], flows.spare[:, run]
    extra = np.zeros(plans.weeks) if flows.extra is None else flows.extra[:, run]
    behind = backlog = int(draws.backlog[run])
    stock, delayed = buffer - min(buffer, backlog), backlog - min(buffer, backlog)
    weeks = []
    for planned, short, more, capacity in zip(plans.demand, missed, extra, spare, strict=True):
        caught_up = min(int(capacity), behind)
        asked = int(planned + more)
        delivered = int(planned - short) + caught_up
        behind += int(short + more) - caught_up
        available, wanted = stock + delivered, delayed + asked
        installed = min(available, wanted)
        stock, delayed = available - installed, wanted - installed
        weeks.append(
            Week(
                asked=asked,
                delivered=delivered,
                caught_up=caught_up,
                installed=installed,
                stock=stock,
                delayed=delayed,
            )
        )
    used = min(buffer, backlog)
    if weeks and used:
        first = weeks[0]
        weeks[0] = first._replace(installed=first.installed + used)
    return Ledger(buffer=buffer, backlog=backlog, weeks=tuple(weeks))
