"""A weakness in the firmware of a vendor that is gone: who can patch, and for how long nobody does."""

from dataclasses import dataclass

import numpy as np

from meterkast.assurance.continuity.fleet import fleet
from meterkast.assurance.continuity.scenario import WEEKS_PER_YEAR, Arrangement, Scenario
from meterkast.assurance.continuity.takeover import Explanation


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """One arrangement put to the test.

    Attributes:
        who: who can patch: ``operator``, ``nobody``; the other vendor never can (G10).
        modules: of the lost vendor, on the wall when the weakness shows.
        weeks: until the last module is patched or replaced; None where that is not within the term.
        module_years: exposed, up to then or to the end of the term.
        remaining: modules still exposed, week by week from the weakness on.
    """

    arrangement: Arrangement
    who: str
    modules: int
    weeks: int | None
    module_years: float
    remaining: tuple[int, ...]
    explanation: Explanation


def patching(scenario: Scenario, week: int | None = None) -> tuple[Exposure, ...]:
    """Every arrangement of the scenario, for a vendor lost and a weakness known in the same week.

    Without a patch the fleet is replaced: at what the other vendor can make above the plan, once it has
    taken over, one installation per module.
    """
    begins = scenario.weeks // 2 if week is None else week
    return tuple(_exposure(scenario, each, begins) for each in scenario.arrangements)


def can_patch(arrangement: Arrangement) -> bool:
    """Whether the operator can make and sign firmware: source, and a key of its own or in escrow."""
    return arrangement.source_escrow and (arrangement.signing_key or arrangement.dual_signing)


def campaign(scenario: Scenario, week: int) -> tuple[int, ...]:
    """Modules still to replace, week by week, at the other vendor's rate above the plan."""
    plans, other = fleet(scenario), scenario.computable().other
    assert other.lead is not None
    assert other.ramp is not None
    weeks = np.arange(plans.weeks - week, dtype=float)
    reached = np.clip((weeks - other.lead.median) / max(other.ramp.median, 1.0), 0.0, 1.0)
    rate = plans.demand[week:] * (other.overcapacity or 0.0) * reached
    if other.max_rate is not None:
        rate = np.maximum(other.max_rate - plans.demand[week:], 0.0) * reached
    left = np.maximum(plans.installed[week] - np.floor(np.cumsum(rate)), 0.0)
    return tuple(int(value) for value in left)


def _exposure(scenario: Scenario, arrangement: Arrangement, begins: int) -> Exposure:
    plans = fleet(scenario)
    modules = int(plans.installed[begins])
    if can_patch(arrangement) and arrangement.weeks is not None:
        who, count = "operator", round(arrangement.weeks)
        remaining = (modules,) * min(count, plans.weeks - begins) + (0,) * max(
            plans.weeks - begins - count, 0
        )
    else:
        who, remaining = "nobody", campaign(scenario, begins)
    done = next((place for place, left in enumerate(remaining) if left == 0), None)
    years = sum(remaining) / WEEKS_PER_YEAR
    return Exposure(
        arrangement=arrangement,
        who=who,
        modules=modules,
        weeks=done,
        module_years=years,
        remaining=remaining,
        explanation=_explained(scenario, who, modules, done, years),
    )


def _explained(scenario: Scenario, who: str, modules: int, weeks: int | None, years: float) -> Explanation:
    if who == "operator":
        return Explanation(
            nl=f"De netbeheerder maakt en ondertekent de update zelf: na {weeks} weken is alles bijgewerkt.",
            en=f"The operator makes and signs the update itself: after {weeks} weeks all are patched.",
        )
    last_nl = "niet klaar binnen de looptijd" if weeks is None else f"klaar na {weeks} weken"
    last_en = "not done within the term" if weeks is None else f"done after {weeks} weeks"
    return Explanation(
        nl=(
            f"Niemand kan bijwerken; {scenario.other.name} kan de firmware van {scenario.lost.name} niet "
            f"ondertekenen. {modules} modules vervangen op het tempo boven de planning: {last_nl}, "
            f"{years:.0f} modulejaren blootstelling."
        ),
        en=(
            f"Nobody can patch; {scenario.other.name} cannot sign firmware of {scenario.lost.name}. "
            "Replacing "
            f"{modules} modules at the rate above the plan: {last_en}, {years:.0f} module-years exposed."
        ),
    )
