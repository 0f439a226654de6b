"""Reading somebody's log and believing nothing: checkpoints by their signature, entries by the checkpoint."""

from collections.abc import Iterator

from meterkast.model.errors import TrustError
from meterkast.pki.log.published import CHECKPOINT
from meterkast.pki.log.source import Source
from meterkast.protocols.merkle import (
    Checkpoint,
    Frontier,
    LogKey,
    Tile,
    TileTree,
    decode_bundle,
    entries_path,
    leaf_hash,
    origin_of,
    read_checkpoint,
    verify_consistency,
)
from meterkast.protocols.merkle.note import MAX_NOTE
from meterkast.protocols.merkle.tile import MAX_BUNDLE, WIDTH, widths


class LogReader:
    """A log by its name and key, wherever its files are.

    Raises (all methods):
        UnreachableError: ``log-unreachable``.
        PeerError: where a file is missing or not what it must be.
        TrustError: ``checkpoint-untrusted``; ``log-forked`` where the files do not make the signed tree.
    """

    def __init__(self, source: Source, *, origin: str, key: LogKey) -> None:
        self._source = source
        self._origin = origin
        self._key = key

    @classmethod
    def at(cls, source: Source, key: LogKey) -> "LogReader":
        """The log that is there, by whatever name: its key says which one it is."""
        return cls(source, origin=origin_of(source.get(CHECKPOINT, MAX_NOTE)), key=key)

    def checkpoint(self) -> tuple[bytes, Checkpoint]:
        """The checkpoint as it is now, as it was sent and as it reads."""
        octets = self._source.get(CHECKPOINT, MAX_NOTE)
        return octets, self.read(octets)

    def read(self, octets: bytes) -> Checkpoint:
        """A checkpoint of this log from elsewhere."""
        return read_checkpoint(octets, self._origin, self._key)

    def require_extends(self, old: Checkpoint, new: Checkpoint) -> None:
        """Returns where the log at ``new`` begins with the log at ``old``."""
        try:
            proof = self._tree(new.size).consistency_proof(old.size) if old.size else []
            verify_consistency(old.size, new.size, proof, old.root, new.root)
        except TrustError as cause:
            raise _forked() from cause

    def entries(self, old: Checkpoint | None, new: Checkpoint) -> Iterator[tuple[int, bytes]]:
        """The entries between two checkpoints with their indexes; ends without error where all are genuine.

        Whoever uses an entry before the end does so at their own risk.
        """
        begin = old.size if old else 0
        edge = Frontier.of(begin, self._tree(new.size).node)
        if old is not None and edge.root() != old.root:
            raise _forked()
        for number in range(begin // WIDTH, -(-new.size // WIDTH)):
            width = widths(new.size, 0, number)
            octets = self._source.get(entries_path(number, width), MAX_BUNDLE)
            for place, entry in enumerate(decode_bundle(octets, width), number * WIDTH):
                if place >= begin:
                    edge.append(leaf_hash(entry))
                    yield place, entry
        if edge.root() != new.root:
            raise _forked()

    def _tree(self, size: int) -> TileTree:
        return TileTree(size, self._fetch)

    def _fetch(self, tile: Tile) -> bytes:
        return self._source.get(tile.path, tile.size)


def _forked() -> TrustError:
    return TrustError("log-forked", "The log does not begin with what it was.")
