"""Making proofs (RFC 9162, 2.1.3.1 and 2.1.4.1) from the perfect subtrees of a log."""

from collections.abc import Callable

from meterkast.model.errors import LocalError
from meterkast.protocols.merkle.hashing import EMPTY_ROOT, node_hash

Node = Callable[[int, int], bytes]
"""The hash of the ``index``-th perfect subtree of 2**``height`` leaves: ``node(height, index)``."""


def root(size: int, node: Node) -> bytes:
    """The root of the first ``size`` entries."""
    return _range_hash(0, size, node) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, node: Node) -> list[bytes]:
    """The hashes that lead from a leaf to the root, from the leaf's neighbour upwards.

    Raises:
        LocalError: ``merkle-range`` where the tree has no such leaf.
    """
    if not 0 <= index < size:
        raise LocalError("merkle-range", f"A tree of {size} entries has no entry {index}.")
    return _path(index, 0, size, node)


def consistency_proof(first: int, second: int, node: Node) -> list[bytes]:
    """The hashes that show the tree of ``second`` entries to begin with that of ``first``.

    Raises:
        LocalError: ``merkle-range`` unless 0 < first <= second.
    """
    if not 0 < first <= second:
        raise LocalError("merkle-range", f"There is no proof from {first} to {second} entries.")
    return _subproof(first, 0, second, node, whole=True)


def _path(index: int, begin: int, end: int, node: Node) -> list[bytes]:
    """PATH of the RFC, over the range [begin, end)."""
    if end - begin == 1:
        return []
    middle = begin + _split(end - begin)
    if index < middle:
        return [*_path(index, begin, middle, node), _range_hash(middle, end, node)]
    return [*_path(index, middle, end, node), _range_hash(begin, middle, node)]


def _subproof(first: int, begin: int, end: int, node: Node, *, whole: bool) -> list[bytes]:
    """SUBPROOF of the RFC: ``whole`` while the first tree is a subtree that the verifier knows."""
    if first == end:
        return [] if whole else [_range_hash(begin, end, node)]
    middle = begin + _split(end - begin)
    if first <= middle:
        return [*_subproof(first, begin, middle, node, whole=whole), _range_hash(middle, end, node)]
    return [*_subproof(first, middle, end, node, whole=False), _range_hash(begin, middle, node)]


def _range_hash(begin: int, end: int, node: Node) -> bytes:
    """The root over [begin, end), which begins at a multiple of the power of two it fits in."""
    count = end - begin
    if count & (count - 1) == 0:
        height = count.bit_length() - 1
        return node(height, begin >> height)
    middle = begin + _split(count)
    return node_hash(_range_hash(begin, middle, node), _range_hash(middle, end, node))


def _split(count: int) -> int:
    """The largest power of two below ``count``."""
    return 1 << (count - 1).bit_length() - 1
