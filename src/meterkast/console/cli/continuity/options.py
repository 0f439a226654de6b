"""Options that the commands of continuity share, and what is said where one is given wrongly."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from meterkast.console.language import Language
from meterkast.model.errors import LocalError

Seed = Annotated[int, typer.Option(min=0, help="Same seed, same numbers.")]
Runs = Annotated[int, typer.Option(min=2, max=1_000_000, help="How many runs.")]
Scenario = Annotated[
    str, typer.Argument(metavar="SCENARIO", help="A packaged scenario by name, or a .toml file.")
]
Lang = Annotated[Language, typer.Option("--lang", help="Language of texts and charts.")]
ChartFile = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Draw a chart: .svg, or .png with the extra `report`.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]


def unknown(option: str, given: str, known: Iterable[str]) -> LocalError:
    """``option-unknown``, with what the option does know."""
    listed = ", ".join(known)
    return LocalError(
        "option-unknown",
        f"--{option} does not know {given!r}.",
        where=f"--{option}",
        hint=f"Take one of {listed}.",
    )
