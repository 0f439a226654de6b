"""The tables of the register, and how one of an earlier version gets them."""

import logging
import sqlite3
from pathlib import Path

from cryptography import x509

from meterkast.model.errors import DataError
from meterkast.pki.register_file import damaged
from meterkast.pki.used_keys import key_hash

VERSION = 2
"""2: the hash of every key that was certified; keys of birth; devices that were put out of service."""

_TABLES = """
CREATE TABLE IF NOT EXISTS tenant (operator TEXT PRIMARY KEY, slug TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE IF NOT EXISTS device (
    title TEXT NOT NULL, operator TEXT NOT NULL, PRIMARY KEY (title, operator)
) STRICT;
CREATE TABLE IF NOT EXISTS decommissioned (
    title TEXT NOT NULL, operator TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (title, operator)
) STRICT;
CREATE TABLE IF NOT EXISTS admission (
    holder TEXT NOT NULL, purpose TEXT NOT NULL, operator TEXT NOT NULL,
    PRIMARY KEY (holder, purpose, operator)
) STRICT;
CREATE TABLE IF NOT EXISTS birth (
    key_hash BLOB PRIMARY KEY, title TEXT NOT NULL, operator TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS certificate (
    serial TEXT PRIMARY KEY, operator TEXT NOT NULL, holder TEXT NOT NULL, purpose TEXT NOT NULL,
    issuer TEXT NOT NULL, der BLOB NOT NULL, issued_at INTEGER NOT NULL, revoked_at INTEGER,
    ends INTEGER NOT NULL, algorithm TEXT NOT NULL, key_hash BLOB NOT NULL DEFAULT x''
) STRICT;
CREATE INDEX IF NOT EXISTS certificate_holder ON certificate (holder, purpose);
CREATE TABLE IF NOT EXISTS revocation (
    operator TEXT NOT NULL, issuer TEXT NOT NULL, shard INTEGER NOT NULL, serial TEXT NOT NULL,
    at INTEGER NOT NULL, until INTEGER NOT NULL, PRIMARY KEY (operator, issuer, serial)
) STRICT;
CREATE TABLE IF NOT EXISTS spread (
    operator TEXT NOT NULL, issuer TEXT NOT NULL, shards INTEGER NOT NULL, PRIMARY KEY (operator, issuer)
) STRICT;
CREATE TABLE IF NOT EXISTS published (
    operator TEXT NOT NULL, list TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (operator, list)
) STRICT;
CREATE TABLE IF NOT EXISTS ahead (
    operator TEXT NOT NULL, list TEXT NOT NULL, begins INTEGER NOT NULL, der BLOB NOT NULL,
    PRIMARY KEY (operator, list, begins)
) STRICT;
CREATE TABLE IF NOT EXISTS event (
    at INTEGER NOT NULL, operator TEXT NOT NULL, code TEXT NOT NULL, subject TEXT NOT NULL
) STRICT;
"""
_KEY_INDEX = "CREATE INDEX certificate_key ON certificate (key_hash)"
_KEY_COLUMN = "ALTER TABLE certificate ADD COLUMN key_hash BLOB NOT NULL DEFAULT x''"

_log = logging.getLogger("meterkast.pki")


def version_of(database: sqlite3.Connection) -> int:
    """The version of a register; 0 for an empty file."""
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def bring_up(database: sqlite3.Connection, path: Path) -> None:
    """Gives a register its tables, inside one transaction; one of an earlier version keeps what it has.

    Raises:
        DataError: ``pki-register-newer`` for one of a later version; ``pki-register-damaged``.
    """
    found = version_of(database)
    if found == VERSION:
        return
    if found > VERSION:
        message, hint = (
            "The register is of a later version.",
            "Use the Meterkast that wrote it, or a later one.",
        )
        raise DataError("pki-register-newer", message, where=str(path), hint=hint)
    for statement in _TABLES.split(";"):  # a script would commit each one by itself
        database.execute(statement)
    if found == 1:
        _fill_keys(database, path)
    database.execute(_KEY_INDEX)
    database.execute(f"PRAGMA user_version = {VERSION}")


def _fill_keys(database: sqlite3.Connection, path: Path) -> None:
    """Hashes the keys of all that was issued before their hashes were kept."""
    database.execute(_KEY_COLUMN)
    count = 0
    for row, der in database.execute("SELECT rowid, der FROM certificate ORDER BY rowid").fetchall():
        try:
            found = key_hash(x509.load_der_x509_certificate(der).public_key())
        except ValueError as cause:
            raise damaged(path) from cause
        database.execute("UPDATE certificate SET key_hash = ? WHERE rowid = ?", (found, row))
        count += 1
    _log.info("pki-register-upgraded version=%d certificates=%d", VERSION, count)
