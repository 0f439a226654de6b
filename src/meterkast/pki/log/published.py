"""The log as everybody may have it: a folder of tiles, entries and a checkpoint, for any web server."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from shutil import rmtree

from meterkast.model.errors import DataError
from meterkast.pki.log.files import sync, write_whole
from meterkast.protocols.merkle import Tile, decode_bundle, encode_bundle, entries_path, leaf_hash, tree_hash
from meterkast.protocols.merkle.hashing import HASH
from meterkast.protocols.merkle.tile import WIDTH, new_tiles, widths

CHECKPOINT = "checkpoint"
_SYNCS_AT_ONCE = 16


class PublishedLog:
    """Writes the folder. What is written once is never changed; only the checkpoint is replaced."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._unsynced: set[Path] = set()

    def checkpoint(self) -> bytes | None:
        """The checkpoint; None before the first."""
        path = self.folder / CHECKPOINT
        return path.read_bytes() if path.exists() else None

    def put_checkpoint(self, octets: bytes) -> None:
        """Publishes a checkpoint, after everything that it covers."""
        write_whole(self.folder / CHECKPOINT, octets)
        sync(self.folder)

    def fetch(self, tile: Tile) -> bytes:
        """A tile of hashes.

        Raises:
            DataError: ``log-damaged`` where it is missing.
        """
        return self._read(tile.path)

    def entries(self, number: int, width: int) -> list[bytes]:
        """The first ``width`` entries under tile ``number`` of level 0; raises as ``fetch`` does."""
        return decode_bundle(self._read(entries_path(number, width)), width)

    def grow(self, old: int, entries: Iterable[bytes]) -> int:
        """Writes tiles and entries behind the first ``old`` ones; gives the new size, not yet signed."""
        new = old + sum(self._put_leaves(old, entries))
        for tile in new_tiles(old, new):
            if tile.level:
                self._put(tile.path, self._roots(tile, old))
        self._sync()
        return new

    def prune(self, old: int, new: int) -> None:
        """Removes partial files that full ones have replaced, once a checkpoint covers those."""
        for tile in new_tiles(old, new):
            if tile.width == WIDTH:
                rmtree(self.folder / f"{tile.path}.p", ignore_errors=True)
                if tile.level == 0:
                    rmtree(self.folder / f"{entries_path(tile.number)}.p", ignore_errors=True)

    def _put_leaves(self, old: int, entries: Iterable[bytes]) -> Iterator[int]:
        """Bundle by bundle, each with its tile of leaf hashes; gives how many entries are new in each."""
        number, before = divmod(old, WIDTH)
        coming = iter(entries)
        while fresh := list(islice(coming, WIDTH - before)):
            earlier = self.entries(number, before) if before else []
            bundle = [*earlier, *fresh]
            self._put(entries_path(number, len(bundle)), encode_bundle(bundle))
            self._put(Tile(0, number, len(bundle)).path, b"".join(leaf_hash(entry) for entry in bundle))
            yield len(fresh)
            number, before = number + 1, 0

    def _roots(self, tile: Tile, old: int) -> bytes:
        """A tile above the leaves: what it was, and the roots of the tiles that have become full below it."""
        before = widths(old, tile.level, tile.number)
        known = self.fetch(Tile(tile.level, tile.number, before)) if before else b""
        below = range(tile.number * WIDTH + before, tile.number * WIDTH + tile.width)
        return known + b"".join(self._root(Tile(tile.level - 1, number)) for number in below)

    def _root(self, tile: Tile) -> bytes:
        octets = self.fetch(tile)
        return tree_hash([octets[at : at + HASH] for at in range(0, len(octets), HASH)])

    def _put(self, path: str, octets: bytes) -> None:
        """Writes a file that no checkpoint covers yet; many of them are put on disk in one go."""
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(octets)
        self._unsynced.update((place, *(self.folder / each for each in Path(path).parents)))

    def _sync(self) -> None:
        """All at once: a disk takes many requests together in little more than the time of one."""
        with ThreadPoolExecutor(_SYNCS_AT_ONCE) as pool:
            list(pool.map(sync, self._unsynced))
        self._unsynced.clear()

    def _read(self, path: str) -> bytes:
        try:
            return (self.folder / path).read_bytes()
        except OSError as cause:
            raise DataError("log-damaged", "A file of the log is missing.", where=path) from cause
