"""What is promised and not yet in the tree: batches of entries in one file, on disk before anybody is told.

A batch is ``magic first count length digest body``. A batch that a crash cut short is the last one, and
nobody was told of it; it is put aside when the file is next read. Anything else that does not hold is damage.
"""

import logging
import os
import struct
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from meterkast.model.errors import DataError, LocalError
from meterkast.pki.log.files import sync, write_whole
from meterkast.protocols.merkle import decode_bundle, encode_bundle

_MAGIC = b"MKLB"
_HEAD = struct.Struct(">4sQII32s")
_State = tuple[int, int, int, int]
"""What had been published when the file was read, its inode, size and time: others may write it too."""
_log = logging.getLogger("meterkast.pki")


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Entries that were appended together; ``first`` is the index of the first of them."""

    first: int
    entries: tuple[bytes, ...]

    @property
    def end(self) -> int:
        """The index after the last entry."""
        return self.first + len(self.entries)

    def encode(self) -> bytes:
        """The octets in the file."""
        body = encode_bundle(self.entries)
        digest = _digest(self.first, len(self.entries), body)
        return _HEAD.pack(_MAGIC, self.first, len(self.entries), len(body), digest) + body


class Pending:
    """The file. Its callers hold the lock of the log.

    Attributes:
        end: the index after the last entry; ``base`` where the file is empty.
    """

    def __init__(self, path: Path, base: int) -> None:
        self._path = path
        self._read: _State | None = None
        self.end = base
        if not path.exists():
            path.touch(mode=0o600)
            sync(path.parent)
        self.catch_up(base)

    def catch_up(self, base: int) -> None:
        """Reads what other processes have done since; puts aside what a crash has left.

        Raises:
            DataError: ``log-damaged``.
        """
        if self._read == (base, *self._state()):
            return
        self.end = base
        octets, offset = self._path.read_bytes(), 0
        while offset < len(octets):
            batch = _batch(octets, offset)
            if batch is None:
                self._put_aside(octets, offset)
                break
            if batch.first > self.end:
                raise _damaged(self._path, offset)
            self.end = max(self.end, batch.end)
            offset += _HEAD.size + _body_length(octets, offset)
        self._base, self._read = base, (base, *self._state())

    def append(self, entries: Sequence[bytes]) -> int:
        """Puts a batch on disk and gives the index of its first entry.

        Raises:
            LocalError: ``log-unwritable`` where the disk takes no more; nothing was appended then.
        """
        batch = Batch(first=self.end, entries=tuple(entries))
        octets, before = batch.encode(), self._path.stat().st_size
        try:
            with self._path.open("ab", buffering=0) as file:
                if file.write(octets) != len(octets):
                    raise OSError
                os.fdatasync(file.fileno())
        except OSError as cause:
            with suppress(OSError):  # what cannot be cut off now is put aside as torn later
                os.truncate(self._path, before)
            raise LocalError("log-unwritable", "The log cannot be written.", where=str(self._path)) from cause
        self.end, self._read = batch.end, (self._base, *self._state())
        return batch.first

    def entries(self, begin: int) -> Iterator[bytes]:
        """Every entry from this index on."""
        octets, offset = self._path.read_bytes(), 0
        while (batch := _batch(octets, offset)) is not None:
            yield from batch.entries[max(0, begin - batch.first) :]
            offset += _HEAD.size + _body_length(octets, offset)

    def clear(self) -> None:
        """Forgets all entries, which are in the tree now."""
        write_whole(self._path, b"", mode=0o600)
        sync(self._path.parent)

    def _put_aside(self, octets: bytes, offset: int) -> None:
        later = octets.find(_MAGIC, offset + 1)
        while later >= 0:
            if _batch(octets, later) is not None:
                raise _damaged(self._path, offset)
            later = octets.find(_MAGIC, later + 1)
        torn = octets[offset:]
        _log.warning("log-torn-batch index=%d octets=%d", self.end, len(torn))
        write_whole(self._path.with_name(f"torn-{sha256(torn).hexdigest()[:16]}"), torn)
        os.truncate(self._path, offset)
        sync(self._path.parent)

    def _state(self) -> tuple[int, int, int]:
        found = self._path.stat()
        return found.st_ino, found.st_size, found.st_mtime_ns


def _batch(octets: bytes, offset: int) -> Batch | None:
    """The batch at this place; None where there is no whole one."""
    if offset + _HEAD.size > len(octets):
        return None
    magic, first, count, length, digest = _HEAD.unpack_from(octets, offset)
    body = octets[offset + _HEAD.size : offset + _HEAD.size + length]
    if magic != _MAGIC or len(body) != length or digest != _digest(first, count, body):
        return None
    return Batch(first=first, entries=tuple(decode_bundle(body, count)))


def _body_length(octets: bytes, offset: int) -> int:
    return int(_HEAD.unpack_from(octets, offset)[3])


def _digest(first: int, count: int, body: bytes) -> bytes:
    return sha256(first.to_bytes(8, "big") + count.to_bytes(4, "big") + body).digest()


def _damaged(path: Path, offset: int) -> DataError:
    return DataError("log-damaged", "The log is damaged.", where=f"{path}, offset {offset}")
