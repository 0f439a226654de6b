"""Checking proofs (RFC 9162, 2.1.3.2 and 2.1.4.2). Nothing of the log is needed but its roots."""

from collections.abc import Sequence

from meterkast.model.errors import TrustError
from meterkast.protocols.merkle.hashing import EMPTY_ROOT, HASH, node_hash


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """Returns where the leaf hash stands at this place in the tree with this root.

    Raises:
        TrustError: ``merkle-inclusion-wrong``.
    """
    if not 0 <= index < size or not _are_hashes([leaf, root, *proof]):
        raise _not_included()
    place, last, found = index, size - 1, leaf
    for each in proof:
        if last == 0:
            raise _not_included()
        if place & 1 or place == last:
            found = node_hash(each, found)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, each)
        place, last = place >> 1, last >> 1
    if last or found != root:
        raise _not_included()


def verify_consistency(
    first: int, second: int, proof: Sequence[bytes], first_root: bytes, second_root: bytes
) -> None:
    """Returns where the second tree begins with the whole of the first.

    Raises:
        TrustError: ``merkle-consistency-wrong``.
    """
    if not 0 <= first <= second or not _are_hashes([first_root, second_root, *proof]):
        raise _not_consistent()
    if first in {0, second}:
        if proof or first_root != (second_root if first else EMPTY_ROOT):
            raise _not_consistent()
        return
    _walk(first, second, list(proof), first_root, second_root)


def _walk(first: int, second: int, proof: list[bytes], first_root: bytes, second_root: bytes) -> None:
    if first & (first - 1) == 0:  # the first tree is itself a node of the second
        proof.insert(0, first_root)
    if not proof:
        raise _not_consistent()
    place, last = first - 1, second - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = proof[0]
    for each in proof[1:]:
        if last == 0:
            raise _not_consistent()
        if place & 1 or place == last:
            old, new = node_hash(each, old), node_hash(each, new)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            new = node_hash(new, each)
        place, last = place >> 1, last >> 1
    if last or old != first_root or new != second_root:
        raise _not_consistent()


def _are_hashes(octets: Sequence[bytes]) -> bool:
    return all(len(each) == HASH for each in octets)


def _not_included() -> TrustError:
    return TrustError("merkle-inclusion-wrong", "The proof does not show the entry to be in the tree.")


def _not_consistent() -> TrustError:
    return TrustError("merkle-consistency-wrong", "The proof does not show one tree to begin with the other.")
