"""The user key of the gas meter in a file of its own: replaced as a whole or not at all."""

import os
from pathlib import Path

from meterkast.model.errors import DataError

SIZE = 16


class UserKey:
    """The key that telegrams are encrypted under. It is never shown, and it survives a restart.

    Raises:
        DataError: ``device-key-damaged`` where the file holds something else.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._octets = path.read_bytes()
        if len(self._octets) != SIZE:
            raise DataError(
                "device-key-damaged", "The file does not hold a key of this device.", where=str(path)
            )

    @property
    def octets(self) -> bytes:
        """The key in force."""
        return self._octets

    def replace(self, octets: bytes) -> None:
        """Puts a new key in force; it is on the disk before this returns."""
        draft = self._path.with_suffix(".new")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(octets)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)
        self._octets = octets
