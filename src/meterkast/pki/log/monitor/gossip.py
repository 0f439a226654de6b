"""Viewers of one log who show each other what they were shown: a log that forks is caught (RFC 9162, 8.1.2).

Each puts its last checkpoint into a folder that all can read, by whatever means such a folder is shared.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from meterkast.model.errors import LocalError, PeerError, TrustError
from meterkast.pki.log.files import write_whole
from meterkast.pki.log.reader import LogReader
from meterkast.protocols.merkle import Checkpoint
from meterkast.protocols.merkle.note import MAX_NOTE

_SUFFIX = ".checkpoint"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


class Gossip:
    """The folder, seen by one of the viewers.

    Raises:
        LocalError: ``gossip-name`` for a name that is more than letters, digits, hyphens and underscores.
    """

    def __init__(self, folder: Path, viewer: str) -> None:
        if _NAME.fullmatch(viewer) is None:
            raise LocalError(
                "gossip-name", "A viewer is named in letters, digits, hyphens.", where=repr(viewer)
            )
        self._folder = folder
        self._viewer = viewer

    def heard(self, reader: LogReader) -> Iterator[tuple[str, Checkpoint]]:
        """What the others were shown and the log has signed; anything else in the folder proves nothing."""
        for path in sorted(self._folder.glob(f"*{_SUFFIX}")):
            name = path.name.removesuffix(_SUFFIX)
            if name != self._viewer and path.stat().st_size <= MAX_NOTE:
                try:
                    yield name, reader.read(path.read_bytes())
                except (PeerError, TrustError):
                    continue

    def tell(self, checkpoint: bytes) -> None:
        """Shows the others what we were shown."""
        write_whole(self._folder / f"{self._viewer}{_SUFFIX}", checkpoint)
