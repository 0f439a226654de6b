"""``meterkast continuity run``: one scenario, its answers, its chapter and its charts."""

from datetime import date
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from meterkast.console.cli import output
from meterkast.console.cli.answer import Answer
from meterkast.console.cli.boundary import command
from meterkast.console.cli.continuity import options
from meterkast.console.cli.continuity.drawing import draw
from meterkast.console.cli.continuity.simulation import simulated
from meterkast.console.cli.options import day
from meterkast.console.exits import Exit
from meterkast.console.language import Language

if TYPE_CHECKING:
    from meterkast.assurance.continuity.answers import Answers
    from meterkast.assurance.continuity.chart import Chart
    from meterkast.assurance.continuity.exclusion import WhatIf
    from meterkast.assurance.continuity.nminusone import Row
    from meterkast.assurance.continuity.scenario import Provenance, Scenario
    from meterkast.assurance.continuity.takeover import TakeOver
    from meterkast.assurance.continuity.updates import Exposure

_EXAMPLES = (
    "meterkast continuity run",
    "meterkast continuity run assumed --buffer 1000000 --lang nl",
    "meterkast continuity run my.toml --runs 100000 --report chapter.html --chart fan.svg --json",
    "meterkast continuity run assumed --order 2030-01-01 --transition 26 --installed",
)


def add(group: typer.Typer) -> None:
    """Adds the command."""
    command(group, "run", examples=_EXAMPLES)(run)


def run(
    answer: Answer,
    scenario: options.Scenario = "assumed",
    seed: options.Seed = 1,
    runs: options.Runs = 10_000,
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
    chart: options.ChartFile = None,
    lang: options.Lang = Language.EN,
    show: Annotated[bool, typer.Option("--print", help="Print the scenario file and end.")] = False,
    quiet: options.Quiet = False,
) -> Exit:
    """Run a scenario: who is delayed, how long, what it takes, and whether the take-over claim holds.

    Ends with 1 where the claim is refuted. Where an input is not stated the claim is open, and nothing is
    guessed. A household that waits keeps its old meter.
    """
    from meterkast.assurance.continuity import loading, nminusone, takeover, updates
    from meterkast.assurance.continuity.report import markdown

    if show:
        answer.text(loading.text(scenario))
        answer.document({"scenario": loading.text(scenario)})
        return Exit.DONE
    chosen = _changed(loading.load(scenario), buffer, channel)
    startable = not {"lead", "ramp"} & set(chosen.missing)
    answers = simulated(chosen, seed, runs, quiet=quiet) if startable else None
    claim = takeover.judge(chosen, answers) if answers else takeover.take_over_claim(chosen, seed, runs)
    rows = nminusone.n_minus_one(chosen)
    exposures = updates.patching(chosen) if startable else ()
    what_if = _ordered(chosen, order, transition, installed=installed)
    answer.document(
        {
            "claim": {"id": takeover.CLAIM, **_claim(claim)},
            "answers": None if answers is None else answers.to_dict(),
            "n_minus_one": [_row(row) for row in rows],
            "updates": [_exposure(each) for each in exposures],
            "order": None if what_if is None else what_if.to_dict(),
            "inputs": [_input(each) for each in chosen.provenance],
        }
    )
    text = markdown(chosen, claim, answers, rows, language=lang.value, exposures=exposures, order=what_if)
    answer.text(text)
    charts = _charts(answers, lang)
    if report is not None:
        output.write(report, _chapter(text, charts, report, lang).encode())
        answer.note(f"written: {report}")
    if chart is not None and charts:
        draw(answer, chart, charts[0], lang)
    return Exit.FAILED if claim.holds is False else Exit.DONE


def _changed(scenario: "Scenario", buffer: int | None, channels: list[str] | None) -> "Scenario":
    from meterkast.assurance.continuity.scenario import Channel

    unknown = [name for name in channels or [] if name not in set(Channel)]
    if unknown:
        raise options.unknown("channel", unknown[0], Channel)
    if channels:
        scenario = scenario.with_channels(*(Channel(name) for name in channels))
    return scenario if buffer is None else scenario.with_buffer(buffer, "--buffer")


def _ordered(
    scenario: "Scenario", order: date | None, transition: int, *, installed: bool
) -> "WhatIf | None":
    from meterkast.assurance.continuity.exclusion import Order, Scope, exclusion_what_if

    if order is None:
        return None
    scope = Scope.INSTALLED if installed else Scope.NEW
    return exclusion_what_if(scenario, Order(day=order, transition_weeks=transition, scope=scope))


def _claim(claim: "TakeOver") -> dict[str, Any]:
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


def _exposure(exposure: "Exposure") -> dict[str, Any]:
    return {
        "arrangement": exposure.arrangement.id,
        "who": exposure.who,
        "modules": exposure.modules,
        "weeks": exposure.weeks,
        "module_years": exposure.module_years,
    }


def _input(provenance: "Provenance") -> dict[str, Any]:
    return {
        "field": provenance.field,
        "value": provenance.value,
        "source": provenance.source,
        "confidence": provenance.confidence.value,
    }


def _charts(answers: "Answers | None", lang: Language) -> "list[Chart]":
    from meterkast.assurance.continuity import chart

    return [] if answers is None else [chart.fan(answers, lang.value), chart.curve(answers, lang.value)]


def _chapter(text: str, charts: "list[Chart]", path: Path, lang: Language) -> str:
    from meterkast.assurance.continuity.chart import svg
    from meterkast.assurance.continuity.report import page

    if path.suffix != ".html":
        return text
    return page(text, lang.value, [svg(each, lang.value) for each in charts])
