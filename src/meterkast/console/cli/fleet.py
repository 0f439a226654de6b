"""``pki simulate``: twenty years of a fleet on virtual time, with everything that goes wrong."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from meterkast.console.cli.answer import Answer
from meterkast.console.cli.boundary import command
from meterkast.console.exits import Exit
from meterkast.model.errors import LocalError

if TYPE_CHECKING:
    from meterkast.street.fleet.result import FleetResult

_MEMORY = Path("/dev/shm")
"""Where Linux has files that are never written to a disk; a life makes some hundred thousand."""


def add(group: typer.Typer) -> None:
    """Adds the command."""
    examples = ("meterkast pki simulate --gateways 12", "meterkast pki simulate --seed 7 --json")
    command(group, "simulate", examples=examples)(simulate)


def simulate(
    answer: Answer,
    gateways: Annotated[int, typer.Option(min=6, max=100_000, help="How many gateways.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same faults; keys differ each time.")] = 1,
    folder: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Keep what comes of it here, in an empty folder; else in memory."),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> Exit:
    """Live twenty years of a fleet on virtual time, and count what was lost.

    Renewals, new roots, other algorithms; wrong clocks, power cuts, gateways that are away, a lost token,
    services down, a register restored. Ends with 1 where a reading is lost, a gateway bricked, or any other
    promise broken.
    """
    from meterkast.console.cli.progress import counted
    from meterkast.street.fleet.life import FleetLife
    from meterkast.street.fleet.plan import WEEKS, FleetSettings

    with _place(folder) as place, counted("weeks", WEEKS, quiet=quiet) as watch:
        result = FleetLife(FleetSettings(folder=place, gateways=gateways, seed=seed)).run(watch)
    answer.document(result.document())
    answer.text(_text(result))
    return Exit.DONE if result.holds else Exit.FAILED


@contextmanager
def _place(folder: Path | None) -> Iterator[Path]:
    if folder is None:
        with TemporaryDirectory(prefix="fleet-", dir=_MEMORY if _MEMORY.is_dir() else None) as temporary:
            yield Path(temporary)
        return
    if folder.exists() and any(folder.iterdir()):
        hint = "Name one that is empty, or that is not there yet."
        raise LocalError("fleet-folder-taken", "The folder is not empty.", where=str(folder), hint=hint)
    folder.mkdir(parents=True, exist_ok=True)
    yield folder


def _text(result: "FleetResult") -> str:
    rows = [("gateways × years", f"{result.gateways:,} × 20 (seed {result.seed})")]
    rows += [(name, f"{number:,}") for name, number in result.counts.items()]
    rows += [
        ("renewals of a gateway", "{} to {}".format(*result.renewals)),
        ("time", f"{result.seconds:.0f} s"),
    ]
    width = max(len(name) for name, _ in rows)
    lines = [f"{name.ljust(width)}  {value}" for name, value in rows]
    broken = [
        f"BROKEN {code}: {number:,}, such as {result.examples[code]}"
        for code, number in result.breaches.items()
    ]
    verdict = (
        "No reading lost, no gateway bricked, no promise broken." if result.holds else "NOT everything holds."
    )
    return "\n".join([*lines, "", *broken, verdict])
