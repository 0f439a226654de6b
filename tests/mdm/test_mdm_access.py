"""Access and export: the same query gives the same rows in every format, now and as known before."""

import csv
import io
import json
import sys
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from pyarrow import parquet
from sqlalchemy import Engine

from mdm.one_home import DAY, EAN, GAS_METER, MODULE, day_block, gas_block, with_value
from meterkast.mdm.access import Query, Readings, Row
from meterkast.mdm.export import Format, export
from meterkast.mdm.store import put
from meterkast.model.block import Medium, MeterDayBlock
from meterkast.model.errors import DataError, LocalError
from meterkast.outside.database.engine import writing

EVERYTHING = Query()


@pytest.fixture
def readings(database: Engine) -> Readings:
    keep(database, day_block(), day_block(DAY + timedelta(days=1)), gas_block(), at=1000)
    keep(database, with_value(day_block(), 2, None), at=2000)
    return Readings(database)


def keep(database: Engine, *blocks: MeterDayBlock, at: int) -> None:
    with writing(database) as connection:
        put(connection, [(block, "test") for block in blocks], known_at=at)


def rows_of(readings: Readings, query: Query) -> list[Row]:
    return list(readings.rows(query))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (EVERYTHING, [(MODULE, 0), (MODULE, 1), (GAS_METER, 0)]),
        (Query(ean=EAN), [(MODULE, 0), (MODULE, 1), (GAS_METER, 0)]),
        (Query(ean="871685900000000000"), []),
        (Query(device=GAS_METER), [(GAS_METER, 0)]),
        (Query(medium=Medium.ELECTRICITY), [(MODULE, 0), (MODULE, 1)]),
        (Query(first_day=DAY + timedelta(days=1)), [(MODULE, 1)]),
        (Query(last_day=DAY, device=MODULE), [(MODULE, 0)]),
        (Query(known_at=999), []),
    ],
)
def test_a_query_finds_its_blocks(readings: Readings, query: Query, found: list[tuple[str, int]]) -> None:
    blocks = [stored.block for stored in readings.blocks(query)]
    assert [(block.device, (block.day - DAY).days) for block in blocks] == found


def test_an_interval_is_a_row(readings: Readings) -> None:
    rows = rows_of(readings, Query(device=MODULE, last_day=DAY, known_at=1999))
    assert len(rows) == 2 * 96
    assert rows[0] == Row(
        ean=EAN,
        device=MODULE,
        medium="electricity",
        obis="1-0:1.8.0",
        start="2026-03-03T00:00:00+01:00",
        start_utc="2026-03-02T23:00:00Z",
        end="2026-03-03T00:15:00+01:00",
        end_utc="2026-03-02T23:15:00Z",
        value=Decimal(1_000_040),
        consumption=Decimal(40),
        unit="Wh",
        status=0,
        flags="",
        version=1,
        known_at="1970-01-01T00:16:40Z",
    )
    assert {row["obis"] for row in rows[96:]} == {"1-0:2.8.0"}


def test_gas_is_in_cubic_metres_to_the_litre(readings: Readings) -> None:
    rows = rows_of(readings, Query(device=GAS_METER))
    assert len(rows) == 24
    assert (rows[0]["value"], rows[0]["consumption"]) == (Decimal("7000.120"), Decimal("0.120"))
    assert (rows[0]["unit"], rows[0]["status"]) == ("m3", None)


def test_a_gap_stays_a_gap_in_now_and_was_none_before(readings: Readings) -> None:
    now = rows_of(readings, Query(device=MODULE, last_day=DAY))
    assert [row["value"] for row in now[:4]] == [1_000_040, None, 1_000_120, 1_000_160]
    assert [row["consumption"] for row in now[:4]] == [40, None, None, 40]
    assert {row["version"] for row in now} == {2}
    before = rows_of(readings, Query(device=MODULE, last_day=DAY, known_at=1999))
    assert [row["consumption"] for row in before[:4]] == [40, 40, 40, 40]


@pytest.mark.parametrize(("day", "quarters"), [(date(2026, 3, 29), 92), (date(2026, 10, 25), 100)])
def test_the_night_the_clock_changes_has_its_own_rows(database: Engine, day: date, quarters: int) -> None:
    keep(database, day_block(day), at=1000)
    rows = rows_of(Readings(database), Query(first_day=day, last_day=day))
    assert len(rows) == 2 * quarters
    assert len({row["start_utc"] for row in rows}) == len({row["start"] for row in rows}) == quarters


def test_a_value_that_was_read_once_is_a_row_of_its_own(database: Engine) -> None:
    block = day_block()
    once = replace(
        block,
        times=(block.times[3], block.times[5] + 1),
        status=(None, None),
        columns=(
            replace(block.columns[0], values=(17, None)),
            replace(block.columns[1], values=(18, 19)),
        ),
    )
    keep(database, once, at=1000)
    rows = rows_of(Readings(database), EVERYTHING)
    assert [(row["obis"], row["value"], row["consumption"]) for row in rows] == [
        ("1-0:1.8.0", Decimal(17), None),
        ("1-0:2.8.0", Decimal(18), None),
        ("1-0:2.8.0", Decimal(19), None),
    ]
    assert all(row["start"] == row["end"] for row in rows)


def exported(readings: Readings, query: Query, format_: Format) -> tuple[int, bytes]:
    target = io.BytesIO()
    count = export(readings, query, format_, target)
    return count, target.getvalue()


@pytest.mark.parametrize("query", [EVERYTHING, Query(known_at=1999), Query(device="nobody")])
def test_json_csv_and_parquet_hold_the_same_rows(readings: Readings, query: Query) -> None:
    rows = rows_of(readings, query)
    as_text = [
        {name: f"{value:f}" if isinstance(value, Decimal) else value for name, value in row.items()}
        for row in rows
    ]
    count, octets = exported(readings, query, Format.JSON)
    assert count == len(rows)
    assert json.loads(octets) == as_text
    count, octets = exported(readings, query, Format.CSV)
    assert count == len(rows)
    assert list(csv.DictReader(io.StringIO(octets.decode()))) == [
        {name: "" if value is None else str(value) for name, value in row.items()} for row in as_text
    ]
    count, octets = exported(readings, query, Format.PARQUET)
    assert count == len(rows)
    table = parquet.read_table(io.BytesIO(octets))
    assert table.column_names == list(Row.__annotations__)
    assert table.to_pylist() == rows


def test_parquet_without_pyarrow_says_what_to_install(
    readings: Readings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(LocalError) as caught:
        exported(readings, EVERYTHING, Format.PARQUET)
    assert caught.value.code == "export-needs-lake"


def test_a_decimal_that_parquet_cannot_hold_is_refused_and_not_rounded(database: Engine) -> None:
    block = day_block()
    tiny = replace(block.columns[0], scaler=-12)
    keep(database, replace(block, columns=(tiny,)), at=1000)
    with pytest.raises(DataError) as caught:
        exported(Readings(database), EVERYTHING, Format.PARQUET)
    assert caught.value.code == "export-decimal-range"
    assert (
        json.loads(exported(Readings(database), EVERYTHING, Format.JSON)[1])[0]["value"] == "0.000001000040"
    )
