"""The invocation counter of the module's own proofs: never twice the same number under one pairing key."""

import os
from pathlib import Path

from meterkast.model.errors import DataError

_RESERVED = 64
_LENGTH = 4


class InvocationCounter:
    """Counts in memory and keeps ahead of itself in a file, so that a crash skips numbers and repeats none.

    Args:
        path: where the next free number is kept; made when absent, in a folder that exists.

    Raises:
        DataError: ``module-counter-malformed`` where the file is not one of ours.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._next = self._limit = self._read()

    def next(self) -> int:
        """A number that was never given before, also not before a restart.

        Raises:
            DataError: ``module-counter-spent`` after 2**32 proofs: pair anew.
        """
        if self._next >= self._limit:
            self._reserve()
        self._next += 1
        return self._next - 1

    def _read(self) -> int:
        try:
            octets = self._path.read_bytes()
        except FileNotFoundError:
            return 1
        if len(octets) != _LENGTH:
            raise DataError("module-counter-malformed", "The counter file is damaged.", where=str(self._path))
        return int.from_bytes(octets, "big")

    def _reserve(self) -> None:
        limit = self._next + _RESERVED
        if limit >= 1 << 8 * _LENGTH:
            raise DataError("module-counter-spent", "The counter is used up.", hint="Pair with a new key.")
        aside = self._path.with_suffix(".new")
        with aside.open("wb") as file:
            file.write(limit.to_bytes(_LENGTH, "big"))
            file.flush()
            os.fsync(file.fileno())
        aside.replace(self._path)
        self._limit = limit
