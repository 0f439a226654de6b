"""The way into the database: an engine with safe settings, and the two kinds of transaction."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, make_url

_BUSY_SECONDS = 10
_PRAGMAS = (
    "page_size = 8192",
    "journal_mode = WAL",
    "synchronous = FULL",
    "cache_size = -262144",
    "mmap_size = 4000000000",
    "wal_autocheckpoint = 20000",
    "foreign_keys = ON",
    "recursive_triggers = ON",
)


def engine(path_or_url: Path | str) -> Engine:
    """An engine on a SQLite file (a path) or on any database SQLAlchemy knows (a URL)."""
    if isinstance(path_or_url, Path):
        path_or_url = f"sqlite:///{path_or_url}"
    if make_url(path_or_url).get_backend_name() != "sqlite":
        return create_engine(path_or_url)
    made = create_engine(path_or_url, connect_args={"timeout": _BUSY_SECONDS})
    event.listen(made, "connect", _prepare)
    event.listen(made, "begin", _begin)
    return made


@contextmanager
def reading(database: Engine) -> Iterator[Connection]:
    """A transaction that sees one state of the database and never waits for a writer."""
    with database.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(database: Engine) -> Iterator[Connection]:
    """A transaction that is durable once the block is left, and undone where the block raises.

    On SQLite it takes the write lock at its start, so that what it reads stays true until it writes.
    """
    with database.connect().execution_options(write=True) as connection, connection.begin():
        yield connection


def _prepare(driver: sqlite3.Connection, _record: object) -> None:
    # Without recursive_triggers a replacing insert would slip past the trigger that refuses deletes.
    # The driver would open transactions by itself, late and without the write lock; _begin opens them.
    driver.isolation_level = None
    for pragma in _PRAGMAS:
        driver.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    write = connection.get_execution_options().get("write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
