"""The store: versions, and what was known when."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, create_engine, text

from mdm.one_home import DAY, EAN, GAS_METER, MODULE, day_block, gas_block, with_value
from meterkast.mdm.store import StoredBlock, known, put
from meterkast.model.block import MeterDayBlock
from meterkast.model.errors import DataError
from meterkast.outside.database.engine import reading, writing
from meterkast.outside.database.schema import metadata, meter_day_block


def store(database: Engine, *blocks: MeterDayBlock, at: int = 1000) -> list[StoredBlock]:
    with writing(database) as connection:
        return put(connection, [(block, f"envelope at {at}") for block in blocks], known_at=at)


def stored(database: Engine, at: int | None = None) -> list[StoredBlock]:
    with reading(database) as connection:
        return list(known(connection, known_at=at))


def test_a_block_comes_back_with_what_the_register_knows_of_its_device(database: Engine) -> None:
    block = replace(day_block(), flags=("CAP", "MISSING"))
    assert [one.version for one in store(database, block, gas_block())] == [1, 1]
    assert stored(database) == [
        StoredBlock(block=block, version=1, known_at=1000, source="envelope at 1000", ean=EAN),
        StoredBlock(block=gas_block(), version=1, known_at=1000, source="envelope at 1000", ean=EAN),
    ]


def test_the_same_block_again_adds_nothing(database: Engine) -> None:
    store(database, day_block(), at=1000)
    assert store(database, day_block(), at=2000) == []
    assert [one.known_at for one in stored(database)] == [1000]


def test_another_value_is_a_new_version_and_the_old_one_stays_known(database: Engine) -> None:
    first, second = day_block(), with_value(day_block(), 7, None)
    store(database, first, at=1000)
    store(database, second, at=2000)
    assert [one.block for one in stored(database)] == [second]
    assert [one.block for one in stored(database, at=1999)] == [first]
    assert stored(database, at=2000)[0].version == 2
    assert stored(database, at=999) == []


def test_versions_within_one_put_follow_each_other(database: Engine) -> None:
    blocks = [day_block(), with_value(day_block(), 3, 9), day_block()]
    assert [one.version for one in store(database, *blocks)] == [1, 2, 3]


def test_the_time_of_knowing_never_falls_behind_that_of_an_earlier_version(database: Engine) -> None:
    store(database, day_block(), at=2000)
    [second] = store(database, with_value(day_block(), 7, None), at=1500)
    assert (second.version, second.known_at) == (2, 2000)


def test_days_come_by_device_and_day(database: Engine) -> None:
    days = [DAY + timedelta(days=n) for n in (2, 0, 1)]
    store(database, *(day_block(day) for day in days), gas_block())
    assert [(one.block.device, one.block.day) for one in stored(database)] == [
        *((MODULE, day) for day in sorted(days)),
        (GAS_METER, DAY),
    ]


def test_conditions_narrow(database: Engine) -> None:
    store(database, day_block(), gas_block())
    with reading(database) as connection:
        found = list(known(connection, meter_day_block.c.medium == "gas"))
    assert [one.block for one in found] == [gas_block()]


def test_many_blocks_go_in_one_put(database: Engine) -> None:
    days = [date(2024, 1, 1) + timedelta(days=n) for n in range(900)]
    blocks = [replace(gas_block(), day=day) for day in days]
    assert len(store(database, *blocks)) == 900
    assert store(database, *blocks) == []


def test_a_block_too_wide_stores_nothing(database: Engine) -> None:
    with pytest.raises(DataError):
        store(database, gas_block(), with_value(day_block(), 0, 2**63))
    assert stored(database) == []


def test_a_damaged_payload_is_an_error_and_not_a_value(database: Engine) -> None:
    store(database, day_block())
    with writing(database) as connection:
        connection.execute(text("DROP TRIGGER meter_day_block_no_update"))
        connection.execute(text("UPDATE meter_day_block SET payload = x'01ff'"))
    with pytest.raises(DataError) as caught:
        stored(database)
    assert caught.value.code == "payload-unreadable"


@settings(max_examples=30)
@given(history=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 50)), max_size=12), at=st.integers(0, 60))
def test_what_was_known_at_any_time_is_what_was_stored_by_then(
    history: list[tuple[int, int]], at: int
) -> None:
    database = create_engine("sqlite://")
    metadata.create_all(database)
    latest: list[tuple[int, MeterDayBlock]] = []
    with database.begin() as connection:
        for value, step in history:
            now = (latest[-1][0] if latest else 0) + step
            block = with_value(gas_block(), 0, value)
            put(connection, [(block, "test")], known_at=now)
            latest.append((now, block))
        expected = [block for known_at, block in latest if known_at <= at][-1:]
        assert [one.block for one in known(connection, known_at=at)] == expected
