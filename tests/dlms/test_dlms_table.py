"""The bulk path against the general decoder: the same table, the same refusals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlms.dlms_values import ragged_tables, tables
from meterkast.model.errors import PeerError
from meterkast.protocols.axdr import (
    Data,
    array,
    compact_array,
    decode,
    double_long_unsigned,
    encode,
    octets,
    structure,
    unsigned,
)
from meterkast.protocols.axdr.row import RowLayout, layout_of
from meterkast.protocols.dlms import apdu
from meterkast.protocols.dlms.apdu import DataNotification, LongInvokeId
from meterkast.protocols.dlms.table import Table, TableReader, as_table

EXPECTED = structure((octets(bytes(12)), unsigned(0), double_long_unsigned(0)))
ROWS = array(
    structure((octets(bytes(11) + bytes((number,))), unsigned(8), double_long_unsigned(1000 + number)))
    for number in range(96)
)


def layout(row: Data) -> RowLayout:
    found = layout_of(row)
    assert found is not None
    return found


READER = TableReader(layout(EXPECTED))


def same(one: Table, other: Table) -> bool:
    return one.kinds == other.kinds and all(
        left.dtype == right.dtype and np.array_equal(left, right)
        for left, right in zip(one.columns, other.columns, strict=True)
    )


def test_columns_hold_what_stands_on_the_wire() -> None:
    table = READER.body(encode(ROWS))
    assert len(table) == 96
    assert table.columns[1].tolist() == [8] * 96
    assert table.columns[2].tolist() == list(range(1000, 1096))
    assert table.columns[0][5].tobytes() == bytes(11) + b"\x05"
    assert table.to_data() == ROWS


@given(st.one_of(tables(), ragged_tables()), st.booleans())
def test_any_table_is_the_same_on_both_paths(data: Data, known: bool) -> None:
    own = layout_of(data.items[0])
    reader = TableReader(own) if known and own is not None else READER
    body = encode(data)
    table = reader.body(body)
    assert same(table, as_table(decode(body)))
    assert table.to_data() == data


@given(st.integers(0, 2 + 23 * 6 - 1), st.integers(1, 255))
def test_any_changed_octet_gives_the_same_table_or_the_same_refusal(place: int, change: int) -> None:
    body = bytearray(encode(array(ROWS.items[:6])))
    body[place] ^= change
    changed = bytes(body)
    try:
        general: Table | PeerError = as_table(decode(changed))
    except PeerError as error:
        general = error
    if isinstance(general, PeerError):
        with pytest.raises(PeerError) as refused:
            READER.body(changed)
        assert refused.value.code == general.code
    else:
        assert same(READER.body(changed), general)


@pytest.mark.parametrize("moment", [None, bytes(12)])
def test_notifications_read_like_the_general_decoder_reads_them(moment: bytes | None) -> None:
    sent = DataNotification(LongInvokeId(7, high_priority=True), moment, ROWS)
    received = READER.notification(sent.encode())
    assert DataNotification(received.invoke, received.date_time, received.table.to_data()) == sent


@given(st.integers(0, 40), st.integers(1, 255))
def test_any_changed_header_is_read_alike(place: int, change: int) -> None:
    octets_ = bytearray(DataNotification(LongInvokeId(7), bytes(12), ROWS).encode())
    octets_[place] ^= change
    try:
        message = apdu.decode(bytes(octets_))
        assert isinstance(message, DataNotification)
        expected = (message.invoke, message.date_time, as_table(message.body))
    except (PeerError, AssertionError):
        with pytest.raises(PeerError):
            READER.notification(bytes(octets_))
        return
    received = READER.notification(bytes(octets_))
    assert (received.invoke, received.date_time) == expected[:2]
    assert same(received.table, expected[2])


def test_a_compact_array_is_read_by_the_general_decoder() -> None:
    table = READER.body(encode(compact_array(ROWS.items)))
    assert same(table, READER.body(encode(ROWS)))


@pytest.mark.parametrize("odd", [unsigned(1), array(()), array((unsigned(1),)), structure((EXPECTED,) * 3)])
def test_what_is_no_table_is_refused(odd: Data) -> None:
    with pytest.raises(PeerError, match="no table"):
        READER.body(encode(odd))


def test_more_values_than_allowed_are_refused_on_both_paths() -> None:
    body = encode(array(structure((unsigned(1),)) for _ in range(40_000)))
    for refused in (decode, TableReader(layout(structure((unsigned(0),)))).body):
        with pytest.raises(PeerError, match="more than"):
            refused(body)
