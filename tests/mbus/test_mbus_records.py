"""Data records of EN 13757-3: known answers, round trips, bounds."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterkast.model.errors import LocalError, PeerError
from meterkast.protocols.mbus import coding, display, records
from meterkast.protocols.mbus.coding import Coding
from meterkast.protocols.mbus.records import Function, ManufacturerData, Record, Value
from meterkast.protocols.mbus.timepoint import TimePoint


def one(octets: str) -> Record:
    (record,) = records.decode(bytes.fromhex(octets))
    assert isinstance(record, Record)
    return record


# EN 13757-3 tables, one row per series, and the odd ones of real meters.
@pytest.mark.parametrize(
    ("octets", "quantity", "value", "unit"),
    [
        ("0C 06 15 20 00 00", "energy", Decimal(2015000), "Wh"),
        ("04 0E 01 00 00 00", "energy", Decimal(1000000), "J"),
        ("0C 13 27 04 85 02", "volume", Decimal("2850.427"), "m3"),
        ("0B 3B 43 02 00", "volume flow", Decimal("0.243"), "m3/h"),
        ("0A 5A 00 F1", "flow temperature", Decimal("-10.0"), "°C"),
        ("02 2B FE FF", "power", Decimal(-2), "W"),
        ("02 23 02 00", "on time", Decimal(172800), "s"),
        ("05 2E 00 00 C0 3F", "power", Decimal(1500), "W"),
        ("02 FD 48 F5 08", "voltage", Decimal("229.3"), "V"),
        ("03 FD 59 A0 0F 00", "current", Decimal("4.000"), "A"),
        ("04 FB 00 02 00 00 00", "energy", Decimal(200000), "Wh"),
        ("02 FB 1A C8 01", "relative humidity", Decimal("45.6"), "%"),
        ("02 FD 17 FF FF", "error flags", Decimal(65535), ""),
        ("04 93 7D 05 00 00 00", "volume", Decimal(5), "m3"),
        ("04 93 74 05 00 00 00", "volume", Decimal("0.00005"), "m3"),
        ("02 DA 79 0A 00", "flow temperature", Decimal("1.01"), "°C"),
        ("02 FC 03 48 52 25 74 D4 11", "%RH", Decimal("45.64"), "%RH"),
        ("0D 7C 01 41 C3 21 43 65", "A", Decimal(654321), "A"),
        ("0D 7C 01 41 D1 12", "A", Decimal(-12), "A"),
        ("05 13 00 00 80 7F", "volume", None, "m3"),
        ("00 13", "volume", None, "m3"),
        ("01 FF 01 05", "manufacturer specific", Decimal(5), ""),
        ("01 6F 05", "reserved", Decimal(5), ""),
    ],
)
def test_values_with_their_quantity_and_unit(
    octets: str, quantity: str, value: Decimal | None, unit: str
) -> None:
    record = one(octets)
    assert (record.meaning.quantity, record.value, record.meaning.unit) == (quantity, value, unit)


@pytest.mark.parametrize(
    ("octets", "value"),
    [
        ("0C 78 07 20 18 00", "00182007"),
        ("0D 78 03 43 42 41", "ABC"),
        ("0D FD 10 E2 01 02", "0201"),
        ("0D FD 10 F0" + "00" * 15 + "17", "17" + "00" * 15),
        ("42 6C BF 15", TimePoint(year=2013, month=5, day=31)),
        ("04 6D 32 37 1F 15", TimePoint(year=2008, month=5, day=31, hour=23, minute=50)),
        ("03 6D 3B 3A 17", TimePoint(hour=23, minute=58, second=59)),
        ("46 6D 00 00 0B 32 16 00", TimePoint(year=2009, month=6, day=18, hour=11, minute=0, second=0)),
        ("04 93 6F 00 01 41 11", TimePoint(year=2010, month=1, day=1, hour=1, minute=0)),
    ],
)
def test_identifiers_and_times(octets: str, value: Value) -> None:
    assert one(octets).value == value


def test_old_years_are_of_the_last_century() -> None:
    assert TimePoint.decode(bytes.fromhex("05C5")).year == 1996
    assert str(one("04 6D 10 09 05 C5").value) == "1996-05-05T09:16:00"


def test_the_data_information_is_taken_apart() -> None:
    record = one("FC D0 41 13 01 00 00 00")
    assert (record.function, record.storage, record.tariff, record.subunit) == (Function.ERROR, 33, 1, 3)


def test_odd_digits_are_text_and_show_what_other_readers_print() -> None:
    record = one("3C 2B BD EB DD DD")
    assert record.value == "DDDDEBBD"
    assert display.record(record)["value"] == "13131113"
    assert display.record(record)["digits"] == "DDDDEBBD"


def test_the_time_of_an_event_keeps_its_number() -> None:
    shown = display.record(one("04 DA 6F 32 14 7A 18"))
    assert (shown["value"], shown["instant"]) == ("41065374.6", "2011-08-26T20:50:00")
    assert shown["qualifiers"] == ["end of last occurrence"]


def test_a_small_float_is_shown_rounded_and_kept_whole() -> None:
    record = one("05 3E 5D 59 39 3A")
    assert isinstance(record.value, Decimal)
    assert record.value != Decimal("0.000707")
    assert display.record(record)["value"] == str(round(record.value, 6))
    assert display.record(record)["data"] == "5D59393A"


def test_fillers_are_passed_over_and_the_rest_belongs_to_the_maker() -> None:
    read = records.decode(bytes.fromhex("2F 2F 01 FD 17 00 2F 1F 01 02"))
    assert [type(record) for record in read] == [Record, ManufacturerData]
    assert read[-1] == ManufacturerData(data=b"\x01\x02", more_follows=True)


def test_high_octet_first_reads_the_same() -> None:
    low = records.decode(bytes.fromhex("04 13 01 02 03 04 0D 78 03 43 42 41"))
    assert records.decode(bytes.fromhex("04 13 04 03 02 01 0D 78 03 41 42 43"), "big") == low


@pytest.mark.parametrize(
    ("octets", "code"),
    [
        ("04", "mbus-record-cut"),
        ("04 13 00", "mbus-record-cut"),
        ("8B", "mbus-record-cut"),
        ("02 FC F3 48", "mbus-record-cut"),
        ("0D 13 05 41", "mbus-record-cut"),
        ("84" + "80" * 11 + "00 13", "mbus-extensions-many"),
        ("04 93" + "FA" * 11 + "00", "mbus-extensions-many"),
        ("3F", "mbus-dif-reserved"),
        ("7F", "mbus-dif-reserved"),
        ("0D 13 F7", "mbus-lvar-reserved"),
    ],
)
def test_each_fault_has_its_code(octets: str, code: str) -> None:
    with pytest.raises(PeerError) as caught:
        records.decode(bytes.fromhex(octets))
    assert caught.value.code == code
    assert caught.value.where is not None


_latin = st.text(st.characters(max_codepoint=255), max_size=20)
_vibs = st.sampled_from(
    ["03", "13", "933A", "FD17", "FD48", "FB00", "6D", "6C", "78", "FF01", "9370", "DA6F"]
)


@st.composite
def any_record(draw: st.DrawFn) -> Record:
    code = draw(st.sampled_from(Coding))
    if code is Coding.VARIABLE:
        lvar = draw(st.integers(0, 0xF6))
        data = bytes((lvar,)) + draw(
            st.binary(min_size=(size := coding.variable_size(lvar) or 0), max_size=size)
        )
    else:
        data = draw(st.binary(min_size=code.size, max_size=code.size))
    text = draw(st.none() | _latin)
    storage, tariff, subunit = draw(
        st.tuples(st.integers(0, 1 << 20), st.integers(0, 64), st.integers(0, 63))
    )
    needed = max(-(-(storage >> 1).bit_length() // 4), -(-tariff.bit_length() // 2), subunit.bit_length())
    return Record(
        function=draw(st.sampled_from(Function)),
        storage=storage,
        tariff=tariff,
        subunit=subunit,
        coding=code,
        vib=bytes.fromhex(draw(_vibs)) if text is None else draw(st.sampled_from([b"\x7c", b"\xfc\x74"])),
        text=text,
        data=data,
        extensions=draw(st.integers(needed, 10)),
    )


@given(st.lists(any_record(), max_size=6))
def test_every_record_comes_back(made: list[Record]) -> None:
    assert records.decode(records.encode(made)) == made


@given(any_record())
def test_every_record_has_a_value_and_can_be_shown(record: Record) -> None:
    assert isinstance(record.value, Decimal | str | TimePoint | None)
    assert display.record(record)["function"]


@given(st.binary(max_size=300), st.sampled_from(["little", "big"]))
def test_garbage_raises_only_the_peer_error(octets: bytes, order: str) -> None:
    try:
        read = records.decode(octets, "big" if order == "big" else "little")
    except PeerError:
        return
    assert len(read) <= len(octets)
    for record in read:
        display.record(record)


@given(st.binary(max_size=300))
def test_what_is_read_is_written_the_same(octets: bytes) -> None:
    try:
        read = records.decode(octets)
    except PeerError:
        return
    assert records.decode(records.encode(read)) == read


@given(st.integers(-9_999_999, 99_999_999))
def test_bcd_comes_back(value: int) -> None:
    assert coding.bcd(coding.encode_bcd(value, Coding.BCD8)) == value


@given(st.integers(-(1 << 47), (1 << 47) - 1))
def test_integers_come_back(value: int) -> None:
    assert coding.integer(coding.encode_integer(value, Coding.INT48)) == value


@pytest.mark.parametrize("value", [100_000_000, -10_000_000])
def test_a_number_that_does_not_fit_is_our_fault(value: int) -> None:
    with pytest.raises(LocalError):
        coding.encode_bcd(value, Coding.BCD8)


@given(st.integers(946684800, 946684800 + 80 * 365 * 86400))
def test_instants_come_back_to_the_second(at: int) -> None:
    assert TimePoint.decode(TimePoint.from_unix(at).encode()).unix() == at


def test_a_clock_that_was_never_set_has_no_instant() -> None:
    assert TimePoint.decode(bytes(4)).unix() is None
    assert TimePoint.decode(bytes.fromhex("80013116")).unix() is None
    with pytest.raises(LocalError):
        TimePoint(year=1999, month=1, day=1, hour=0, minute=0, second=0).encode()
