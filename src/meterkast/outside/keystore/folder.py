"""A folder that only its owner can read, in which files are either whole or not there."""

import os
import stat
import tempfile
from pathlib import Path
from typing import Protocol

from meterkast.model.errors import LocalError

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class Files(Protocol):
    """Files by name, each either whole or not there."""

    def write(self, name: str, contents: bytes) -> None:
        """Makes or replaces the file."""
        ...

    def read(self, name: str) -> bytes | None:
        """The contents; None where there is no such file."""
        ...

    def remove(self, name: str) -> None:
        """Takes the file away; nothing happens where there is none."""
        ...

    def names(self) -> list[str]:
        """Names of the files that are whole."""
        ...


class PrivateFolder:
    """Folder mode 0700, files 0600, every change atomic and on disk before it returns.

    Raises:
        LocalError: ``keystore-open-to-others`` where an existing folder lets others in.
    """

    def __init__(self, path: Path) -> None:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path = path
        require_private(path)

    def write(self, name: str, contents: bytes) -> None:
        """Makes or replaces the file."""
        descriptor, temporary = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=self.path)  # mode 0600
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(contents)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(self.path / name)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        self._sync()

    def read(self, name: str) -> bytes | None:
        """The contents; None where there is no such file.

        Raises:
            LocalError: ``keystore-open-to-others`` where others can read it too.
        """
        path = self.path / name
        try:
            contents = path.read_bytes()
        except FileNotFoundError:
            return None
        require_private(path)
        return contents

    def remove(self, name: str) -> None:
        """Takes the file away; nothing happens where there is none.

        That removes a name. What a disk has once held, whoever takes the disk apart may find.
        """
        (self.path / name).unlink(missing_ok=True)
        self._sync()  # in any case: who did it before may have been killed before this

    def names(self) -> list[str]:
        """Names of the files that are whole."""
        with os.scandir(self.path) as entries:  # asked for at every use of a key
            return sorted(entry.name for entry in entries if not entry.name.startswith("."))

    def _sync(self) -> None:
        descriptor = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def require_private(path: Path) -> None:
    """Raises LocalError ``keystore-open-to-others`` where others than its owner have rights on the file."""
    if path.stat().st_mode & _OTHERS:
        raise LocalError(
            "keystore-open-to-others",
            "Others than its owner can read the keystore.",
            where=str(path),
            hint="Take group and other rights away: chmod go-rwx.",
        )
