"""Tiles: names, widths, and proofs that need few of them."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from merkle.forest import Fetcher, tiles
from meterkast.model.errors import LocalError, PeerError
from meterkast.protocols.merkle import (
    Tile,
    TileTree,
    decode_bundle,
    encode_bundle,
    entries_path,
    leaf_hash,
    new_tiles,
    tree_hash,
    verify_consistency,
    verify_inclusion,
)

SIZE = 66_000
LEAVES = [leaf_hash(number.to_bytes(4, "big")) for number in range(SIZE)]


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 1234067), "tile/0/x001/x234/067"),
        (Tile(1, 1000), "tile/1/x001/000"),
        (Tile(2, 0, 1), "tile/2/000.p/1"),
    ],
)
def test_names_are_those_of_the_specification(tile: Tile, path: str) -> None:
    assert tile.path == path
    assert entries_path(1234067, 255) == "tile/entries/x001/x234/067.p/255"


def test_a_tree_of_70000_has_the_tiles_that_the_specification_counts() -> None:
    counted = [(tile.level, tile.width) for tile in new_tiles(0, 70_000)]
    assert counted.count((0, 256)) == 273
    assert [each for each in counted if each != (0, 256)] == [(0, 112), (1, 256), (1, 17), (2, 1)]
    assert [(tile.level, tile.width) for tile in new_tiles(0, 256)] == [(0, 256), (1, 1)]
    assert list(new_tiles(300, 300)) == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 700), min_size=1, max_size=6))
def test_growing_step_by_step_ends_with_the_tiles_of_growing_at_once(steps: list[int]) -> None:
    size, found = 0, set()
    for step in steps:
        found |= {tile.path for tile in new_tiles(size, size + step)}
        size += step
    assert {tile.path for tile in new_tiles(0, size)} <= found


@pytest.mark.parametrize("size", [1, 255, 256, 257, 65_535, 65_536, 65_537, SIZE])
def test_a_large_tree_is_proven_from_a_handful_of_tiles(size: int) -> None:
    stored = tiles(LEAVES[:size])
    root = tree_hash(LEAVES[:size])
    for index in {0, size // 2, size - 1}:
        fetch = Fetcher(stored)
        proof = TileTree(size, fetch).inclusion_proof(index)
        verify_inclusion(index, size, LEAVES[index], proof, root)
        assert len(fetch.asked) <= 5
    for first in {1, size // 2 or 1, size}:
        fetch = Fetcher(stored)
        proof = TileTree(size, fetch).consistency_proof(first)
        verify_consistency(first, size, proof, tree_hash(LEAVES[:first]), root)
        assert len(fetch.asked) <= 6
    tree = TileTree(size, Fetcher(stored))
    assert tree.root() == root
    assert tree.root(size // 2) == tree_hash(LEAVES[: size // 2])


def test_a_tile_of_another_length_is_refused() -> None:
    stored = tiles(LEAVES[:300])
    for octets in (b"", stored["tile/0/000"][:-1], stored["tile/0/000"] + b"\0"):
        with pytest.raises(PeerError) as caught:
            TileTree(300, Fetcher({**stored, "tile/0/000": octets})).inclusion_proof(0)
        assert caught.value.code == "merkle-tile-malformed"


@given(st.lists(st.binary(max_size=300), max_size=256))
def test_bundles_round_trip(entries: list[bytes]) -> None:
    assert decode_bundle(encode_bundle(entries), len(entries)) == entries


@given(st.binary(max_size=100), st.integers(0, 5))
def test_any_octets_are_a_bundle_or_refused(octets: bytes, count: int) -> None:
    with suppress(PeerError):
        assert encode_bundle(decode_bundle(octets, count)) == octets


def test_an_entry_has_a_longest_length() -> None:
    assert len(encode_bundle([bytes(65_535)])) == 65_537
    with pytest.raises(LocalError) as caught:
        encode_bundle([bytes(65_536)])
    assert caught.value.code == "merkle-entry-long"
