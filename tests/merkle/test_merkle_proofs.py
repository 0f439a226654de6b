"""Every honest proof is believed, and nothing else is."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from merkle.forest import Fetcher, recursive_hash, tiles
from meterkast.model.errors import LocalError, TrustError
from meterkast.protocols.merkle import Frontier, TileTree, leaf_hash, verify_consistency, verify_inclusion

MOST = 70
ENTRIES = [bytes((number, number)) for number in range(MOST)]
LEAVES = [leaf_hash(entry) for entry in ENTRIES]
ROOTS = [recursive_hash(ENTRIES[:size]) for size in range(MOST + 1)]
TREES = [TileTree(size, Fetcher(tiles(LEAVES[:size]))) for size in range(MOST + 1)]


def included(index: int, size: int, leaf: bytes, proof: list[bytes], root: bytes) -> bool:
    try:
        verify_inclusion(index, size, leaf, proof, root)
    except TrustError:
        return False
    return True


def consistent(first: int, second: int, proof: list[bytes], before: bytes, after: bytes) -> bool:
    try:
        verify_consistency(first, second, proof, before, after)
    except TrustError:
        return False
    return True


def test_every_entry_of_every_small_tree_is_shown_to_be_in_it_and_nowhere_else() -> None:
    for size in range(1, MOST + 1):
        for index in range(size):
            proof = TREES[size].inclusion_proof(index)
            assert included(index, size, LEAVES[index], proof, ROOTS[size])
            assert not included(index, size, LEAVES[index - 1], proof, ROOTS[size]) or size == 1
            assert not included((index + 1) % size, size, LEAVES[index], proof, ROOTS[size]) or size == 1
            assert not included(index, size, LEAVES[index], proof, ROOTS[size - 1])
            assert not included(
                index, size, LEAVES[index], [*proof, proof[0] if proof else bytes(32)], ROOTS[size]
            )
            if proof:
                assert not included(index, size, LEAVES[index], proof[:-1], ROOTS[size])
                assert not included(index, size, LEAVES[index], proof[1:], ROOTS[size])


def test_every_pair_of_small_trees_is_shown_to_be_one_log() -> None:
    for second in range(1, MOST + 1):
        for first in range(1, second + 1):
            proof = TREES[second].consistency_proof(first)
            assert consistent(first, second, proof, ROOTS[first], ROOTS[second])
            assert not consistent(first, second, proof, ROOTS[first - 1], ROOTS[second])
            assert not consistent(first, second, proof, ROOTS[first], ROOTS[second - 1])
            assert not consistent(first, second, [*proof, bytes(32)], ROOTS[first], ROOTS[second])
            if proof:
                assert not consistent(first, second, proof[:-1], ROOTS[first], ROOTS[second])
                assert not consistent(first, second, proof[1:], ROOTS[first], ROOTS[second])


def test_a_proof_of_another_length_is_no_proof() -> None:
    for size in (1, 2, 4, 8, 16, 32):
        proof, root = TREES[size].inclusion_proof(0), ROOTS[size]
        assert included(0, size, LEAVES[0], proof, root)
        assert not included(0, 2 * size, LEAVES[0], proof, root)
        assert not included(0, size // 2, LEAVES[0], proof, root)


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_one_flipped_bit_anywhere_is_seen(data: st.DataObject) -> None:
    second = data.draw(st.integers(2, MOST))
    first = data.draw(st.integers(1, second - 1))
    index = data.draw(st.integers(0, second - 1))
    part = data.draw(st.integers(0, 1000))
    bit = data.draw(st.integers(0, 255))

    def flip(octets: bytes) -> bytes:
        changed = bytearray(octets)
        changed[bit // 8] ^= 1 << bit % 8
        return bytes(changed)

    parts = [LEAVES[index], ROOTS[second], *TREES[second].inclusion_proof(index)]
    parts[part % len(parts)] = flip(parts[part % len(parts)])
    assert not included(index, second, parts[0], parts[2:], parts[1])
    parts = [ROOTS[first], ROOTS[second], *TREES[second].consistency_proof(first)]
    parts[part % len(parts)] = flip(parts[part % len(parts)])
    assert not consistent(first, second, parts[2:], parts[0], parts[1])


@settings(max_examples=300, deadline=None)
@given(
    st.integers(-2, 1 << 65),
    st.integers(-2, 1 << 65),
    st.lists(st.binary(max_size=40), max_size=8),
    st.binary(max_size=33),
    st.binary(max_size=33),
)
def test_garbage_is_refused_and_never_more(
    first: int, second: int, proof: list[bytes], before: bytes, after: bytes
) -> None:
    assert not included(first, second, before, proof, after) or (first, second, proof) == (0, 1, [])
    if first not in {0, second}:
        assert not consistent(first, second, proof, before, after)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (5, 5), (-1, 5)])
def test_there_is_no_proof_for_what_is_not_there(index: int, size: int) -> None:
    with pytest.raises(LocalError) as caught:
        TREES[size].inclusion_proof(index)
    assert caught.value.code == "merkle-range"


@pytest.mark.parametrize(("first", "second"), [(0, 5), (6, 5)])
def test_there_is_no_proof_from_a_larger_tree_or_from_none(first: int, second: int) -> None:
    with pytest.raises(LocalError) as caught:
        TREES[second].consistency_proof(first)
    assert caught.value.code == "merkle-range"


def test_an_empty_log_begins_every_log() -> None:
    assert consistent(0, 5, [], ROOTS[0], ROOTS[5])
    assert not consistent(0, 5, [], ROOTS[1], ROOTS[5])
    assert not consistent(0, 5, [bytes(32)], ROOTS[0], ROOTS[5])


def test_two_logs_of_one_size_are_one_log_only_if_they_are_the_same() -> None:
    assert consistent(5, 5, [], ROOTS[5], ROOTS[5])
    assert not consistent(5, 5, [], ROOTS[5], ROOTS[6])


def test_refusals_have_a_code_each() -> None:
    with pytest.raises(TrustError) as inclusion:
        verify_inclusion(0, 2, LEAVES[0], [], ROOTS[2])
    with pytest.raises(TrustError) as consistency:
        verify_consistency(1, 2, [], ROOTS[1], ROOTS[2])
    assert inclusion.value.code == "merkle-inclusion-wrong"
    assert consistency.value.code == "merkle-consistency-wrong"


def test_a_tree_grows_from_its_edge_alone() -> None:
    for begin in range(MOST + 1):
        edge = Frontier.of(begin, TREES[MOST].node)
        assert edge.root() == ROOTS[begin]
        for leaf in LEAVES[begin:]:
            edge.append(leaf)
            assert edge.root() == ROOTS[edge.size]
        assert edge.size == MOST
