"""The way to the store of a site: opened for a command and let go of after it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine

from meterkast.model.errors import LocalError
from meterkast.outside.database.engine import engine
from meterkast.outside.database.migrations import upgrade

DATABASE = Path("centre") / "centre.sqlite"


@contextmanager
def writable(site: Path) -> Iterator[Engine]:
    """The site's database, made where there is none yet and brought up to date."""
    path = site / DATABASE
    path.parent.mkdir(parents=True, exist_ok=True)
    database = engine(path)
    try:
        upgrade(database)
        yield database
    finally:
        database.dispose()


@contextmanager
def readable(site: Path) -> Iterator[Engine]:
    """The site's database.

    Raises:
        LocalError: ``site-empty`` where there is none.
    """
    path = site / DATABASE
    if not path.is_file():
        raise LocalError(
            "site-empty",
            "There is no store in this state folder.",
            where=str(site),
            hint="Run `meterkast demo --once` or `meterkast import FILE` first, or give another --site.",
        )
    database = engine(path)
    try:
        yield database
    finally:
        database.dispose()
