"""Strategies for COSEM data, and tables of it as meters send them."""

from hypothesis import strategies as st

from meterkast.protocols.axdr import Data, Kind, array, structure
from meterkast.protocols.axdr.kind import MOMENTS, NUMBERS

_INTEGERS = {
    kind: st.integers(-(1 << 8 * layout.size - 1), (1 << 8 * layout.size - 1) - 1)
    if layout.format[-1].islower()
    else st.integers(0, (1 << 8 * layout.size) - 1)
    for kind, layout in NUMBERS.items()
    if kind not in (Kind.FLOAT32, Kind.FLOAT64)
}


def cells(kind: Kind, size: int) -> st.SearchStrategy[Data]:
    """Values of one kind; strings and moments of one size."""
    if kind in _INTEGERS:
        return st.builds(Data, st.just(kind), _INTEGERS[kind])
    if kind is Kind.VISIBLE_STRING:
        text = st.text(st.characters(max_codepoint=255), min_size=size, max_size=size)
        return st.builds(Data, st.just(kind), text)
    if kind in (Kind.FLOAT32, Kind.FLOAT64):
        numbers = st.floats(allow_nan=False, width=32 if kind is Kind.FLOAT32 else 64)
        return st.builds(Data, st.just(kind), numbers)
    size = MOMENTS.get(kind, size)
    return st.builds(Data, st.just(kind), st.binary(min_size=size, max_size=size))


COLUMN_KINDS = (*NUMBERS, *MOMENTS, Kind.OCTET_STRING, Kind.VISIBLE_STRING)


@st.composite
def tables(draw: st.DrawFn) -> Data:
    """Rows that are all alike, from none of which a cell is missing."""
    columns = draw(
        st.lists(st.tuples(st.sampled_from(COLUMN_KINDS), st.integers(1, 20)), min_size=1, max_size=6)
    )
    row = st.tuples(*[cells(kind, size) for kind, size in columns]).map(structure)
    return array(draw(st.lists(row, min_size=1, max_size=12)))


@st.composite
def ragged_tables(draw: st.DrawFn) -> Data:
    """Rows of which some lack a value or hold one of another kind, as real buffers do."""
    rows = [list(row.items) for row in draw(tables()).items]
    for _ in range(draw(st.integers(0, 3))):
        row = draw(st.sampled_from(rows))
        row[draw(st.integers(0, len(row) - 1))] = draw(
            st.sampled_from((Data(Kind.NULL), Data(Kind.UNSIGNED, 7), Data(Kind.OCTET_STRING, b"")))
        )
    return array(map(structure, rows))
