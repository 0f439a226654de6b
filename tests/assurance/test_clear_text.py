from hypothesis import given
from hypothesis import strategies as st

from meterkast.assurance.clear_text import PIECE, holds_any

pieces = st.sets(st.binary(min_size=PIECE, max_size=PIECE), max_size=5)


@given(st.binary(max_size=200), pieces, st.binary(max_size=200))
def test_it_finds_what_a_plain_search_finds(before: bytes, wanted: set[bytes], after: bytes) -> None:
    for heap in (before + after, *(before + piece + after for piece in wanted), before):
        assert holds_any(heap, wanted) == any(piece in heap for piece in wanted)


def test_half_a_piece_is_not_found() -> None:
    piece = bytes(range(PIECE))
    assert not holds_any(piece[:-1] + b"x" * 40, {piece})
    assert not holds_any(b"", {piece})
    assert not holds_any(piece, set())
