"""Tiles: a log as files of 256 hashes or entries each, which any web server can give out (C2SP tlog-tiles).

``tile/<L>/<N>`` holds the roots of 256 neighbouring perfect subtrees of 256**L entries;
``tile/entries/<N>`` the entries under tile N of level 0. The last tile of each level may be partial: its name
then ends in ``.p/<width>``.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from meterkast.model.errors import LocalError, PeerError
from meterkast.protocols.merkle.hashing import HASH, tree_hash
from meterkast.protocols.merkle.prove import consistency_proof, inclusion_proof, root

WIDTH = 256
MAX_ENTRY = (1 << 16) - 1
"""Octets of the longest entry; its length stands in two octets."""
MAX_BUNDLE = WIDTH * (2 + MAX_ENTRY)
_HEIGHT = 8


@dataclass(frozen=True, slots=True)
class Tile:
    """The name of a file of hashes.

    Attributes:
        level: 0 for leaf hashes, n + 1 for roots of full tiles of level n.
        number: its place among the tiles of its level.
        width: how many hashes it holds, 1 to 256.
    """

    level: int
    number: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Where it stands below the log's own place."""
        return f"tile/{self.level}/{_numbered(self.number, self.width)}"

    @property
    def size(self) -> int:
        """Its length in octets."""
        return self.width * HASH


Fetch = Callable[[Tile], bytes]
"""Gives the octets of a tile, exactly ``tile.size`` of them where the other side is honest."""


def entries_path(number: int, width: int = WIDTH) -> str:
    """Where the entries under tile ``number`` of level 0 stand."""
    return f"tile/entries/{_numbered(number, width)}"


def widths(size: int, level: int, number: int) -> int:
    """How wide a tile is in a tree of ``size`` entries; 0 where it has no such tile."""
    return max(0, min(WIDTH, (size >> _HEIGHT * level) - number * WIDTH))


def new_tiles(old: int, new: int) -> Iterator[Tile]:
    """The tiles a tree gets, or gets wider, as it grows from ``old`` to ``new`` entries; lowest first."""
    level = 0
    while new >> _HEIGHT * level:
        first = (old >> _HEIGHT * level) // WIDTH
        last = ((new >> _HEIGHT * level) - 1) // WIDTH
        for number in range(first, last + 1):
            width = widths(new, level, number)
            if width != widths(old, level, number):
                yield Tile(level, number, width)
        level += 1


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Entries in a row, each behind its length.

    Raises:
        LocalError: ``merkle-entry-long``.
    """
    if any(len(entry) > MAX_ENTRY for entry in entries):
        raise LocalError("merkle-entry-long", f"An entry of a log has at most {MAX_ENTRY} octets.")
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def decode_bundle(octets: bytes, count: int) -> list[bytes]:
    """Exactly ``count`` entries.

    Raises:
        PeerError: ``merkle-bundle-malformed``.
    """
    entries: list[bytes] = []
    offset = 0
    while offset < len(octets) and len(entries) < count:
        end = offset + 2 + int.from_bytes(octets[offset : offset + 2], "big")
        if offset + 2 > len(octets) or end > len(octets):
            break
        entries.append(octets[offset + 2 : end])
        offset = end
    if len(entries) != count or offset != len(octets):
        message = f"The file does not hold {count} entries."
        raise PeerError("merkle-bundle-malformed", message, where=f"offset {offset}")
    return entries


class TileTree:
    """The tree of ``size`` entries behind a place where its tiles can be had.

    It computes; it does not trust: check what it gives against a signed root.

    Raises (all methods):
        PeerError: ``merkle-tile-malformed`` where a tile has not the length it must have.
    """

    def __init__(self, size: int, fetch: Fetch) -> None:
        self.size = size
        self._fetch = fetch
        self._kept: dict[tuple[int, int], list[bytes]] = {}

    def node(self, height: int, index: int) -> bytes:
        """The root of the ``index``-th perfect subtree of 2**``height`` entries."""
        level, above = divmod(height, _HEIGHT)
        number, offset = divmod(index << above, WIDTH)
        return tree_hash(self.tile(level, number)[offset : offset + (1 << above)])

    def tile(self, level: int, number: int) -> list[bytes]:
        """The hashes of a tile, as wide as it is in this tree."""
        if (level, number) not in self._kept:
            wanted = Tile(level, number, widths(self.size, level, number))
            octets = self._fetch(wanted)
            if len(octets) != wanted.size:
                raise PeerError("merkle-tile-malformed", "A tile has another length.", where=wanted.path)
            self._kept[level, number] = [octets[at : at + HASH] for at in range(0, len(octets), HASH)]
        return self._kept[level, number]

    def root(self, size: int | None = None) -> bytes:
        """The root over all entries, or over the first ``size``."""
        return root(self.size if size is None else size, self.node)

    def inclusion_proof(self, index: int) -> list[bytes]:
        """As ``prove.inclusion_proof``."""
        return inclusion_proof(index, self.size, self.node)

    def consistency_proof(self, first: int) -> list[bytes]:
        """As ``prove.consistency_proof``, from ``first`` entries to all."""
        return consistency_proof(first, self.size, self.node)


def _numbered(number: int, width: int) -> str:
    """1234067 as ``x001/x234/067``, with the width of a partial tile behind it."""
    parts = [f"{number % 1000:03}"]
    while number := number // 1000:
        parts.insert(0, f"x{number % 1000:03}")
    return "/".join(parts) + ("" if width == WIDTH else f".p/{width}")
