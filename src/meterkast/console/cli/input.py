"""Files that people hand in: read whole, within bounds, or refused with a reason."""

import os
import stat
import sys
from pathlib import Path

from meterkast.console.cli.line import is_address
from meterkast.model.errors import DataError

_MOST_OCTETS = 16 * 1024 * 1024
_MEMORY_DEVICES = 1  # /dev/null, /dev/zero and their like on Linux: files, for our purpose


def is_live(name: str) -> bool:
    """Whether the name stands for a line that goes on, a serial port or HOST:PORT, and for no file."""
    try:
        told = Path(name).stat()
    except (OSError, ValueError):
        return is_address(name)
    return stat.S_ISCHR(told.st_mode) and os.major(told.st_rdev) != _MEMORY_DEVICES


def read(name: str) -> bytes:
    """The octets of a file, or of standard input where the name is ``-``.

    Raises:
        DataError: ``file-unreadable``, ``file-empty`` or ``file-too-large``.
    """
    try:
        if name == "-":
            octets = sys.stdin.buffer.read(_MOST_OCTETS + 1)
        else:
            with Path(name).open("rb") as file:
                octets = file.read(_MOST_OCTETS + 1)
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or "not a usable name"
        raise DataError("file-unreadable", f"The file cannot be read: {cause}.", where=name) from error
    if not octets:
        raise DataError("file-empty", "The file is empty.", where=name)
    if len(octets) > _MOST_OCTETS:
        raise DataError("file-too-large", "The file is larger than any message.", where=name)
    return octets
