"""The whole front of cost against service: for every price of delay, the cheapest choice."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from meterkast.assurance.continuity.choice import Outcome
from meterkast.assurance.continuity.months import drawn
from meterkast.assurance.continuity.programme import SCENARIOS, Aim, build, outcome_of
from meterkast.assurance.continuity.rows import Solver
from meterkast.assurance.continuity.scenario import Scenario

_PRICES = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 40.0, 150.0, 600.0, 1e5)
"""EUR per household-month of delay, from "it may take what it takes" to "never". The front is convex, so
that every point of it is the cheapest choice at some price."""

Progress = Callable[[int, int], None]


def front(
    scenario: Scenario,
    *,
    seed: int = 1,
    scenarios: int = SCENARIOS,
    on_progress: Progress | None = None,
) -> tuple[Outcome, ...]:
    """Choices from "do nothing" to "nobody is ever delayed"; along it, less delay never costs less.

    Cost here is what is paid: stock, reserve and surge. Delay is the other axis.

    Raises:
        DataError, LocalError: as ``optimise``.
    """
    months = drawn(scenario, seed, scenarios)
    unpriced = replace(scenario, prices=replace(scenario.prices, waiting_monthly=0.0))
    built = build(unpriced, months, Aim.EXPECTED)
    solver = Solver(built.rows, scenario)
    chance = np.broadcast_to(months.chance[:, None], months.shape)
    found = []
    for place, price in enumerate(_PRICES):
        solver.price(built.waiting, chance * price)
        found.append(outcome_of(unpriced, months, built, solver.solve()))
        if on_progress is not None:
            on_progress(place + 1, len(_PRICES))
    return tuple(found)
