"""The right edge of a tree: all one needs to make it grow and to know its root."""

from collections.abc import Sequence
from functools import reduce

from meterkast.protocols.merkle.hashing import EMPTY_ROOT, node_hash
from meterkast.protocols.merkle.prove import Node


class Frontier:
    """The roots of the perfect subtrees, largest first, that make up a tree of ``size`` entries."""

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        self.size = size
        self._peaks = list(peaks)

    @classmethod
    def of(cls, size: int, node: Node) -> "Frontier":
        """The edge of the first ``size`` entries of a tree."""
        heights = [height for height in reversed(range(size.bit_length())) if size >> height & 1]
        return cls(size, [node(height, (size >> height) - 1) for height in heights])

    def append(self, leaf: bytes) -> None:
        """One more leaf hash."""
        peak, size = leaf, self.size
        while size & 1:
            peak, size = node_hash(self._peaks.pop(), peak), size >> 1
        self._peaks.append(peak)
        self.size += 1

    def root(self) -> bytes:
        """The root of the tree as it is."""
        if not self._peaks:
            return EMPTY_ROOT
        return reduce(lambda right, left: node_hash(left, right), reversed(self._peaks))
