"""The demand plan: whole modules per week and operator, whose sum is the contract's number to the unit."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from meterkast.assurance.continuity.scenario import Scenario

Series = npt.NDArray[np.float64]
"""One value per week; whole numbers, which a float holds exactly up to 2**53."""

_EDGE_WEEKS = 52
_EDGE_LEVEL = 0.2
_TAIL_HALF_LIFE = 52.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """Planned modules per week: over all operators, and of each."""

    total: Series
    by_operator: dict[str, Series]

    @property
    def plateau(self) -> float:
        """One week of demand at full speed."""
        return float(np.max(self.total))


def demand(scenario: Scenario) -> Demand:
    """The plan of a scenario, over the longest of its contracts."""
    weeks = scenario.weeks
    numbers = apportion(scenario.modules, [operator.share for operator in scenario.operators])
    total, by_operator = np.zeros(weeks), {}
    for term in sorted({scenario.term_weeks(operator) for operator in scenario.operators}):
        group = [
            (operator.id, number)
            for operator, number in zip(scenario.operators, numbers, strict=True)
            if scenario.term_weeks(operator) == term
        ]
        modules = sum(number for _, number in group)
        tail = round(scenario.analogue * modules / scenario.modules)
        planned = plan(modules - tail, term) + _tail(tail, term)
        total[:term] += planned
        by_operator.update(_divided(planned, group, weeks))
    return Demand(total=total, by_operator=by_operator)


def plan(modules: int, weeks: int) -> Series:
    """A year up, a plateau, a year down; the plateau is one whole number, the way down takes the rest."""
    edge = np.linspace(_EDGE_LEVEL, 1.0, _EDGE_WEEKS)
    weights = np.ones(weeks)
    weights[:_EDGE_WEEKS], weights[-_EDGE_WEEKS:] = edge, edge[::-1]
    planned = np.ceil(weights * (modules / weights.sum()))
    rest = modules - planned.sum()
    planned[-_EDGE_WEEKS:] += np.diff(np.rint(np.linspace(0.0, rest, _EDGE_WEEKS + 1)))
    return planned if planned.min() >= 0 else whole(weights * (modules / weights.sum()), modules)


def whole(series: Series, total: int) -> Series:
    """The series in whole units: each running sum is rounded, so that the last is the total."""
    running = np.rint(np.cumsum(series))
    running[-1] = total
    return np.diff(running, prepend=0.0)


def apportion(number: int, shares: Sequence[float]) -> list[int]:
    """The number in whole parts that sum to it: the largest remainders get the last units."""
    exact = [number * share for share in shares]
    parts = [int(value) for value in exact]
    order = sorted(range(len(shares)), key=lambda place: (parts[place] - exact[place], place))
    for place in order[: number - sum(parts)]:
        parts[place] += 1
    return parts


def _tail(modules: int, weeks: int) -> Series:
    """The last analogue meters: most of them early, ever fewer later."""
    if not modules:
        return np.zeros(weeks)
    weights = np.exp2(-np.arange(weeks) / _TAIL_HALF_LIFE)
    return whole(weights * (modules / weights.sum()), modules)


def _divided(planned: Series, group: list[tuple[str, int]], weeks: int) -> dict[str, Series]:
    """A plan over operators, whole and exact for each week and for each operator."""
    running, modules = np.cumsum(planned), sum(number for _, number in group)
    divided, below, reached = {}, np.zeros(len(planned)), 0
    for operator, number in group:
        reached += number
        upto = np.rint(running * (reached / max(modules, 1)))
        divided[operator] = np.zeros(weeks)
        divided[operator][: len(planned)] = np.diff(upto - below, prepend=0.0)
        below = upto
    return divided
