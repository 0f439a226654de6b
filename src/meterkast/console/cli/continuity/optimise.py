"""``meterkast continuity optimise``: the best buffer, reserve and split, and the terms that follow."""

from typing import Annotated

import typer

from meterkast.console.cli.answer import Answer
from meterkast.console.cli.boundary import command
from meterkast.console.cli.continuity import options
from meterkast.console.cli.continuity.drawing import draw
from meterkast.console.cli.progress import counted
from meterkast.console.exits import Exit
from meterkast.console.language import Language

_EXAMPLES = (
    "meterkast continuity optimise",
    "meterkast continuity optimise assumed --aim robust --front --chart front.svg",
)


def add(group: typer.Typer) -> None:
    """Adds the command."""
    command(group, "optimise", examples=_EXAMPLES)(optimise)


def optimise(
    answer: Answer,
    scenario: options.Scenario = "assumed",
    aim: Annotated[str, typer.Option(help="expected, cvar, chance or robust.")] = "expected",
    scenarios: Annotated[int, typer.Option(min=2, max=2000, help="Runs in the programme.")] = 150,
    seed: options.Seed = 1,
    front: Annotated[bool, typer.Option("--front", help="The whole front of cost against service.")] = False,
    chart: options.ChartFile = None,
    lang: options.Lang = Language.EN,
    quiet: options.Quiet = False,
) -> Exit:
    """Choose buffer, reserved capacity and split, say why, and which contract terms follow."""
    from meterkast.assurance.continuity import choice, loading, programme, takeover, terms
    from meterkast.assurance.continuity.answers import run as simulate
    from meterkast.assurance.continuity.chart import front as front_chart
    from meterkast.assurance.continuity.front import front as cost_service
    from meterkast.assurance.continuity.months import drawn

    if aim not in set(programme.Aim):
        raise options.unknown("aim", aim, programme.Aim)
    chosen = loading.load(scenario)
    if not quiet:
        answer.note(f"optimising over {scenarios} runs")
    solution = programme.optimise(chosen, programme.Aim(aim), seed=seed, scenarios=scenarios)
    needed = simulate(chosen, seed, 2048, buffers=(0,)).buffer_needed.value
    months = drawn(chosen, seed, scenarios)
    rules = {
        name: choice.evaluate(chosen, months, each)
        for name, each in choice.heuristics(chosen, needed).items()
    }
    with counted("continuity", 10, quiet=quiet or not front) as watch:
        outcomes = cost_service(chosen, seed=seed, scenarios=scenarios, on_progress=watch) if front else ()
    stocked = chosen.with_buffer(round(solution.outcome.choice.buffer), "optimised")
    words = terms.explain(solution, rules)
    found = terms.terms(chosen, solution, takeover.largest_lead(stocked, seed))
    answer.document(
        {
            "scenario": chosen.id,
            "inputs": chosen.digest,
            "seed": seed,
            "solution": solution.to_dict(),
            "rules": {name: outcome.to_dict() for name, outcome in rules.items()},
            "front": [outcome.to_dict() for outcome in outcomes],
            "explanation": words._asdict(),
            "terms": [{"id": each.id, **each.text._asdict()} for each in found],
        }
    )
    answer.text(getattr(words, lang.value))
    answer.text("")
    for each in found:
        answer.text(f"- {getattr(each.text, lang.value)}")
    for outcome in outcomes:
        made = outcome.choice
        answer.text(
            f"  {outcome.household_months:14,.0f} household-months  EUR {outcome.cost / 1e6:8.2f} M  "
            f"buffer {made.buffer:10,.0f}  reserve {made.reserve:8,.0f}  split {made.split:.2f}"
        )
    size = f"{solution.columns:,} columns, {solution.rows:,} rows, {solution.seconds:.2f} s"
    answer.note(f"{solution.scenarios} runs × {solution.months} months: {size}")
    if chart is not None and outcomes:
        draw(answer, chart, front_chart(outcomes, lang.value), lang)
    return Exit.DONE
