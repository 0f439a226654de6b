"""What if an order forbids a vendor: from which day, with which transition, for new or installed modules."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

import numpy as np

from meterkast.assurance.continuity.demand import demand
from meterkast.assurance.continuity.draws import certain
from meterkast.assurance.continuity.engine import flow
from meterkast.assurance.continuity.fleet import Fleet, fleet
from meterkast.assurance.continuity.scenario import WEEKS_PER_YEAR, Channel, Route, Scenario
from meterkast.assurance.continuity.takeover import Explanation
from meterkast.model.errors import DataError

_DAYS_PER_WEEK = 7


class Scope(StrEnum):
    """What an order forbids."""

    NEW = "new"
    INSTALLED = "installed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order on the lost vendor of a scenario.

    ``transition_weeks`` pass between the day of the order and the last delivery; with scope ``installed``
    the modules on the wall must be gone ``replacement_weeks`` after that.
    """

    day: date
    transition_weeks: int
    scope: Scope
    replacement_weeks: int = 208


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """What an order leads to, at the median of lead and ramp.

    Attributes:
        routes: legal bases in force on the day; empty where there is none yet.
        fleet: modules of the vendor on the wall at the last delivery; one household each.
        replaced: of these, to be replaced; ``replaced_by_operator`` over operators by their orders.
        households_delayed: installations delayed at the worst moment, ``household_weeks`` in all.
        weeks: until nobody is delayed any more; None where that is not within the term.
        cost: EUR for replacement (module and installation) and for delay.
    """

    order: Order
    routes: tuple[Route, ...]
    fleet: int
    replaced: int
    replaced_by_operator: dict[str, int]
    households_delayed: int
    household_weeks: int
    weeks: int | None
    replacement_cost: float
    delay_cost: float
    explanation: Explanation

    @property
    def cost(self) -> float:
        """Replacement and delay, EUR."""
        return self.replacement_cost + self.delay_cost

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        named = {name: getattr(self, name) for name in self.__slots__}
        order = {name: getattr(self.order, name) for name in self.order.__slots__}
        return {
            **named,
            "order": {**order, "day": self.order.day.isoformat()},
            "routes": [
                {"id": each.id, "law": each.law, "in_force": str(each.in_force)} for each in self.routes
            ],
            "explanation": self.explanation._asdict(),
            "cost": self.cost,
        }


def exclusion_what_if(scenario: Scenario, order: Order) -> WhatIf:
    """Computes an order. The other vendor's lead starts on the day of the order, so a transition helps.

    Raises:
        DataError: ``continuity-day-outside-contract``, ``continuity-value-wrong``,
            ``continuity-input-missing``.
    """
    other = scenario.computable().other
    assert other.lead is not None
    assert other.ramp is not None
    plans = fleet(scenario)
    ordered = _week(scenario, order.day)
    stops = ordered + order.transition_weeks
    if order.transition_weeks < 0 or order.replacement_weeks < 1:
        raise DataError(
            "continuity-value-wrong", "A transition or a replacement has no negative weeks.", where="order"
        )
    if stops >= plans.weeks:
        raise DataError(
            "continuity-day-outside-contract",
            "The transition ends after the contract does.",
            where="order.transition_weeks",
        )
    draws = certain(
        plans.weeks,
        start=float(stops),
        takeover=ordered + other.lead.median,
        ramp=max(other.ramp.median, 1.0),
    )
    modules = int(plans.installed[stops])
    replaced = modules if order.scope is Scope.INSTALLED else 0
    only = scenario.with_channels(Channel.DELIVERIES)
    flows = flow(only, plans, draws)
    path = _with_replacement(flows.missed[:, 0], flows.spare[:, 0], plans, stops, replaced, order)
    waiting = np.maximum(path - (scenario.buffer or 0), 0.0)
    return _what_if(scenario, order, modules, replaced, waiting, stops)


def _week(scenario: Scenario, day: date) -> int:
    week = (day - scenario.start).days // _DAYS_PER_WEEK
    if not 0 <= week < scenario.weeks:
        raise DataError(
            "continuity-day-outside-contract",
            (
                f"{day} lies outside the contract, which starts on {scenario.start} and runs "
                f"{scenario.weeks} weeks."
            ),
            where="order.day",
            hint="Give a day within the contract.",
        )
    return week


def _with_replacement(
    missed: np.ndarray, spare: np.ndarray, plans: Fleet, stops: int, replaced: int, order: Order
) -> np.ndarray:
    """The shortfall with replacements asked for on top of the plan, evenly over their term."""
    need = missed.copy()
    last = min(stops + order.replacement_weeks, plans.weeks)
    if replaced:
        need[stops:last] += np.diff(np.rint(np.linspace(0, replaced, last - stops + 1)))
    path, standing = np.zeros(plans.weeks), 0.0
    for week in range(plans.weeks):
        standing = max(0.0, standing - spare[week]) + need[week]
        path[week] = standing
    return path


def _what_if(
    scenario: Scenario, order: Order, modules: int, replaced: int, waiting: np.ndarray, stops: int
) -> WhatIf:
    delayed, household_weeks = int(waiting.max()), int(waiting.sum())
    late = np.flatnonzero(waiting > 0)
    last = (
        None
        if len(late) and late[-1] == len(waiting) - 1
        else 0
        if not len(late)
        else int(late[-1]) - stops + 1
    )
    planned = demand(scenario).by_operator
    parts = {
        name: round(
            replaced * float(series[:stops].sum()) / max(sum(s[:stops].sum() for s in planned.values()), 1)
        )
        for name, series in planned.items()
    }
    prices = scenario.prices
    routes = tuple(route for route in scenario.routes if route.in_force <= order.day)
    return WhatIf(
        order=order,
        routes=routes,
        fleet=modules,
        replaced=replaced,
        replaced_by_operator=parts,
        households_delayed=delayed,
        household_weeks=household_weeks,
        weeks=last,
        replacement_cost=replaced * (prices.unit + prices.installation),
        delay_cost=household_weeks * 12 / WEEKS_PER_YEAR * prices.waiting_monthly,
        explanation=_explained(scenario, order, modules, replaced, delayed, last, routes),
    )


def _explained(
    scenario: Scenario,
    order: Order,
    modules: int,
    replaced: int,
    delayed: int,
    weeks: int | None,
    routes: tuple[Route, ...],
) -> Explanation:
    bases = ", ".join(route.law for route in routes)
    ends_nl = "tot na de looptijd" if weeks is None else f"gedurende {weeks} weken"
    ends_en = "beyond the term" if weeks is None else f"for {weeks} weeks"
    return Explanation(
        nl=(
            f"Verbod op {scenario.lost.name} vanaf {order.day}, overgang {order.transition_weeks} weken: "
            f"{modules} modules hangen, {replaced} worden vervangen, hoogstens {delayed} "
            "installaties (vervanging meegeteld) worden "
            f"uitgesteld, {ends_nl}. Grondslag: {bases or 'op die dag nog niet van kracht'}. "
            "Of een meetmodule eronder valt is een juridische vraag; dit is geen juridisch advies."
        ),
        en=(
            f"Order on {scenario.lost.name} from {order.day}, transition {order.transition_weeks} weeks: "
            f"{modules} modules on the wall, {replaced} to be replaced, at most {delayed} "
            "installations (replacements included) delayed, "
            f"{ends_en}. Legal basis: {bases or 'none in force on that day'}. "
            "Whether a measurement module falls under it is a legal question; this is no legal advice."
        ),
    )
