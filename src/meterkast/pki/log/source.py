"""Where the files of a log come from: a folder, or a web server."""

from pathlib import Path
from typing import Protocol
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

from meterkast.model.errors import DataError, PeerError, UnreachableError

_TIMEOUT = 20.0


class Source(Protocol):
    """Gives the files of a log by their names in C2SP tlog-tiles."""

    def get(self, path: str, limit: int) -> bytes:
        """A file of at most ``limit`` octets.

        Raises:
            UnreachableError: ``log-unreachable``.
            PeerError: ``log-file-missing`` or ``log-file-long``.
        """
        ...


class FolderSource:
    """A log that is a folder here: its own public one, or a copy."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, path: str, limit: int) -> bytes:
        """A file; raises as ``Source`` says."""
        if not self._folder.is_dir():
            raise UnreachableError("log-unreachable", "There is no such folder.", where=str(self._folder))
        try:
            with (self._folder / path).open("rb") as file:
                return _bounded(file.read(limit + 1), limit, path)
        except OSError as cause:
            raise _missing(path) from cause


class WebSource:
    """A log behind a URL. What it sends is signed, so plain HTTP will do."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")

    def get(self, path: str, limit: int) -> bytes:
        """A file; raises as ``Source`` says."""
        try:
            with urlopen(f"{self._url}/{path}", timeout=_TIMEOUT) as answer:
                return _bounded(answer.read(limit + 1), limit, path)
        except HTTPError as cause:
            raise _missing(path) from cause
        except (URLError, OSError) as cause:
            raise UnreachableError("log-unreachable", "The log does not answer.", where=self._url) from cause


def source(place: str) -> Source:
    """The log at a path or an ``http`` or ``https`` URL.

    Raises:
        DataError: ``log-place`` for a URL of another kind.
    """
    scheme = urlsplit(place).scheme if "://" in place else ""
    if scheme in {"http", "https"}:
        return WebSource(place)
    if scheme:
        raise DataError("log-place", "A log is read from a folder, or by http or https.", where=place)
    return FolderSource(Path(place))


def _bounded(octets: bytes, limit: int, path: str) -> bytes:
    if len(octets) > limit:
        raise PeerError("log-file-long", "A file of the log is longer than any such file.", where=path)
    return octets


def _missing(path: str) -> PeerError:
    return PeerError("log-file-missing", "The log does not give a file that it must have.", where=path)
