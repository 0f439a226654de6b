"""Merkle trees of append-only logs: hashes, proofs, tiles, and the notes that logs sign (RFC 9162, C2SP)."""

from meterkast.protocols.merkle.checkpoint import Checkpoint, origin_of, read_checkpoint, sign_checkpoint
from meterkast.protocols.merkle.evidence import Evidence, parse_evidence
from meterkast.protocols.merkle.frontier import Frontier
from meterkast.protocols.merkle.hashing import EMPTY_ROOT, leaf_hash, node_hash, tree_hash
from meterkast.protocols.merkle.tile import (
    Tile,
    TileTree,
    decode_bundle,
    encode_bundle,
    entries_path,
    new_tiles,
)
from meterkast.protocols.merkle.tree_head import LogKey, Sign
from meterkast.protocols.merkle.verify import verify_consistency, verify_inclusion

__all__ = [
    "EMPTY_ROOT",
    "Checkpoint",
    "Evidence",
    "Frontier",
    "LogKey",
    "Sign",
    "Tile",
    "TileTree",
    "decode_bundle",
    "encode_bundle",
    "entries_path",
    "leaf_hash",
    "new_tiles",
    "node_hash",
    "origin_of",
    "parse_evidence",
    "read_checkpoint",
    "sign_checkpoint",
    "tree_hash",
    "verify_consistency",
    "verify_inclusion",
]
