"""The optimiser: never worse than a rule of thumb, dearer when tied, plain when it cannot."""

from dataclasses import replace
from itertools import pairwise

import pytest

from meterkast.assurance.continuity import loading
from meterkast.assurance.continuity.chart import front as front_chart
from meterkast.assurance.continuity.chart import svg
from meterkast.assurance.continuity.choice import Choice, evaluate, heuristics
from meterkast.assurance.continuity.front import front
from meterkast.assurance.continuity.months import corners, drawn
from meterkast.assurance.continuity.programme import Aim, optimise
from meterkast.assurance.continuity.scenario import Scenario
from meterkast.assurance.continuity.terms import explain, terms
from meterkast.model.errors import DataError

ASSUMED = loading.load("assumed")
FEW = 40


def limited(**limits: float | tuple[tuple[float, float], ...]) -> Scenario:
    return replace(ASSUMED, limits=replace(ASSUMED.limits, **limits))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["assumed", "stressed"])
@pytest.mark.parametrize("seed", [1, 2])
def test_the_programme_is_never_worse_than_a_rule_of_thumb(name: str, seed: int) -> None:
    scenario = loading.load(name)
    best = optimise(scenario, seed=seed, scenarios=FEW)
    months = drawn(scenario, seed, FEW)
    for rule, choice in heuristics(scenario, 950_000).items():
        assert best.objective <= evaluate(scenario, months, choice).cost * (1 + 1e-9), rule


def test_its_own_second_stage_costs_what_it_says() -> None:
    best = optimise(ASSUMED, scenarios=FEW)
    assert best.outcome.cost == pytest.approx(best.objective, rel=1e-9)
    ruled = evaluate(ASSUMED, drawn(ASSUMED, 1, FEW), best.outcome.choice)
    assert ruled.cost >= best.objective * (1 - 1e-9)


@pytest.mark.parametrize(
    "tied",
    [
        {"split_low": 0.6},
        {"buffer_most": 0.0},
        {"reserve_most": 0.0},
        {"budget_most": 5e6},
        {"waiting_most": 100.0},
    ],
)
def test_tying_a_choice_never_makes_it_cheaper(tied: dict[str, float]) -> None:
    free = optimise(ASSUMED, scenarios=FEW)
    assert optimise(limited(**tied), scenarios=FEW).objective >= free.objective * (1 - 1e-9)


def test_a_fixed_choice_is_evaluated_as_given() -> None:
    choice = Choice(buffer=100_000.0, reserve=10_000.0, split=0.5)
    fixed = optimise(ASSUMED, scenarios=FEW, fixed=choice)
    assert fixed.outcome.choice == choice
    assert fixed.objective >= optimise(ASSUMED, scenarios=FEW).objective


def test_the_chance_form_delays_nobody_in_the_target_part_and_is_cheapest_so() -> None:
    best = optimise(ASSUMED, Aim.CHANCE, scenarios=100)
    assert best.outcome.nobody_delayed >= 0.99 - 1e-9
    cheaper = replace(
        best.outcome.choice,
        buffer=best.outcome.choice.buffer * 0.8,
        reserve=best.outcome.choice.reserve * 0.8,
    )
    assert evaluate(ASSUMED, drawn(ASSUMED, 1, 100), cheaper).nobody_delayed < 0.99


def test_the_robust_form_has_the_least_worst_case() -> None:
    robust = optimise(ASSUMED, Aim.ROBUST)
    worst = robust.outcome.invested + robust.outcome.worst
    months = corners(ASSUMED)
    assert robust.scenarios == 12
    for choice in (optimise(ASSUMED, scenarios=FEW).outcome.choice, *heuristics(ASSUMED, 950_000).values()):
        other = evaluate(ASSUMED, months, choice)
        assert worst <= (other.invested + other.worst) * (1 + 1e-9)


def test_cvar_has_the_least_of_what_it_weighs() -> None:
    expected, cvar = (optimise(ASSUMED, aim, scenarios=FEW).outcome for aim in (Aim.EXPECTED, Aim.CVAR))
    assert cvar.cost + cvar.cvar <= (expected.cost + expected.cvar) * (1 + 1e-9)
    assert cvar.cost >= expected.cost * (1 - 1e-9)


def test_along_the_front_less_delay_never_costs_less() -> None:
    told: list[int] = []
    points = front(ASSUMED, scenarios=FEW, on_progress=lambda done, _total: told.append(done))
    assert told == list(range(1, len(points) + 1))
    for before, after in pairwise(points):
        assert after.household_months <= before.household_months + 1e-3
        assert after.cost >= before.cost - 1e-3
    assert points[-1].household_months == pytest.approx(0.0, abs=1e-3)
    assert points[-1].nobody_delayed == pytest.approx(1.0)
    assert svg(front_chart(points, "nl"), "nl").count("<circle") >= 3


def test_words_say_nothing_on_a_split_without_a_price() -> None:
    best = optimise(ASSUMED, scenarios=FEW)
    months = drawn(ASSUMED, 1, FEW)
    rules = {name: evaluate(ASSUMED, months, choice) for name, choice in heuristics(ASSUMED, 950_000).items()}
    words = explain(best, rules)
    assert "nothing is said on the split" in words.en
    assert "over de verdeling zegt dit niets" in words.nl
    found = {term.id: term.text for term in terms(ASSUMED, best, 9.5)}
    assert {"buffer", "reserve", "lead", "ramp", "escrow", "shared-parts", "drill"} == set(found)
    assert f"{best.outcome.choice.reserve:.0f}" in found["reserve"].nl


def test_a_price_curve_moves_the_split() -> None:
    """Dear below 55 %, flat above: the split leaves its bound."""
    priced = limited(split_costs=((0.4, 60e6), (0.55, 0.0), (0.6, 1e6)))
    best = optimise(priced, scenarios=FEW)
    assert best.outcome.choice.split == pytest.approx(0.55, abs=0.01)
    assert best.split_priced
    assert best.outcome.cost == pytest.approx(best.objective, rel=1e-6)


def test_an_infeasible_programme_says_which_limit() -> None:
    with pytest.raises(DataError) as caught:
        optimise(limited(waiting_most=0.0, reserve_most=0.0, buffer_most=1000.0), scenarios=FEW)
    assert caught.value.code == "continuity-programme-infeasible"
    assert "limits." in (caught.value.where or "")
    with pytest.raises(DataError) as caught:
        optimise(limited(waiting_most=10.0, budget_most=1000.0), scenarios=FEW)
    assert "limits.budget_most" in (caught.value.where or "") or "limits.waiting_most" in (
        caught.value.where or ""
    )


def test_a_programme_that_does_not_converge_says_so() -> None:
    with pytest.raises(DataError) as caught:
        optimise(limited(seconds=0.0), scenarios=FEW)
    assert caught.value.code == "continuity-programme-not-converged"
    assert caught.value.where == "assumed.toml: limits.seconds"


@pytest.mark.parametrize("name", ["assumed", "stressed"])
def test_where_nothing_is_left_to_choose_programme_and_rule_agree(name: str) -> None:
    """No stock and no reserve: both can only make up what the ramp allows, month by month."""
    scenario = loading.load(name)
    choice = Choice(buffer=0.0, reserve=0.0, split=0.6)
    solved = optimise(scenario, scenarios=FEW, fixed=choice)
    assert solved.objective == pytest.approx(
        evaluate(scenario, drawn(scenario, 1, FEW), choice).cost, rel=1e-6
    )
