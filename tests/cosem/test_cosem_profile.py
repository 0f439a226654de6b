"""Profile buffers: three encodings of the same rows, and buffers that are none."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosem.peers import COLUMNS, QUARTER, ROWS
from meterkast.model.errors import LocalError, PeerError
from meterkast.model.obis import Obis
from meterkast.protocols.axdr import (
    Data,
    Kind,
    array,
    decode,
    double_long_unsigned,
    encode,
    integer,
    long_unsigned,
    null,
    octets,
    structure,
    unsigned,
)
from meterkast.protocols.cosem.capture import CaptureObject, Row, decode_capture_objects
from meterkast.protocols.cosem.profile import Encoding, decode_buffer, encode_buffer
from meterkast.protocols.datetime import from_unix

cells = st.tuples(st.integers(0, 3).map(unsigned), st.integers(0, 9).map(double_long_unsigned))


@st.composite
def profiles(draw: st.DrawFn) -> list[Row]:
    """Rows at regular and irregular times, with values that often repeat."""
    start = draw(st.integers(1_600_000_000, 2_000_000_000))
    steps = draw(st.lists(st.sampled_from((QUARTER, QUARTER, 2 * QUARTER, 7)), max_size=40))
    instants = [start + sum(steps[:place]) for place in range(len(steps))]
    return [Row(at=at, values=draw(cells)) for at in instants]


@given(profiles(), st.sampled_from(Encoding), st.sampled_from((0, QUARTER)))
def test_every_encoding_gives_the_rows_back(rows: list[Row], encoding: Encoding, period: int) -> None:
    data = encode_buffer(rows, COLUMNS, period, encoding)
    assert decode_buffer(decode(encode(data)), COLUMNS, period) == rows


def test_a_day_shrinks_with_each_encoding() -> None:
    sizes = [len(encode(encode_buffer(ROWS, COLUMNS, QUARTER, encoding))) for encoding in Encoding]
    full, null_data, compact = sizes
    assert full > compact > null_data


def test_null_data_stands_where_a_value_repeats_and_where_the_time_is_due() -> None:
    rows = [
        Row(at=QUARTER, values=(unsigned(8), double_long_unsigned(1))),
        Row(at=2 * QUARTER, values=(unsigned(8), double_long_unsigned(2))),
        Row(at=4 * QUARTER, values=(unsigned(0), double_long_unsigned(2))),
    ]
    kinds = [
        [cell.kind for cell in row.items]
        for row in encode_buffer(rows, COLUMNS, QUARTER, Encoding.NULL_DATA).items
    ]
    assert kinds == [
        [Kind.OCTET_STRING, Kind.UNSIGNED, Kind.DOUBLE_LONG_UNSIGNED],
        [Kind.NULL, Kind.NULL, Kind.DOUBLE_LONG_UNSIGNED],
        [Kind.OCTET_STRING, Kind.UNSIGNED, Kind.NULL],
    ]


def test_times_are_local_with_their_deviation() -> None:
    # 2026-03-29 02:00 CET is 03:00 CEST: the row after 01:45 says 03:00, and is 15 minutes later all the same
    at = 1_774_746_000
    rows = [Row(at=at - QUARTER, values=ROWS[0].values), Row(at=at, values=ROWS[0].values)]
    data = encode_buffer(rows, COLUMNS, QUARTER, Encoding.FULL)
    stamps = [row.items[0].value for row in data.items]
    assert stamps == [bytes.fromhex("07EA031D07012D0000FFC400"), bytes.fromhex("07EA031D0703000000FF8880")]
    assert decode_buffer(data, COLUMNS, QUARTER) == rows


def test_a_profile_without_clock_has_no_times() -> None:
    rows = [Row(at=None, values=(unsigned(1),)), Row(at=None, values=(unsigned(1),))]
    for encoding in Encoding:
        data = encode_buffer(rows, COLUMNS[1:2], 0, encoding)
        assert decode_buffer(data, COLUMNS[1:2], 0) == rows


def test_rows_of_different_types_are_written_in_full() -> None:
    rows = [
        Row(at=0, values=(unsigned(0), unsigned(1))),
        Row(at=1, values=(unsigned(0), double_long_unsigned(1))),
    ]
    assert encode_buffer(rows, COLUMNS, QUARTER, Encoding.COMPACT_ARRAY).kind is Kind.ARRAY


@pytest.mark.parametrize(
    "row",
    [
        Row(at=0, values=(unsigned(0),)),
        Row(at=None, values=ROWS[0].values),
        Row(at=0, values=(null(), unsigned(0))),
    ],
)
def test_a_row_that_does_not_fit_is_our_own_fault(row: Row) -> None:
    with pytest.raises(LocalError):
        encode_buffer([row], COLUMNS, QUARTER, Encoding.FULL)


STAMP = octets(from_unix(0, 0).encode())


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (null(), "profile-buffer"),
        (structure(()), "profile-buffer"),
        (array((unsigned(1),)), "profile-buffer"),
        (array((structure((STAMP, unsigned(0))),)), "profile-buffer"),
        (array((structure((null(), unsigned(0), unsigned(0))),)), "profile-time"),
        (array((structure((unsigned(1), unsigned(0), unsigned(0))),)), "profile-time"),
        (array((structure((octets(b"\xff" * 12), unsigned(0), unsigned(0))),)), "profile-time"),
        (array((structure((octets(bytes(12)), unsigned(0), unsigned(0))),)), "datetime-range"),
        (array((structure((octets(b""), unsigned(0), unsigned(0))),)), "datetime-length"),
    ],
)
def test_what_is_no_buffer_is_refused(data: Data, code: str) -> None:
    with pytest.raises(PeerError) as refusal:
        decode_buffer(data, COLUMNS, QUARTER)
    assert refusal.value.code == code


def test_a_missing_time_is_not_invented_without_a_period() -> None:
    full, missing = (structure((stamp, unsigned(0), unsigned(0))) for stamp in (STAMP, null()))
    assert [row.at for row in decode_buffer(array((full, missing)), COLUMNS, 60)] == [0, 60]
    with pytest.raises(PeerError):
        decode_buffer(array((full, missing)), COLUMNS, 0)


def test_a_value_that_the_meter_never_gave_stays_null() -> None:
    data = array((structure((STAMP, null(), unsigned(0))),))
    assert decode_buffer(data, COLUMNS, QUARTER) == [Row(at=0, values=(null(), unsigned(0)))]


trees = st.recursive(
    st.one_of(st.just(null()), st.integers(0, 255).map(unsigned), st.binary(max_size=13).map(octets)),
    lambda inner: st.lists(inner, max_size=4).flatmap(
        lambda items: st.sampled_from((array(items), structure(items)))
    ),
    max_leaves=12,
)


@pytest.mark.parametrize(
    "column",
    [
        null(),
        structure((long_unsigned(8), octets(bytes(5)), integer(2), long_unsigned(0))),
        structure((long_unsigned(8), octets(bytes(6)), integer(2))),
        structure((unsigned(8), octets(bytes(6)), integer(2), long_unsigned(0))),
        array((long_unsigned(8), octets(bytes(6)), integer(2), long_unsigned(0))),
    ],
)
def test_what_is_no_capture_object_is_refused(column: Data) -> None:
    for data in (array((column,)), column):
        with pytest.raises(PeerError) as refusal:
            decode_capture_objects(data)
        assert refusal.value.code == "profile-capture-object"


@given(trees)
def test_any_data_is_a_buffer_or_raises_the_peer_error(data: Data) -> None:
    with suppress(PeerError):
        decode_buffer(data, COLUMNS, QUARTER)
    with suppress(PeerError):
        decode_capture_objects(data)


@given(
    st.builds(
        CaptureObject,
        class_id=st.integers(0, 0xFFFF),
        logical_name=st.binary(min_size=6, max_size=6).map(Obis.from_bytes),
        attribute=st.integers(-128, 127),
        data_index=st.integers(0, 0xFFFF),
    )
)
def test_capture_objects_round_trip(column: CaptureObject) -> None:
    assert decode_capture_objects(array((column.to_data(),))) == (column,)
