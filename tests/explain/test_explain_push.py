"""Readings of pushes: each way in which meters write values down, and what is made of it."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterkast.model.obis import Obis
from meterkast.model.unit import Unit
from meterkast.protocols import axdr
from meterkast.protocols.axdr import Data
from meterkast.protocols.datetime import from_unix
from meterkast.protocols.explain.push import Push, read_push
from meterkast.protocols.explain.push_list import push_lists, quantity_of

AT = 1_700_000_000
POWER, VOLTAGE = Obis(1, 0, 1, 7, 0), Obis(1, 0, 32, 7, 0)
CLOCK, SERIAL, NAME = Obis(0, 0, 1, 0, 0), Obis(0, 0, 96, 1, 0), Obis(0, 0, 42, 0, 0)


def code(obis: Obis) -> Data:
    return axdr.octets(obis.to_bytes())


def scale(scaler: int, unit: int) -> Data:
    return axdr.structure((axdr.integer(scaler), axdr.enum(unit)))


def values(push: Push) -> list[tuple[str, str, str]]:
    return [(str(reading.obis), str(reading.value), reading.unit.symbol) for reading in push.readings]


EXPECTED = [("1-0:1.7.0", "350", "W"), ("1-0:32.7.0", "230.1", "V")]


@pytest.mark.parametrize(
    "body",
    [
        axdr.array(
            (
                axdr.structure((code(POWER), axdr.double_long_unsigned(350), scale(0, 27))),
                axdr.structure((code(VOLTAGE), axdr.long_unsigned(2301), scale(-1, 35))),
            )
        ),
        axdr.structure(
            (
                *(code(POWER), axdr.double_long_unsigned(35), scale(1, 27)),
                *(code(VOLTAGE), axdr.long_unsigned(2301), scale(-1, 35)),
            )
        ),
        axdr.structure(
            (
                *(code(Obis(0, 0, 96, 1, 7)), axdr.octets(b"KFM_001")),
                *(code(POWER), axdr.double_long_unsigned(350)),
                *(code(VOLTAGE), axdr.long_unsigned(2301)),
            )
        ),
    ],
    ids=["rows", "triples", "pairs of a known list"],
)
def test_ways_of_writing_one_list(body: Data) -> None:
    push = read_push(body, AT)
    assert values(push)[-2:] == EXPECTED
    assert {reading.at for reading in push.readings} == {AT}
    assert not push.findings


def test_a_known_list_by_position() -> None:
    numbers = [axdr.double_long_unsigned(number) for number in (350, 0, 0, 12, 1416, 2301)]
    texts = [axdr.octets(text) for text in (b"KFM_001", b"6970631401753985", b"MA105H2E")]
    push = read_push(axdr.structure([*texts, *numbers]), AT)
    assert values(push)[3:] == [
        ("1-0:1.7.0", "350", "W"),
        ("1-0:2.7.0", "0", "W"),
        ("1-0:3.7.0", "0", "var"),
        ("1-0:4.7.0", "12", "var"),
        ("1-0:31.7.0", "1.416", "A"),
        ("1-0:32.7.0", "230.1", "V"),
    ]
    assert (push.maker, push.meter_id) == ("KFM", "6970631401753985")


def test_an_unknown_list_gets_no_units() -> None:
    push = read_push(axdr.structure((code(POWER), axdr.double_long_unsigned(350))), AT)
    assert push.readings[0].unit is Unit.NONE
    assert [finding.code for finding in push.findings] == ["unit-not-sent"]


def test_values_behind_their_object_list() -> None:
    def descriptor(obis: Obis) -> Data:
        return axdr.structure((axdr.long_unsigned(1), code(obis), axdr.integer(2), axdr.long_unsigned(0)))

    listed = axdr.array(map(descriptor, (Obis(0, 0, 25, 9, 0), NAME, Obis(0, 0, 97, 98, 0))))
    push = read_push(axdr.structure((listed, axdr.octets(b"EMR123"), axdr.double_long_unsigned(16))), AT)
    assert values(push) == [("0-0:42.0.0", "EMR123", ""), ("0-0:97.98.0", "16", "")]
    assert (push.maker, push.meter_id) == ("EMR", "EMR123")


def test_the_time_may_stand_among_the_values() -> None:
    clock = axdr.octets(from_unix(AT, -60).encode())
    named = read_push(axdr.structure((code(CLOCK), clock, code(POWER), axdr.unsigned(1))), None)
    nameless = read_push(axdr.structure((clock, code(POWER), axdr.unsigned(1))), None)
    assert named.at == nameless.at == AT
    assert named.readings[0].value == "2023-11-14T22:13:20+00:00"


def test_weekday_zero_is_accepted_and_said() -> None:
    octets = bytearray(from_unix(AT, -60).encode())
    octets[4] = 0
    push = read_push(axdr.structure((code(CLOCK), axdr.octets(bytes(octets)))), None)
    assert push.at == AT
    assert [finding.code for finding in push.findings] == ["weekday-zero"]


ALARM = (axdr.octets(b"E0001XXXX12345678"), code(Obis(0, 1, 25, 9, 0)), axdr.unsigned(1))
PADDED = (code(SERIAL), axdr.visible("40799390\0\0\0"), code(NAME), axdr.octets(b"KFM1"))


@pytest.mark.parametrize(
    ("body", "meter_id"),
    [
        (axdr.structure(ALARM), "E0001XXXX12345678"),
        (axdr.structure(PADDED), "40799390"),
        (axdr.structure((code(Obis(1, 1, 0, 0, 1)), axdr.double_long_unsigned(12345))), "12345"),
        (axdr.octets(b"\x12\x34\x56\x78\x9a\xbc\xde\xf0\x01"), None),
        (axdr.octets(b"A1"), None),
        (axdr.structure((code(POWER), axdr.visible("E0001XXXX12345678"))), None),
    ],
)
def test_what_the_meter_is_called(body: Data, meter_id: str | None) -> None:
    assert read_push(body, AT).meter_id == meter_id


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (axdr.octets(b"\x01\xff"), "01FF"),
        (axdr.visible("T2  "), "T2"),
        (axdr.float32(1.5), Decimal("1.5")),
        (axdr.float32(float("nan")), None),
        (axdr.boolean(True), None),
        (axdr.bit_string("0101"), None),
        (axdr.null(), None),
        (axdr.structure((axdr.unsigned(1),)), None),
    ],
)
def test_values_of_every_kind(value: Data, shown: str | Decimal | None) -> None:
    push = read_push(axdr.structure((code(SERIAL), value)), AT)
    assert [reading.value for reading in push.readings] == ([] if shown is None else [shown])


def test_a_unit_unknown_here_counts_as_none() -> None:
    push = read_push(axdr.structure((code(POWER), axdr.unsigned(1), scale(0, 200))), AT)
    assert push.readings[0].unit is Unit.NONE


@pytest.mark.parametrize(
    ("obis", "quantity"),
    [
        ("1-0:1.8.0", ("energy", Unit.WATT_HOUR)),
        ("1-1:61.7.0", ("power", Unit.WATT)),
        ("1-0:23.7.0", ("power", Unit.VAR)),
        ("1-0:9.8.0", ("energy", Unit.VOLT_AMPERE_HOUR)),
        ("1-0:71.7.0", ("current", Unit.AMPERE)),
        ("1-0:52.7.0", ("voltage", Unit.VOLT)),
        ("1-0:13.7.0", ("factor", Unit.NONE)),
        ("1-0:0.2.0", ("", Unit.NONE)),
        ("0-0:1.7.0", ("", Unit.NONE)),
        ("1-0:99.1.0", ("", Unit.NONE)),
    ],
)
def test_what_a_code_measures(obis: str, quantity: tuple[str, Unit]) -> None:
    assert quantity_of(Obis.parse(obis)) == quantity


def test_the_data_file_names_as_many_meanings_as_values() -> None:
    lists = push_lists()
    assert all(count == len(codes) for entry in lists for count, codes in entry.positions.items())
    assert all((entry.marker is None) != (entry.shape is None) for entry in lists)
    known = {"power", "energy", "current", "voltage", "factor"}
    assert all(entry.scalers.keys() <= known for entry in lists)


scalars = st.one_of(
    st.builds(axdr.octets, st.binary(max_size=13)),
    st.builds(code, st.builds(Obis, *[st.integers(0, 255)] * 5)),
    st.builds(axdr.visible, st.sampled_from(["KFM_001", "Kamstrup_V0001", "", "E1"])),
    st.builds(axdr.double_long, st.integers(-(2**31), 2**31 - 1)),
    st.builds(scale, st.integers(-128, 127), st.integers(0, 255)),
    st.builds(axdr.float32, st.floats(width=32)),
)


@given(
    st.recursive(
        scalars, lambda inner: st.builds(axdr.structure, st.lists(inner, max_size=14)), max_leaves=30
    )
)
def test_any_body_gives_readings_or_none(body: Data) -> None:
    push = read_push(body, None)
    assert all(isinstance(reading.value, Decimal | str) for reading in push.readings)
