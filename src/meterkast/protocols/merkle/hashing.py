"""Hashes of leaves, nodes and whole trees (RFC 9162, 2.1.1), over SHA-256."""

from collections.abc import Sequence
from hashlib import sha256

HASH = 32
"""Octets of a hash."""

EMPTY_ROOT = sha256().digest()
"""The root of the tree without leaves."""


def leaf_hash(entry: bytes) -> bytes:
    """The hash of an entry. The octet in front keeps a leaf from passing for a node."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees side by side."""
    return sha256(b"\x01" + left + right).digest()


def tree_hash(leaves: Sequence[bytes]) -> bytes:
    """The root over these leaf hashes.

    Works upwards, row by row; a last node without a partner rises as it is, which is the same tree as the
    RFC's recursive definition.
    """
    row = list(leaves)
    while len(row) > 1:
        odd = [row[-1]] if len(row) % 2 else []
        row = [node_hash(left, right) for left, right in zip(row[::2], row[1::2], strict=False)] + odd
    return row[0] if row else EMPTY_ROOT
