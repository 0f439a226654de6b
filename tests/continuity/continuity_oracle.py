"""The same model as events, in simpy: vendors ship to a dock, a shelf and orders stand, installers take both.

Written apart from the vectorised one: there is no shortfall here and no recurrence, but stock and orders that
stand; what is behind the plan follows from them. Both follow the same rules, so that the same chance gives
the same numbers to the unit.
"""

import math
from collections.abc import Generator
from dataclasses import dataclass, field

import simpy

from meterkast.assurance.continuity.demand import demand
from meterkast.assurance.continuity.draws import Draws
from meterkast.assurance.continuity.fleet import by_age
from meterkast.assurance.continuity.scenario import Channel, Scenario

Process = Generator[simpy.Event, None, None]

CATCH_UP, ORDER, SHIP_LOST, SHIP_OTHER, UNLOAD, INSTALL = 0.1, 0.2, 0.3, 0.4, 0.5, 0.6
"""When in the week each does its work; vendors go and return on the hour the week begins."""

MOST = 10.0**9


@dataclass
class Whole:
    """Passes on whole modules and carries the fraction."""

    total: float = 0.0
    passed: int = 0

    def take(self, amount: float) -> int:
        self.total += amount
        whole = math.floor(self.total + 0.5)
        given, self.passed = whole - self.passed, whole
        return given


@dataclass
class Chain:
    """From vendors to the wall, with a shelf that starts with the buffer."""

    env: simpy.Environment
    scenario: Scenario
    draws: Draws
    run: int
    buffer: int
    planned: list[int]
    lost_plan: list[int]
    came_in: list[int]
    inbound: simpy.Container
    shelf: simpy.Container
    orders: simpy.Container
    gone_since: int = 0
    unpatched_weeks: int = 0
    gone: bool = False
    struck: bool = False
    shocked: bool = False
    campaign: float = 0.0
    behind: list[int] = field(default_factory=list)
    delayed: list[int] = field(default_factory=list)
    missed: Whole = field(default_factory=Whole)
    extra: Whole = field(default_factory=Whole)
    spare: Whole = field(default_factory=Whole)

    @property
    def week(self) -> int:
        return int(self.env.now)

    @property
    def stops(self) -> bool:
        return self.gone and Channel.DELIVERIES in self.scenario.disruption.channels

    @property
    def short(self) -> int:
        """Orders that stand, and what is missing of the buffer."""
        return int(self.orders.level + self.buffer - self.shelf.level)

    def until(self, week: int) -> int:
        """Before which week the lost vendor's modules came in: none came since it stopped delivering."""
        return min(week, self.gone_since) if self.stops else week

    def outage(self) -> Process:
        start, end = float(self.draws.start[self.run]), float(self.draws.end[self.run])
        yield self.env.timeout(start)
        self.gone, self.gone_since = True, self.week
        yield self.env.timeout(max(end - start, 0.0))
        self.gone = False

    def node(self) -> Process:
        start, end = float(self.draws.node_start[self.run]), float(self.draws.node_end[self.run])
        yield self.env.timeout(start)
        self.struck = True
        yield self.env.timeout(max(end - start, 0.0))
        self.struck = False

    def shock(self, weeks: int) -> Process:
        yield self.env.timeout(float(self.draws.shock_start[self.run]))
        self.shocked = True
        yield self.env.timeout(weeks)
        self.shocked = False

    def weakness(self, share: float, weeks: int) -> Process:
        shows = float(self.draws.weakness[self.run])
        if not shows < float(self.draws.end[self.run]):
            return
        yield self.env.timeout(shows)
        self.campaign = self.came_in[self.until(self.week)] * (share / weeks)
        yield self.env.timeout(weeks)
        self.campaign = 0.0

    def catch_up(self) -> Process:
        yield self.env.timeout(CATCH_UP)
        while True:
            amount = min(self.spare.take(self._spare()), self.short)
            if amount > 0:
                yield self.shelf.put(amount)
            yield self.env.timeout(1)

    def order(self) -> Process:
        yield self.env.timeout(ORDER)
        while True:
            amount = self.planned[self.week] + self.extra.take(self._extra(self.week))
            if amount > 0:
                yield self.orders.put(amount)
            yield self.env.timeout(1)

    def ship_lost(self) -> Process:
        yield self.env.timeout(SHIP_LOST)
        while True:
            amount = 0.0 if self.stops else float(self.lost_plan[self.week])
            amount *= 1.0 - self.draws.node_lost[self.run] if self.struck else 1.0
            if amount > 0:
                yield self.inbound.put(amount)
            yield self.env.timeout(1)

    def ship_other(self) -> Process:
        yield self.env.timeout(SHIP_OTHER)
        while True:
            amount = self._own() + self._taken()
            amount *= 1.0 - self.draws.node_other[self.run] if self.struck else 1.0
            if amount > 0:
                yield self.inbound.put(amount)
            yield self.env.timeout(1)

    def unload(self) -> Process:
        yield self.env.timeout(UNLOAD)
        while True:
            came, planned = self.inbound.level, self.planned[self.week]
            if came > 0:
                yield self.inbound.get(came)
            amount = planned - self.missed.take(planned - came)
            if amount > 0:
                yield self.shelf.put(amount)
            yield self.env.timeout(1)

    def install(self) -> Process:
        yield self.env.timeout(INSTALL)
        while True:
            amount = min(self.orders.level, self.shelf.level)
            if amount > 0:
                yield self.orders.get(amount)
                yield self.shelf.get(amount)
            if self.gone and Channel.UPDATES in self.scenario.disruption.channels:
                self.unpatched_weeks += self.came_in[self.until(self.week + 1)]
            self.behind.append(self.short)
            self.delayed.append(int(self.orders.level))
            yield self.env.timeout(1)

    def _own(self) -> float:
        return float(self.planned[self.week] - self.lost_plan[self.week])

    def _reached(self) -> float:
        ramp = float(self.draws.ramp[self.run])
        reached = (self.week - float(self.draws.takeover[self.run])) * (1.0 / ramp)
        return min(max(reached, 0.0), 1.0)

    def _room(self) -> float:
        most = self.scenario.other.max_rate
        return math.inf if most is None else max(most - self._own(), 0.0)

    def _taken(self) -> float:
        """What the other vendor makes of the lost one's share."""
        return min(self.lost_plan[self.week] * self._reached(), self._room()) if self.stops else 0.0

    def _spare(self) -> float:
        """Capacity above the plan, in modules this week."""
        spare = self.planned[self.week] * (self.scenario.other.overcapacity or 0.0)
        if self.stops:
            spare = min(self._reached() * spare, self._room() - self._taken())
        return spare * (1.0 - float(self.draws.node_other[self.run])) if self.struck else spare

    def _extra(self, week: int) -> float:
        """Orders above the plan this week."""
        extra, failure = 0.0, self.scenario.lost.failure
        if self.gone and Channel.MAINTENANCE in self.scenario.disruption.channels:
            until = self.until(week + 1)
            if failure.shape == 1.0:
                extra += self.came_in[until] * (failure.yearly / 52)
            else:
                chance = by_age(failure, len(self.planned)).tolist()
                extra += sum(self.lost_plan[came] * chance[week - came] for came in range(until))
        extra += self.campaign
        if self.shocked:
            assert self.scenario.shock is not None
            extra += self.planned[week] * self.scenario.shock.extra
        return extra


def simulate(scenario: Scenario, draws: Draws, run: int, buffer: int = 0) -> Chain:
    """One run to the end of its term."""
    env = simpy.Environment()
    total = demand(scenario).total
    running = (total.cumsum() * scenario.lost.share).round().astype(int).tolist()
    chain = Chain(
        env,
        scenario,
        draws,
        run,
        buffer,
        total.astype(int).tolist(),
        [after - before for before, after in zip([0, *running], running, strict=False)],
        [0, *running],
        inbound=simpy.Container(env, MOST),
        shelf=simpy.Container(env, MOST, init=buffer),
        orders=simpy.Container(env, MOST, init=int(draws.backlog[run])),
    )
    env.process(chain.outage())
    env.process(chain.node())
    if scenario.shock is not None:
        env.process(chain.shock(scenario.shock.weeks))
    if scenario.weakness is not None and Channel.UPDATES in scenario.disruption.channels:
        env.process(chain.weakness(scenario.weakness.share, scenario.weakness.weeks))
    for work in (
        chain.catch_up,
        chain.order,
        chain.ship_lost,
        chain.ship_other,
        chain.unload,
        chain.install,
    ):
        env.process(work())
    env.run(until=len(total))
    return chain
