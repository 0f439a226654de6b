"""Import: a real meter's message goes into the store once, flagged, and grows its meter-day."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, create_engine

from mdm.one_home import DAY, MODULE, day_block
from meterkast.mdm.access import Query, Readings
from meterkast.mdm.importer import ImportReport, import_explanation
from meterkast.mdm.store import StoredBlock, put
from meterkast.model.block import Medium
from meterkast.model.calendar import day_start
from meterkast.model.errors import DataError
from meterkast.model.obis import Obis
from meterkast.model.reading import Reading
from meterkast.model.unit import Unit
from meterkast.outside.database.engine import writing
from meterkast.outside.database.schema import metadata
from meterkast.protocols.explain.document import Explanation

NOON = day_start(DAY) + 12 * 3600
NOW = NOON + 60


def energy(value: str, *, obis: str = "1-0:1.8.1", at: int | None = None) -> Reading:
    return Reading(obis=Obis.parse(obis), value=Decimal(value), unit=Unit.WATT_HOUR, at=at)


def message(
    *readings: Reading, meter: str | None = "E0001", at: int | None = NOON, crc: str = "ok"
) -> Explanation:
    return Explanation(
        family="p1", supplier="KFM", meter_id=meter, timestamp=at, readings=[*readings], crc=crc
    )


def bring(
    database: Engine, explanation: Explanation, octets: bytes = b"/one", now: int = NOW
) -> ImportReport:
    return import_explanation(database, explanation, octets=octets, now=now)


def stored(database: Engine) -> list[StoredBlock]:
    return list(Readings(database).blocks(Query()))


def test_readings_become_a_flagged_block(database: Engine) -> None:
    report = bring(database, message(energy("1234.5"), energy("7", obis="1-0:2.8.1")))
    assert report == ImportReport(devices=("E0001",), added=1, unchanged=0, readings=2, skipped=0)
    [kept] = stored(database)
    assert (kept.block.device, kept.block.medium, kept.block.day) == ("E0001", Medium.ELECTRICITY, DAY)
    assert (kept.block.times, kept.block.flags) == ((NOON,), ("UNSIGNED",))
    assert [(column.values, column.scaler) for column in kept.block.columns] == [((12345,), -1), ((7,), 0)]
    assert kept.source.startswith("import:")
    assert kept.known_at == NOW


def test_the_same_octets_again_store_nothing_and_say_so(database: Engine) -> None:
    bring(database, message(energy("1")))
    assert bring(database, message(energy("1")), now=NOW + 5).added == 0
    assert bring(database, message(energy("1")), now=NOW + 5).unchanged == 1
    assert [kept.version for kept in stored(database)] == [1]


def test_the_same_octets_without_a_time_store_nothing_later_either(database: Engine) -> None:
    timeless = message(energy("1"), at=None)
    bring(database, timeless)
    assert bring(database, timeless, now=NOW + 5).added == 0
    [kept] = stored(database)
    assert kept.block.times == (NOW,)
    assert kept.block.flags == ("TIME_OF_IMPORT", "UNSIGNED")


def test_other_octets_of_the_same_day_make_a_version_with_both(database: Engine) -> None:
    bring(database, message(energy("1.25")))
    report = bring(database, message(energy("2"), at=NOON + 10), b"/two")
    assert (report.added, report.unchanged) == (1, 0)
    [kept] = stored(database)
    assert kept.version == 2
    assert kept.block.times == (NOON, NOON + 10)
    assert [(column.values, column.scaler) for column in kept.block.columns] == [((125, 200), -2)]


def test_a_register_seen_later_leaves_a_gap_before(database: Engine) -> None:
    bring(database, message(energy("1")))
    bring(database, message(energy("2", obis="1-0:2.8.1"), at=NOON + 10), b"/two")
    [kept] = stored(database)
    assert [column.values for column in kept.block.columns] == [(1, None), (None, 2)]


def test_other_octets_with_the_same_values_store_nothing(database: Engine) -> None:
    bring(database, message(energy("1")))
    assert bring(database, message(energy("1")), b"/two").unchanged == 1
    assert [kept.version for kept in stored(database)] == [1]


def test_each_local_day_has_its_own_block(database: Engine) -> None:
    midnight = day_start(DAY)
    report = bring(database, message(energy("1", at=midnight - 1), energy("2", at=midnight)))
    assert report.added == 2
    assert [kept.block.times for kept in stored(database)] == [(midnight - 1,), (midnight,)]


def test_a_gas_meter_behind_the_meter_has_a_name_of_its_own(database: Engine) -> None:
    gas = Reading(
        obis=Obis.parse("0-1:24.2.1"), value=Decimal("12.345"), unit=Unit.CUBIC_METRE, at=NOON - 720
    )
    name = Reading(obis=Obis.parse("0-1:96.1.0"), value="G0004")
    bring(database, message(energy("1"), gas, name))
    bring(database, message(energy("1"), gas), b"/two")
    assert [(kept.block.device, kept.block.medium) for kept in stored(database)] == [
        ("E0001", Medium.ELECTRICITY),
        ("E0001/1", Medium.GAS),
        ("G0004", Medium.GAS),
    ]


@pytest.mark.parametrize(
    ("kind", "medium"), [("003", Medium.GAS), ("004", Medium.HEAT), ("007", Medium.WATER)]
)
def test_the_device_type_says_what_is_measured(database: Engine, kind: str, medium: Medium) -> None:
    told = Reading(obis=Obis.parse("0-2:24.1.0"), value=kind)
    volume = Reading(obis=Obis.parse("0-2:24.2.1"), value=Decimal(5), unit=Unit.CUBIC_METRE)
    bring(database, message(told, volume))
    assert [kept.block.medium for kept in stored(database)] == [medium]


def test_text_and_nameless_values_are_skipped(database: Engine) -> None:
    text = Reading(obis=Obis.parse("0-0:96.13.0"), value="hello")
    nameless = Reading(obis=None, value=Decimal(1))
    endless = Reading(obis=Obis.parse("1-0:1.8.2"), value=Decimal("Infinity"))
    report = bring(database, message(text, energy("1"), nameless, endless, energy("2")))
    assert (report.readings, report.skipped) == (1, 4)
    assert [column.values for column in stored(database)[0].block.columns] == [(1,)]


@pytest.mark.parametrize("meter", [None, "", " ", "x" * 61, "a\nb"])
def test_a_message_without_a_usable_name_is_named_by_its_octets(database: Engine, meter: str | None) -> None:
    report = bring(database, message(energy("1"), meter=meter))
    [name] = report.devices
    assert name.startswith("KFM-")
    assert len(name) == 16


@pytest.mark.parametrize(
    ("explanation", "code"),
    [
        (message(), "import-no-readings"),
        (message(Reading(obis=None, value="text")), "import-no-readings"),
        (message(energy("1E+31")), "import-value-range"),
        (message(energy("9223372036854775808")), "import-value-range"),
        (message(energy("1"), crc="bad"), "import-broken"),
    ],
)
def test_what_cannot_be_kept_is_refused_and_nothing_stored(
    database: Engine, explanation: Explanation, code: str
) -> None:
    with pytest.raises(DataError) as caught:
        bring(database, explanation)
    assert caught.value.code == code
    assert stored(database) == []


def test_a_sealed_meter_day_is_not_touched(database: Engine) -> None:
    with writing(database) as connection:
        put(connection, [(day_block(), "MKG0000000001/1")], known_at=NOW)
    with pytest.raises(DataError) as caught:
        bring(database, message(energy("1"), meter=MODULE))
    assert caught.value.code == "import-over-sealed"
    assert [kept.version for kept in stored(database)] == [1]


VALUES = st.decimals(
    min_value=Decimal(-(10**12)), max_value=Decimal(10**12), allow_nan=False, allow_infinity=False, places=4
)


@settings(max_examples=30)
@given(
    values=st.dictionaries(st.integers(0, 86_399), VALUES, min_size=1, max_size=10), split=st.integers(0, 10)
)
def test_a_day_brought_in_two_parts_equals_the_day_brought_at_once(
    values: dict[int, Decimal], split: int
) -> None:
    readings = [energy(str(value), at=day_start(DAY) + second) for second, value in values.items()]
    kept = []
    for parts in ([readings], [readings[:split], readings[split:]]):
        database = create_engine("sqlite://")
        metadata.create_all(database)
        for number, part in enumerate(parts):
            if part:
                bring(database, message(*part), bytes((number,)))
        assert len(stored(database)) == 1
        kept.append([(row["end"], row["value"]) for row in Readings(database).rows(Query())])
    assert kept[0] == kept[1]
    assert len(kept[0]) == len(values)
