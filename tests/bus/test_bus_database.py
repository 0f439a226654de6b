"""The centre's database: migrations, transactions, append-only blocks, portability."""

import multiprocessing
import sqlite3
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, Table, delete, insert, inspect, make_url, select, text, update
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.schema import CreateTable

from meterkast.outside.database import schema
from meterkast.outside.database.engine import engine, reading, writing
from meterkast.outside.database.migrations import upgrade
from meterkast.outside.database.refusal import Refusal, announce, count, record

BLOCK = {
    "device": "KFM5000000000017",
    "day": 20260329,
    "version": 1,
    "known_at": 1_774_800_000,
    "medium": "electricity",
    "source": "MKG0000000001/1",
    "quality": "",
    "format": 1,
    "payload": b"\x01",
}


POSTGRESQL: Dialect = make_url("postgresql+psycopg://").get_dialect()()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "centre.sqlite"


@pytest.fixture
def database(path: Path) -> Iterator[Engine]:
    made = engine(path)
    upgrade(made)
    yield made
    made.dispose()


def test_the_migrations_make_the_tables_of_the_schema(database: Engine) -> None:
    with reading(database) as connection:
        differences = compare_metadata(MigrationContext.configure(connection), schema.metadata)
    assert differences == []


def test_a_table_that_is_not_migrated_would_be_seen(database: Engine) -> None:
    with writing(database) as connection:
        connection.execute(text("DROP TABLE refusal"))
    with reading(database) as connection:
        assert compare_metadata(MigrationContext.configure(connection), schema.metadata)


def test_upgrading_twice_changes_nothing(database: Engine) -> None:
    upgrade(database)
    assert set(inspect(database).get_table_names()) == {*schema.metadata.tables, "alembic_version"}


def upgrade_file(path: str) -> None:
    upgrade(engine(Path(path)))


@pytest.mark.processes
def test_processes_that_upgrade_at_once_do_not_get_in_each_others_way(path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=upgrade_file, args=(str(path),)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert set(inspect(engine(path)).get_table_names()) == {*schema.metadata.tables, "alembic_version"}


def test_blocks_are_append_only(database: Engine) -> None:
    table = schema.meter_day_block
    with writing(database) as connection:
        connection.execute(insert(table).values(BLOCK))
    for statement in (
        update(table).values(payload=b"\x02"),
        delete(table),
        text("INSERT OR REPLACE INTO meter_day_block SELECT * FROM meter_day_block"),
    ):
        with pytest.raises(IntegrityError, match="append only"), writing(database) as connection:
            connection.execute(statement)
    with reading(database) as connection:
        assert connection.execute(select(table.c.payload)).scalars().all() == [b"\x01"]


def test_what_raises_is_undone(database: Engine) -> None:
    def add_and_fail() -> None:
        with writing(database) as connection:
            connection.execute(insert(schema.operator).values(code="alliander", name="Alliander"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        add_and_fail()
    with reading(database) as connection:
        assert connection.execute(select(schema.operator)).all() == []


def test_a_reader_keeps_its_state_and_does_not_wait_for_the_writer(database: Engine) -> None:
    with reading(database) as reader:
        assert reader.execute(select(schema.operator.c.code)).all() == []
        with writing(database) as writer:
            writer.execute(insert(schema.operator).values(code="stedin", name="Stedin"))
        assert reader.execute(select(schema.operator.c.code)).all() == []
    with reading(database) as reader:
        assert reader.execute(select(schema.operator.c.code)).scalars().all() == ["stedin"]


def test_a_writer_holds_the_lock_from_its_start(database: Engine, path: Path) -> None:
    with writing(database):
        other = sqlite3.connect(path, timeout=0, isolation_level=None)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        other.close()


def test_settings_hold_on_every_connection(database: Engine) -> None:
    with reading(database) as first, reading(database) as second:
        for connection in (first, second):
            assert connection.execute(text("PRAGMA synchronous")).scalar() == 2
            assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
            assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
            assert connection.execute(text("PRAGMA page_size")).scalar() == 8192


def test_foreign_keys_are_kept(database: Engine) -> None:
    with pytest.raises(IntegrityError), writing(database) as connection:
        connection.execute(
            insert(schema.connection).values(ean="8" * 18, operator="nobody", phases=1, ampere=25)
        )


@pytest.mark.parametrize("table", schema.metadata.sorted_tables, ids=lambda table: table.name)
def test_every_table_can_be_made_in_postgresql(table: Table) -> None:
    made = str(CreateTable(table).compile(dialect=POSTGRESQL))
    assert "ROWID" not in made
    assert table.name in made


@given(day=st.dates())
def test_days_order_as_their_numbers_and_come_back(day: date) -> None:
    assert schema.day_of(schema.day_number(day)) == day


@given(a=st.integers(0, 2**64 - 1), b=st.integers(0, 2**64 - 1))
def test_counters_order_as_their_texts(a: int, b: int) -> None:
    assert (a < b) == (schema.counter_text(a) < schema.counter_text(b))
    assert len(schema.counter_text(a)) == 20


def test_refusals_are_counted_by_gateway_and_code(database: Engine, caplog: pytest.LogCaptureFixture) -> None:
    refusals = [
        Refusal(at=1, room="mdm", code="envelope-replayed", gateway="MKG0000000001", position=4),
        Refusal(at=2, room="mdm", code="envelope-replayed", gateway="MKG0000000001", position=5),
        Refusal(at=3, room="mdm", code="envelope-malformed", position=6, detail="x" * 1000),
    ]
    with writing(database) as connection:
        record(connection, refusals)
        record(connection, [])
    announce(refusals)
    with reading(database) as connection:
        assert count(connection, "mdm") == {
            None: {"envelope-malformed": 1},
            "MKG0000000001": {"envelope-replayed": 2},
        }
        assert count(connection, "headend") == {}
    assert [record.name for record in caplog.records] == ["meterkast.mdm"] * 3


def test_an_unusable_file_is_an_operational_error(tmp_path: Path) -> None:
    with pytest.raises(OperationalError):
        upgrade(engine(tmp_path / "absent" / "centre.sqlite"))
