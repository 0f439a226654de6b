"""``meterkast continuity compare``: scenarios side by side."""

from typing import Annotated

import typer

from meterkast.console.cli.answer import Answer
from meterkast.console.cli.boundary import command
from meterkast.console.cli.continuity import options
from meterkast.console.cli.continuity.simulation import simulated
from meterkast.console.exits import Exit

_EXAMPLES = ("meterkast continuity compare assumed stressed",)
_ROWS = (
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


def add(group: typer.Typer) -> None:
    """Adds the command."""
    command(group, "compare", examples=_EXAMPLES)(compare)


def compare(
    answer: Answer,
    scenarios: Annotated[list[str], typer.Argument(metavar="SCENARIO…", help="Two scenarios or more.")],
    seed: options.Seed = 1,
    runs: options.Runs = 10_000,
    quiet: options.Quiet = False,
) -> Exit:
    """Run scenarios with the same chance and set their answers side by side."""
    from meterkast.assurance.continuity import loading

    loaded = [loading.load(name) for name in scenarios]
    found = [simulated(each, seed, runs, quiet=quiet) for each in loaded]
    answer.document({"compared": [each.to_dict() for each in found]})
    answer.text("  ".join(["".ljust(16), *(each.scenario.rjust(26) for each in found)]))
    for name in _ROWS:
        cells = [getattr(each, name) for each in found]
        written = [f"{cell.value:,.4g} ({cell.low:,.4g} – {cell.high:,.4g})".rjust(26) for cell in cells]
        answer.text("  ".join([name.ljust(16), *written]))
    answer.text(f"seed {seed}, {runs} runs each; the interval is 95 %.")
    return Exit.DONE
