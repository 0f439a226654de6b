"""How far long work is, on standard error: a bar on a terminal, plain lines elsewhere, nothing if asked."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from meterkast.street.state import StreetState

Watcher = Callable[[StreetState], None]
Counter = Callable[[int, int], None]
"""Told how much is done, and of how much."""


@contextmanager
def counted(what: str, total: int, *, quiet: bool) -> Iterator[Counter]:
    """A counter to hand to work that counts, for as long as the block lasts."""
    if quiet:
        yield lambda _done, _total: None
    elif sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import Progress

        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(what, total=total)
            yield lambda done, of: bar.update(task, completed=done, total=of)
    else:
        yield _tenths(what)


@contextmanager
def progress(*, quiet: bool) -> Iterator[Watcher]:
    """A watcher to hand to the street, for as long as the block lasts."""
    if quiet:
        yield lambda _state: None
    elif sys.stderr.isatty():
        with _bar() as watcher:
            yield watcher
    else:
        yield _lines()


def _tenths(what: str) -> Counter:
    """One line for each tenth of the work."""
    told = 0

    def count(done: int, total: int) -> None:
        nonlocal told
        tenth = done * 10 // total
        if tenth > told:
            told = tenth
            sys.stderr.write(f"{what}: {done} of {total}\n")
            sys.stderr.flush()

    return count


def _lines() -> Watcher:
    """One line for each new step."""
    told = ""

    def watch(state: StreetState) -> None:
        nonlocal told
        if state.step and state.step != told:
            told = state.step
            sys.stderr.write(f"{state.phase}: {state.step}\n")
            sys.stderr.flush()

    return watch


@contextmanager
def _bar() -> Iterator[Watcher]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("…", total=None)

        def watch(state: StreetState) -> None:
            bar.update(
                task,
                description=state.step or state.phase.value,
                completed=state.done,
                total=state.total or None,
            )

        yield watch
