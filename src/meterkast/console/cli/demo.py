"""``meterkast demo``: a street on virtual time through the whole chain."""

import asyncio
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from meterkast.console.cli.answer import Answer
from meterkast.console.cli.boundary import command
from meterkast.console.cli.lifetime import until_told
from meterkast.console.cli.options import SITE, Site, day
from meterkast.console.exits import Exit

if TYPE_CHECKING:
    from meterkast.street.state import StreetSettings, Summary

_FIRST_DAY = date(2026, 3, 2)
_PORT = 8321

_EXAMPLES = (
    "meterkast demo",
    "meterkast demo --once --homes 12 --days 2 --seed 1 --json",
    "meterkast demo --homes 3 --start 2026-03-28",
)


def add(app: typer.Typer) -> None:
    """Adds the command."""
    command(app, "demo", examples=_EXAMPLES)(demo)


def demo(
    answer: Answer,
    homes: Annotated[int, typer.Option(min=1, max=10_000, help="How many homes.")] = 12,
    days: Annotated[int, typer.Option(min=1, max=366, help="How many days are delivered first.")] = 2,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same readings.")] = 1,
    start: Annotated[date, typer.Option(parser=day, metavar="DAY", help="First local day.")] = _FIRST_DAY,
    once: Annotated[
        bool, typer.Option("--once", help="End with a summary instead of serving the page.")
    ] = False,
    port: Annotated[
        int, typer.Option(min=1, max=65535, help="Port of the page; the next free one if taken.")
    ] = _PORT,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
    unconfined: Annotated[
        bool,
        typer.Option("--unconfined", help="Run applications without isolation where the kernel has none."),
    ] = False,
    site: Site = SITE,
) -> Exit:
    """Stand up a street: homes, meters, gateways, head-end, store, and the claims proven on it.

    Serves a page that shows it all and keeps the street living until Ctrl-C. The state folder is emptied
    first. With --once it ends with 1 where a reading is lost, double or different, or a claim is not proven.
    """
    from meterkast.street.state import StreetSettings

    settings = StreetSettings(
        homes=homes, days=days, seed=seed, start=start, site=Path(site), confine=not unconfined
    )
    if once:
        return _tell(answer, asyncio.run(_once(settings, quiet=quiet)))
    return asyncio.run(_serve(settings, port, answer))


async def _once(settings: "StreetSettings", *, quiet: bool) -> "Summary":
    from meterkast.assurance.case import prove_first
    from meterkast.console.cli.progress import progress
    from meterkast.street.street import Street

    street = Street(settings)
    try:
        with progress(quiet=quiet) as watch:
            return await street.run(watch, prove_first)
    finally:
        await street.close()


async def _serve(settings: "StreetSettings", port: int, answer: Answer) -> Exit:
    """The page first, then the street, until it is told to stop. The first days' verdict is the exit code."""
    from meterkast.console.web.app import create_app
    from meterkast.console.web.living import LivingStreet
    from meterkast.console.web.server import listen, served
    from meterkast.street.street import Street

    street = Street(settings)
    source = LivingStreet(settings, street.state())
    ended = Exit.DONE

    async def live() -> None:
        nonlocal ended
        from meterkast.assurance.case import prove_first

        ended = _tell(answer, await street.run(source.show, prove_first))
        await street.live(source.watched)

    with served(create_app(source), source.announcer, listen(port)) as address:
        answer.note(f"The street is at {address} (Ctrl-C ends it)")
        try:
            await until_told(live())
        finally:
            await street.close()
    return ended


def _tell(answer: Answer, summary: "Summary") -> Exit:
    answer.document(asdict(summary))
    answer.text(_text(summary))
    return Exit.DONE if summary.holds else Exit.FAILED


def _text(summary: "Summary") -> str:
    blocks = f"{summary.stored_blocks} of {summary.expected_blocks}"
    gas_blocks = f"{summary.stored_gas_blocks} of {summary.expected_gas_blocks}"
    rows = [
        ("homes × days", f"{summary.homes} × {summary.days} (seed {summary.seed})"),
        ("electricity blocks stored", blocks),
        ("gas blocks stored", gas_blocks),
        ("lost", f"{summary.lost}"),
        ("double", f"{summary.duplicates}"),
        ("registers that differ", f"{summary.register_mismatches}"),
        ("envelopes refused", f"{summary.refused}"),
        ("applications", summary.applications),
        ("sandbox", ", ".join(summary.sandbox)),
        ("memory", f"{summary.memory_mb:.0f} MB"),
        ("time", f"{summary.elapsed_s:.1f} s, {summary.seconds_per_home:.2f} s per home"),
        *((f"claim {claim['id']}", claim["status"]) for claim in summary.claims),
    ]
    width = max(len(name) for name, _ in rows)
    lines = [f"{name.ljust(width)}  {value}".rstrip() for name, value in rows]
    verdict = "Everything arrived, once and unchanged." if summary.holds else "NOT everything holds."
    return "\n".join([*lines, "", verdict])
