"""``meterkast continuity``: what happens when a vendor drops out, computed, compared and optimised."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from meterkast.console.cli.answer import Answer
from meterkast.console.cli.boundary import command
from meterkast.console.cli.options import day
from meterkast.console.cli.progress import counted
from meterkast.console.exits import Exit
from meterkast.console.language import Language
from meterkast.model.errors import DataError, LocalError

if TYPE_CHECKING:
    from meterkast.assurance.continuity.answers import Answers
    from meterkast.assurance.continuity.chart import Chart
    from meterkast.assurance.continuity.exclusion import WhatIf
    from meterkast.assurance.continuity.nminusone import Row
    from meterkast.assurance.continuity.scenario import Scenario
    from meterkast.assurance.continuity.takeover import TakeOver

_LONG = 20_000
"""Fewer runs are done before a bar would be worth a look."""

_EXAMPLES_RUN = (
    "meterkast continuity run",
    "meterkast continuity run assumed --buffer 1000000 --lang nl",
    "meterkast continuity run my.toml --runs 100000 --report chapter.html --chart fan.svg --json",
    "meterkast continuity run assumed --order 2030-01-01 --transition 26 --installed",
)
_EXAMPLES_COMPARE = ("meterkast continuity compare assumed stressed",)
_EXAMPLES_OPTIMISE = (
    "meterkast continuity optimise",
    "meterkast continuity optimise assumed --aim robust --front --chart front.svg",
)

_SEED = typer.Option(min=0, help="Same seed, same numbers.")
_RUNS = typer.Option(min=2, max=1_000_000, help="How many runs.")
_SCENARIO = typer.Argument(metavar="SCENARIO", help="A packaged scenario by name, or a .toml file.")
_LANG = typer.Option("--lang", help="Language of texts and charts.")
_CHART = typer.Option(metavar="FILE", help="Draw a chart: .svg, or .png with the extra `report`.")
_QUIET = typer.Option("--quiet", "-q", help="No progress.")


def add(app: typer.Typer) -> None:
    """Adds the commands."""
    group = typer.Typer(help="If a vendor drops out: simulated, optimised, answered.", no_args_is_help=True)
    command(group, "run", examples=_EXAMPLES_RUN)(run)
    command(group, "compare", examples=_EXAMPLES_COMPARE)(compare)
    command(group, "optimise", examples=_EXAMPLES_OPTIMISE)(optimise)
    app.add_typer(group, name="continuity")


def run(
    answer: Answer,
    scenario: Annotated[str, _SCENARIO] = "assumed",
    seed: Annotated[int, _SEED] = 1,
    runs: Annotated[int, _RUNS] = 10_000,
    buffer: Annotated[int | None, typer.Option(min=0, help="Modules in stock, as a what-if.")] = None,
    channel: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="Lose deliveries, maintenance or updates only; may be given again."
        ),
    ] = None,
    order: Annotated[
        date | None, typer.Option(parser=day, metavar="DAY", help="What if an order forbids the vendor then.")
    ] = None,
    transition: Annotated[int, typer.Option(min=0, help="Weeks from the order to the last delivery.")] = 0,
    installed: Annotated[
        bool, typer.Option("--installed", help="The order covers installed modules too.")
    ] = False,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the chapter: .md or .html.")
    ] = None,
    chart: Annotated[Path | None, _CHART] = None,
    lang: Annotated[Language, _LANG] = Language.EN,
    show: Annotated[bool, typer.Option("--print", help="Print the scenario file and end.")] = False,
    quiet: Annotated[bool, _QUIET] = False,
) -> Exit:
    """Run a scenario: who is delayed, how long, what it takes, and whether the take-over claim holds.

    Ends with 1 where the claim is refuted. Where an input is not stated the claim is open, and nothing is
    guessed. A household that waits keeps its old meter.
    """
    from meterkast.assurance.continuity import loading, nminusone, takeover, updates
    from meterkast.assurance.continuity.answers import run as simulate

    if show:
        answer.text(loading.text(scenario))
        answer.document({"scenario": loading.text(scenario)})
        return Exit.DONE
    chosen = _changed(loading.load(scenario), buffer, channel)
    startable = not {"lead", "ramp"} & set(chosen.missing)
    answers = None
    if startable:
        with counted("continuity", runs, quiet=quiet or runs < _LONG) as watch:
            answers = simulate(chosen, seed, runs, on_progress=watch)
    claim = takeover.judge(chosen, answers) if answers else takeover.take_over_claim(chosen, seed, runs)
    rows = nminusone.n_minus_one(chosen)
    exposures = updates.patching(chosen) if startable else ()
    what_if = _ordered(chosen, order, transition, installed=installed)
    document = {
        "claim": {"id": takeover.CLAIM, **_claim(claim)},
        "answers": None if answers is None else answers.to_dict(),
        "n_minus_one": [_row(row) for row in rows],
        "updates": [
            {
                "arrangement": each.arrangement.id,
                "who": each.who,
                "modules": each.modules,
                "weeks": each.weeks,
                "module_years": each.module_years,
            }
            for each in exposures
        ],
        "order": None if what_if is None else what_if.to_dict(),
        "inputs": [
            {
                "field": each.field,
                "value": each.value,
                "source": each.source,
                "confidence": each.confidence.value,
            }
            for each in chosen.provenance
        ],
    }
    answer.document(document)
    from meterkast.assurance.continuity.report import markdown, page

    text = markdown(chosen, claim, answers, rows, language=lang.value, exposures=exposures, order=what_if)
    answer.text(text)
    charts = _charts(answers, lang)
    if report is not None:
        from meterkast.assurance.continuity.chart import svg

        drawn = [svg(each, lang.value) for each in charts]
        whole = page(text, lang.value, drawn) if report.suffix == ".html" else text
        _write(answer, report, whole.encode())
    if chart is not None and charts:
        _draw(answer, chart, charts[0], lang)
    return Exit.FAILED if claim.holds is False else Exit.DONE


def compare(
    answer: Answer,
    scenarios: Annotated[list[str], typer.Argument(metavar="SCENARIO…", help="Two scenarios or more.")],
    seed: Annotated[int, _SEED] = 1,
    runs: Annotated[int, _RUNS] = 10_000,
    quiet: Annotated[bool, _QUIET] = False,
) -> Exit:
    """Run scenarios with the same chance and set their answers side by side."""
    from meterkast.assurance.continuity import loading
    from meterkast.assurance.continuity.answers import run as simulate

    loaded = [loading.load(name) for name in scenarios]
    found = []
    for each in loaded:
        with counted("continuity", runs, quiet=quiet or runs < _LONG) as watch:
            found.append(simulate(each, seed, runs, on_progress=watch))
    answer.document({"compared": [each.to_dict() for each in found]})
    names = (
        "delayed",
        "delayed_99",
        "delayed_weeks",
        "nobody_delayed",
        "survive",
        "takeover",
        "recover",
        "buffer_needed",
        "unpatched",
        "cost",
    )
    answer.text("  ".join(["".ljust(16), *(each.scenario.rjust(26) for each in found)]))
    for name in names:
        cells = [getattr(each, name) for each in found]
        written = [f"{cell.value:,.4g} ({cell.low:,.4g} – {cell.high:,.4g})".rjust(26) for cell in cells]
        answer.text("  ".join([name.ljust(16), *written]))
    answer.text(f"seed {seed}, {runs} runs each; the interval is 95 %.")
    return Exit.DONE


def optimise(
    answer: Answer,
    scenario: Annotated[str, _SCENARIO] = "assumed",
    aim: Annotated[str, typer.Option(help="expected, cvar, chance or robust.")] = "expected",
    scenarios: Annotated[int, typer.Option(min=2, max=2000, help="Runs in the programme.")] = 150,
    seed: Annotated[int, _SEED] = 1,
    front: Annotated[bool, typer.Option("--front", help="The whole front of cost against service.")] = False,
    chart: Annotated[Path | None, _CHART] = None,
    lang: Annotated[Language, _LANG] = Language.EN,
    quiet: Annotated[bool, _QUIET] = False,
) -> Exit:
    """Choose buffer, reserved capacity and split, say why, and which contract terms follow."""
    from meterkast.assurance.continuity import loading, programme, takeover, terms
    from meterkast.assurance.continuity.answers import run as simulate
    from meterkast.assurance.continuity.chart import front as front_chart
    from meterkast.assurance.continuity.front import front as cost_service
    from meterkast.assurance.continuity.months import drawn

    if aim not in set(programme.Aim):
        raise _usage("aim", aim, programme.Aim)
    chosen = loading.load(scenario)
    if not quiet:
        answer.note(f"optimising over {scenarios} runs")
    solution = programme.optimise(chosen, programme.Aim(aim), seed=seed, scenarios=scenarios)
    needed = simulate(chosen, seed, 2048, buffers=(0,)).buffer_needed.value
    months = drawn(chosen, seed, scenarios)
    rules = {
        name: programme.evaluate(chosen, months, choice)
        for name, choice in programme.heuristics(chosen, needed).items()
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
        choice = outcome.choice
        answer.text(
            f"  {outcome.household_months:14,.0f} household-months  EUR {outcome.cost / 1e6:8.2f} M  "
            f"buffer {choice.buffer:10,.0f}  reserve {choice.reserve:8,.0f}  split {choice.split:.2f}"
        )
    size = f"{solution.columns:,} columns, {solution.rows:,} rows, {solution.seconds:.2f} s"
    answer.note(f"{solution.scenarios} runs × {solution.months} months: {size}")
    if chart is not None and outcomes:
        _draw(answer, chart, front_chart(outcomes, lang.value), lang)
    return Exit.DONE


def _changed(scenario: "Scenario", buffer: int | None, channels: list[str] | None) -> "Scenario":
    from meterkast.assurance.continuity.scenario import Channel

    unknown = [name for name in channels or [] if name not in set(Channel)]
    if unknown:
        raise _usage("channel", unknown[0], Channel)
    if channels:
        scenario = scenario.with_channels(*(Channel(name) for name in channels))
    return scenario if buffer is None else scenario.with_buffer(buffer, "--buffer")


def _usage(option: str, given: str, known: Iterable[str]) -> LocalError:
    listed = ", ".join(known)
    return LocalError(
        "option-unknown",
        f"--{option} does not know {given!r}.",
        where=f"--{option}",
        hint=f"Take one of {listed}.",
    )


def _ordered(
    scenario: "Scenario", order: date | None, transition: int, *, installed: bool
) -> "WhatIf | None":
    from meterkast.assurance.continuity.exclusion import Order, Scope, exclusion_what_if

    if order is None:
        return None
    scope = Scope.INSTALLED if installed else Scope.NEW
    return exclusion_what_if(scenario, Order(day=order, transition_weeks=transition, scope=scope))


def _claim(claim: "TakeOver") -> dict[str, Any]:
    from math import isfinite

    return {
        "status": claim.status,
        "holds": claim.holds,
        "ttr": claim.ttr if isfinite(claim.ttr) else None,
        "tts": claim.tts if isfinite(claim.tts) else None,
        "in_time": None if claim.in_time is None else claim.in_time.to_dict(),
        "missing": list(claim.missing),
        "assumed": list(claim.assumed),
        "run_id": claim.run_id,
        **claim.explanation._asdict(),
    }


def _row(row: "Row") -> dict[str, Any]:
    named = {name: getattr(row, name) for name in row.__slots__ if name != "explanation"}
    return {**named, **row.explanation._asdict()}


def _charts(answers: "Answers | None", lang: Language) -> "list[Chart]":
    from meterkast.assurance.continuity import chart

    return [] if answers is None else [chart.fan(answers, lang.value), chart.curve(answers, lang.value)]


def _draw(answer: Answer, path: Path, drawn: "Chart", lang: Language) -> None:
    from meterkast.assurance.continuity.chart import png, svg

    if path.suffix not in {".svg", ".png"}:
        raise _usage("chart", path.suffix, (".svg", ".png"))
    _write(answer, path, png(drawn) if path.suffix == ".png" else svg(drawn, lang.value).encode())


def _write(answer: Answer, path: Path, octets: bytes) -> None:
    try:
        path.write_bytes(octets)
    except OSError as error:
        raise DataError(
            "file-unwritable", f"The file cannot be written: {error.strerror}.", where=str(path)
        ) from error
    answer.note(f"written: {path}")
