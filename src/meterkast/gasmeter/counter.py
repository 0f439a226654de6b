"""The frame counter of the gas meter, in a file: it only rises, and no value comes twice."""

import os
from pathlib import Path

from meterkast.model.errors import DataError, TrustError


class FrameCounter:
    """Calling it gives the next value, which is on the disk before anybody sees it.

    Raises:
        DataError: ``gasmeter-counter-malformed`` where the file holds something else. It does not begin anew
            by itself: a counter that is used twice under one key would repeat an initialisation vector.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._last = self._read()

    def __call__(self) -> int:
        """The next value, the first one being 1."""
        self._keep(self._last + 1)
        return self._last

    @property
    def last(self) -> int:
        """The highest value that was used, by either end."""
        return self._last

    def accept(self, counter: int) -> None:
        """Takes over the counter of a command; it is on the disk before this returns.

        Raises:
            TrustError: ``mbus-counter-replayed`` where it does not rise.
        """
        if counter <= self._last:
            raise TrustError("mbus-counter-replayed", "The frame counter does not rise.")
        self._keep(counter)

    def _keep(self, value: int) -> None:
        draft = self._path.with_suffix(".new")
        with draft.open("w", encoding="ascii") as file:
            file.write(f"{value}\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        self._last = value

    def _read(self) -> int:
        try:
            text = self._path.read_text(encoding="ascii")
        except FileNotFoundError:
            return 0
        except UnicodeDecodeError:
            text = ""
        if not text.strip().isdigit():
            raise DataError(
                "gasmeter-counter-malformed",
                "The file of the frame counter holds no number.",
                where=str(self._path),
                hint="Set a new user key and remove the file.",
            )
        return int(text)
