"""The file of the register: opened for a transaction, or to read; what goes wrong is told in our words."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from meterkast.model.errors import DataError, MeterkastError, UnreachableError

PATIENCE = 10.0
"""Seconds to wait for somebody else who writes."""

_CACHE = 1 << 16
"""KiB that a transaction may keep in memory: in bulk issue, pages that do not fit are written repeatedly."""

_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_DISK = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN}


@contextmanager
def transaction(path: Path) -> Iterator[sqlite3.Connection]:
    """All that is done inside counts when it is over, on disk, or nothing where it raises.

    Raises:
        DataError: ``pki-register-missing``, ``pki-register-damaged``.
        UnreachableError: ``pki-register-busy``, ``pki-register-unwritable``.
    """
    with _told(path), closing(opened(path, "rw")) as database:
        database.execute("PRAGMA synchronous = FULL")
        database.execute(f"PRAGMA cache_size = -{_CACHE}")
        database.execute("BEGIN IMMEDIATE")
        yield database
        database.commit()


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Looks without holding up anybody who writes; raises as ``transaction`` does."""
    with _told(path), closing(opened(path, "ro")) as database:
        yield database


def kept_open(path: Path) -> sqlite3.Connection:
    """A connection for as long as somebody is at work, whose closing is theirs.

    Without one, each transaction is the last for the moment, and tidies up the write-ahead log behind it.
    """
    database = opened(path, "rw", several_threads=True)
    with _told(path):
        database.execute("SELECT 1 FROM sqlite_master").fetchone()
    return database


def share(path: Path) -> None:
    """From now on readers and writers do not hold up each other; makes the file where there is none."""
    with _told(path), closing(opened(path, "rwc")) as database:
        database.execute("PRAGMA journal_mode = WAL")


def fault(error: sqlite3.Error | OSError, path: Path) -> MeterkastError:
    """What an error of the database means to whoever has the register."""
    reason = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    where = str(path)
    if not path.is_file():
        hint = "Restore it from a backup, then run `meterkast pki recover`."
        return DataError(
            "pki-register-missing", "The register of this PKI is missing.", where=where, hint=hint
        )
    if reason in _BUSY:
        message, hint = "Somebody else holds the register.", "Try again when they are done."
        return UnreachableError("pki-register-busy", message, where=where, hint=hint)
    if reason in _DISK or isinstance(error, OSError):
        message, hint = (
            "The register cannot be read or written.",
            "Look at the disk, its space and its rights.",
        )
        return UnreachableError("pki-register-unwritable", message, where=where, hint=hint)
    return damaged(path)


def damaged(path: Path) -> DataError:
    """The file is there, and is no register, or not a whole one."""
    hint = "Restore it from a backup, then run `meterkast pki recover`."
    return DataError(
        "pki-register-damaged", "The register of this PKI is damaged.", where=str(path), hint=hint
    )


def opened(path: Path, mode: str, *, several_threads: bool = False) -> sqlite3.Connection:
    """A connection, which waits for others; ``mode`` is ``ro``, ``rw`` or ``rwc``, as SQLite has them."""
    address = f"{path.absolute().as_uri()}?mode={mode}"
    return sqlite3.connect(
        address, uri=True, timeout=PATIENCE, isolation_level=None, check_same_thread=not several_threads
    )


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
        raise  # ours to mend
    except sqlite3.Error as error:
        raise fault(error, path) from error
