"""Finds any of many pieces of text in large heaps of octets, wherever they begin."""

from collections.abc import Collection

import numpy as np

PIECE = 16
_WORD = 8


def holds_any(octets: bytes, pieces: Collection[bytes]) -> bool:
    """Whether one of the pieces, each ``PIECE`` octets long, stands anywhere in the octets.

    Every position is looked at: the first eight octets of all pieces at once, as sorted numbers, and the
    whole piece where they agree. Its time grows with the octets and hardly with the number of pieces.
    """
    wanted = frozenset(pieces)
    if not wanted:
        return False
    heads = np.unique(np.frombuffer(b"".join(piece[:_WORD] for piece in wanted), dtype="<u8"))
    for shift in range(min(_WORD, len(octets))):
        words = np.frombuffer(octets, dtype="<u8", offset=shift, count=(len(octets) - shift) // _WORD)
        places = np.minimum(np.searchsorted(heads, words), len(heads) - 1)
        for hit in np.flatnonzero(heads[places] == words):
            start = int(hit) * _WORD + shift
            if octets[start : start + PIECE] in wanted:
                return True
    return False
