"""A-XDR: known answers of the standard's own form, round trips, and refusal of everything else."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterkast.model.errors import LocalError, PeerError
from meterkast.protocols import axdr
from meterkast.protocols.axdr import Data, Kind, Limits, Reader, Writer

KNOWN: list[tuple[str, Data]] = [
    ("00", axdr.null()),
    ("FF", Data(Kind.DONT_CARE)),
    ("0301", axdr.boolean(True)),
    ("0300", axdr.boolean(False)),
    ("040AAAC0", axdr.bit_string("1010101011")),
    ("05FFFFFFFE", axdr.double_long(-2)),
    ("06000005ED", axdr.double_long_unsigned(1517)),
    ("09060100010800FF", axdr.octets(bytes.fromhex("0100010800FF"))),
    ("0A0441424344", axdr.visible("ABCD")),
    ("0C03E282AC", axdr.utf8("€")),
    ("0D12", Data(Kind.BCD, 0x12)),
    ("0FFE", axdr.integer(-2)),
    ("10FF38", axdr.long(-200)),
    ("11FF", axdr.unsigned(255)),
    ("12091A", axdr.long_unsigned(2330)),
    ("14FFFFFFFFFFFFFFFF", axdr.long64(-1)),
    ("15FFFFFFFFFFFFFFFF", axdr.long64_unsigned(2**64 - 1)),
    ("161E", axdr.enum(30)),
    ("173FC00000", axdr.float32(1.5)),
    ("183FF8000000000000", axdr.float64(1.5)),
    ("1907E30C1001073B28FF8000FF", axdr.date_time(bytes.fromhex("07E30C1001073B28FF8000FF"))),
    ("1A07E30C1001", Data(Kind.DATE, bytes.fromhex("07E30C1001"))),
    ("1B073B28FF", Data(Kind.TIME, bytes.fromhex("073B28FF"))),
    ("1CFF", Data(Kind.DELTA_INTEGER, -1)),
    ("21FFFFFFFF", Data(Kind.DELTA_DOUBLE_LONG_UNSIGNED, 2**32 - 1)),
    ("0100", axdr.array(())),
    ("0202110611FF", axdr.structure((axdr.unsigned(6), axdr.unsigned(255)))),
    ("130202110F0401020304", axdr.compact_array(
        axdr.structure((axdr.unsigned(first), axdr.integer(second))) for first, second in ((1, 2), (3, 4))
    )),
    ("13010002110401020304", axdr.compact_array(
        axdr.array((axdr.unsigned(first), axdr.unsigned(second))) for first, second in ((1, 2), (3, 4))
    )),
    ("13110401020304", axdr.compact_array(map(axdr.unsigned, (1, 2, 3, 4)))),
    ("130000", axdr.compact_array(())),
]  # fmt: skip

scalars = st.one_of(
    st.just(axdr.null()),
    st.just(Data(Kind.DONT_CARE)),
    st.builds(axdr.boolean, st.booleans()),
    st.builds(axdr.bit_string, st.text("01", max_size=40)),
    st.builds(axdr.double_long, st.integers(-(2**31), 2**31 - 1)),
    st.builds(axdr.double_long_unsigned, st.integers(0, 2**32 - 1)),
    st.builds(axdr.long64, st.integers(-(2**63), 2**63 - 1)),
    st.builds(axdr.octets, st.binary(max_size=300)),
    st.builds(axdr.visible, st.text(st.characters(max_codepoint=255), max_size=20)),
    st.builds(axdr.utf8, st.text(max_size=20)),
    st.builds(axdr.enum, st.integers(0, 255)),
    st.builds(axdr.float64, st.floats(allow_nan=False)),
    st.builds(axdr.date_time, st.binary(min_size=12, max_size=12)),
)
rows = st.builds(
    lambda pairs: axdr.compact_array(
        axdr.structure((axdr.unsigned(first), axdr.octets(second))) for first, second in pairs
    ),
    st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=9)), max_size=5),
)
values = st.recursive(
    scalars | rows,
    lambda inner: (
        st.builds(axdr.structure, st.lists(inner, max_size=4))
        | st.builds(axdr.array, st.lists(inner, max_size=4))
    ),
    max_leaves=12,
)


@pytest.mark.parametrize(("octets", "data"), KNOWN, ids=lambda case: case if isinstance(case, str) else "")
def test_known_values_both_ways(octets: str, data: Data) -> None:
    assert axdr.decode(bytes.fromhex(octets)) == data
    assert axdr.encode(data).hex().upper() == octets


@given(values)
def test_what_is_encoded_decodes_to_itself(data: Data) -> None:
    assert axdr.decode(axdr.encode(data)) == data


@given(st.binary(max_size=200))
def test_any_octets_decode_or_are_refused(octets: bytes) -> None:
    try:
        data = axdr.decode(octets)
    except PeerError:
        return
    axdr.to_typed_tree(data)


@given(values, st.data())
def test_a_value_cut_short_is_refused(data: Data, choose: st.DataObject) -> None:
    octets = axdr.encode(data)
    with pytest.raises(PeerError):
        axdr.decode(octets[: choose.draw(st.integers(0, len(octets) - 1))])


@pytest.mark.parametrize(
    ("octets", "code"),
    [
        ("", "axdr-truncated"),
        ("07", "axdr-tag-unknown"),
        ("0305", "axdr-boolean"),
        ("1100FF", "axdr-trailing"),
        ("098500", "axdr-length"),
        ("0980", "axdr-length"),
        ("0984FFFFFFFF", "axdr-truncated"),
        ("0184FFFFFFFF", "axdr-truncated"),
        ("0C01FF", "axdr-text"),
        ("01" * 40 + "00", "axdr-too-deep"),
        ("13" + "0201" * 40 + "00", "axdr-too-deep"),
        ("13000100", "axdr-compact-array"),
        ("1312010000", "axdr-compact-array"),
        ("13120100", "axdr-truncated"),
        ("131206000100", "axdr-truncated"),
        ("1301FFFF01FFFF00010000", "axdr-too-many"),
    ],
)
def test_faults_have_their_codes(octets: str, code: str) -> None:
    with pytest.raises(PeerError) as refusal:
        axdr.decode(bytes.fromhex(octets))
    assert refusal.value.code == code


def test_a_compact_array_must_end_with_an_element() -> None:
    with pytest.raises(PeerError) as refusal:
        axdr.decode(bytes.fromhex("131203000100FF"))
    assert refusal.value.code == "axdr-compact-array"


def test_limits_hold() -> None:
    many = axdr.encode(axdr.array([axdr.null()] * 10))
    with pytest.raises(PeerError, match="more than 5 values"):
        axdr.decode(many, limits=Limits(items=5))
    with pytest.raises(PeerError, match="3 are allowed"):
        axdr.decode(many, limits=Limits(octets=3))
    assert len(axdr.decode(many, limits=Limits(items=11)).items) == 10


def test_a_long_form_length_is_read_but_not_written() -> None:
    assert axdr.decode(bytes.fromhex("09810155")) == axdr.octets(b"\x55")
    assert axdr.encode_length(127) == b"\x7f"
    assert axdr.encode_length(128) == b"\x81\x80"
    assert axdr.encode_length(65536) == b"\x83\x01\x00\x00"
    with pytest.raises(LocalError):
        axdr.encode_length(2**32)


@pytest.mark.parametrize(
    "data",
    [
        axdr.unsigned(256),
        axdr.unsigned(-1),
        Data(Kind.OCTET_STRING, "text"),
        Data(Kind.VISIBLE_STRING, b"octets"),
        axdr.visible("€"),
        axdr.bit_string("012"),
        Data(Kind.BOOLEAN, 1),
        Data(Kind.ARRAY, None),
        Data(Kind.COMPACT_ARRAY, 5),
        axdr.date_time(b"short"),
        Data(Kind.DOUBLE_LONG, "7"),
        axdr.compact_array((axdr.unsigned(1), axdr.integer(1))),
        axdr.compact_array((axdr.null(),)),
        axdr.compact_array((axdr.array(()),)),
    ],
)
def test_values_that_do_not_fit_their_kind_are_our_own_fault(data: Data) -> None:
    with pytest.raises(LocalError):
        axdr.encode(data)


def test_prefix_gives_the_offset_behind_the_value() -> None:
    assert axdr.decode_prefix(bytes.fromhex("FFFF1107AA"), 2) == (axdr.unsigned(7), 4)


def test_reader_and_writer_meet() -> None:
    octets = Writer(0xC0).number(258, 2).flag(True).string(b"ab").data(axdr.null()).raw(b"z").finish()
    reader = Reader(octets)
    assert (reader.octet(), reader.number(2), reader.flag(), reader.string()) == (0xC0, 258, True, b"ab")
    assert reader.data() == axdr.null()
    assert not reader.at_end
    with pytest.raises(PeerError) as refusal:
        reader.finish()
    assert refusal.value.where == "offset 8"
    assert reader.take(1) == b"z"
    reader.finish()
    with pytest.raises(LocalError):
        Writer().number(256, 1)


def test_typed_tree_names_every_kind() -> None:
    data = axdr.structure(
        (axdr.octets(b"\x01\xff"), axdr.array((axdr.null(),)), axdr.enum(3), axdr.visible("a"))
    )
    expected: dict[str, Any] = {
        "structure": [
            {"octet-string": "01FF"},
            {"array": [{"null-data": None}]},
            {"enum": 3},
            {"visible-string": "a"},
        ]
    }
    assert axdr.to_typed_tree(data) == expected
    assert {kind.label for kind in Kind} >= {"double-long-unsigned", "long64", "date-time", "compact-array"}


def test_infinite_floats_survive() -> None:
    assert axdr.decode(axdr.encode(axdr.float32(math.inf))).value == math.inf
