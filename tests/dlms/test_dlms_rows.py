"""Rows that are read and written at once are exactly what they are one by one."""

from hypothesis import given
from hypothesis import strategies as st

from dlms.dlms_values import ragged_tables, tables
from meterkast.protocols.axdr import (
    Data,
    Kind,
    Limits,
    compact_array,
    decode,
    decode_prefix,
    double_long_unsigned,
    encode,
    encode_length,
    octets,
    structure,
    visible,
)
from meterkast.protocols.axdr.row import layout_of

ROW = structure((octets(bytes(12)), double_long_unsigned(1), visible("kWh")))


def one_by_one(data: Data) -> bytes:
    """An array's octets from those of its elements, as no layout can have a hand in."""
    return bytes((Kind.ARRAY,)) + encode_length(len(data.items)) + b"".join(map(encode, data.items))


def read_one_by_one(octets: bytes) -> list[Data]:
    count, offset, items = octets[1], 2, []
    for _ in range(count):
        item, offset = decode_prefix(octets, offset)
        items.append(item)
    assert offset == len(octets)
    return items


@given(st.one_of(tables(), ragged_tables()))
def test_tables_are_written_and_read_as_cell_by_cell(data: Data) -> None:
    written = encode(data)
    assert written == one_by_one(data)
    assert decode(written) == data
    assert list(decode(written).items) == read_one_by_one(written)


@given(tables())
def test_compact_arrays_of_rows_come_back(data: Data) -> None:
    compact = compact_array(data.items)
    assert decode(encode(compact)) == compact


@given(tables())
def test_a_layout_holds_for_its_own_rows_and_for_no_shifted_ones(data: Data) -> None:
    layout = layout_of(data.items[0])
    assert layout is not None
    body = b"".join(map(encode, data.items))
    assert layout.holds(body, 0, len(data.items))
    assert not layout.holds(body, 0, len(data.items) + 1)
    assert not layout.holds(body[1:] + b"\x02", 0, len(data.items))


def test_every_mark_of_every_row_is_looked_at() -> None:
    layout = layout_of(ROW)
    assert layout is not None
    body = encode(ROW) * 5
    values = {
        offset + at
        for offset, cell in zip(layout.offsets, layout.cells, strict=True)
        for at in range(cell.size)
    }
    for place in range(len(body)):
        changed = body[:place] + bytes((body[place] ^ 0x01,)) + body[place + 1 :]
        assert layout.holds(changed, 0, 5) == (place % layout.width in values), place


def test_what_has_no_fixed_width_has_no_layout() -> None:
    for odd in (
        structure(()),
        structure((Data(Kind.NULL),)),
        structure((octets(b""),)),
        structure((octets(bytes(128)),)),
        structure((structure((octets(b"1"),)),)),
        double_long_unsigned(1),
    ):
        assert layout_of(odd) is None


def test_a_limit_counts_the_values_of_rows_read_at_once() -> None:
    import pytest

    from meterkast.model.errors import PeerError

    body = encode(Data(Kind.ARRAY, (ROW,) * 50))
    assert len(decode(body, limits=Limits(items=1 + 50 * 4)).items) == 50
    with pytest.raises(PeerError, match="more than 200 values"):
        decode(body, limits=Limits(items=200))
