"""The recurrence of the reference as anybody would write it: one run, week after week, in plain Python.

Lean on purpose: only what the ``assumed`` scenario has, a loss of deliveries and of maintenance at a constant
rate of failure, with the plan laid out beforehand. It is the fair yardstick for speed; the event model is the
one for trust.
"""

import math

from meterkast.assurance.continuity.draws import Draws
from meterkast.assurance.continuity.fleet import fleet
from meterkast.assurance.continuity.scenario import Scenario


class WeeklyLoop:
    """One scenario, made ready for run after run."""

    def __init__(self, scenario: Scenario) -> None:
        plans = fleet(scenario)
        self._over = scenario.other.overcapacity or 0.0
        self._failing = scenario.lost.failure.yearly / 52
        self._weeks = list(zip(plans.demand.tolist(), plans.lost.tolist(), strict=True))
        self._installed = [*plans.installed.tolist(), float(plans.installed[-1] + plans.lost[-1])]

    def behind(self, draws: Draws, run: int) -> list[int]:
        """Modules behind the plan at the end of each week."""
        start, end = float(draws.start[run]), float(draws.end[run])
        takeover, slope = float(draws.takeover[run]), 1.0 / float(draws.ramp[run])
        failing = self._installed[int(start)] * self._failing
        behind, path, floor = int(draws.backlog[run]), [], math.floor
        missed = extra = spare = 0.0
        missed_before = extra_before = spare_before = 0
        for week, (planned, share) in enumerate(self._weeks):
            if start <= week < end:
                reached = min(max((week - takeover) * slope, 0.0), 1.0)
                missed += share - share * reached
                extra += failing
                spare += reached * (planned * self._over)
            else:
                spare += planned * self._over
            missed_now, extra_now, spare_now = floor(missed + 0.5), floor(extra + 0.5), floor(spare + 0.5)
            behind = max(behind - (spare_now - spare_before), 0)
            behind += missed_now - missed_before + extra_now - extra_before
            path.append(behind)
            missed_before, extra_before, spare_before = missed_now, extra_now, spare_now
        return path
