"""Prometheus: the last value of everything, served on a port or kept in a file for node_exporter."""

import threading
from collections.abc import Sequence
from pathlib import Path

from meterkast.console.exports.exposition import CONTENT_TYPE, exposition
from meterkast.console.exports.measurement import Measurement
from meterkast.model.errors import DataError
from meterkast.outside.https import HttpServer, Request, Response

MOST_SERIES = 10_000
"""A port that names ever new meters must not fill the memory: the oldest series goes first."""


class Latest:
    """The last value of each register of each device."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, str], Measurement] = {}

    def take(self, measurements: Sequence[Measurement]) -> None:
        """Replaces what is older."""
        with self._lock:
            for each in measurements:
                series = (each.device, str(each.obis))
                known = self._kept.get(series)
                if known is None or known.at <= each.at:
                    self._kept[series] = each
            while len(self._kept) > MOST_SERIES:
                del self._kept[next(iter(self._kept))]

    def text(self) -> str:
        """All of them, as Prometheus reads them."""
        with self._lock:
            return exposition(self._kept.values())


class PrometheusPort:
    """Serves ``/metrics``.

    Raises:
        LocalError: ``port-unusable``.
    """

    def __init__(self, host: str, port: int) -> None:
        self._latest = Latest()
        self._server = HttpServer((host, port), self._answer)
        self._server.start()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._server.port

    def write(self, measurements: Sequence[Measurement]) -> None:
        """Shows the new values from now on."""
        self._latest.take(measurements)

    def close(self) -> None:
        """Stops answering."""
        self._server.stop()

    def _answer(self, request: Request) -> Response:
        if request.method != "GET" or request.path.partition("?")[0] != "/metrics":
            return Response(status=404)
        return Response(status=200, content_type=CONTENT_TYPE, body=self._latest.text().encode())


class PrometheusFile:
    """Keeps a file up to date, whole at every moment, as the textfile collector of node_exporter wants it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._latest = Latest()

    def write(self, measurements: Sequence[Measurement]) -> None:
        """Replaces the file.

        Raises:
            DataError: ``file-unwritable``.
        """
        self._latest.take(measurements)
        draft = self._path.with_name(self._path.name + ".part")
        try:
            draft.write_text(self._latest.text(), "utf-8")
            draft.replace(self._path)
        except OSError as error:
            raise DataError(
                "file-unwritable", f"The file cannot be written: {error.strerror}.", where=str(self._path)
            ) from error

    def close(self) -> None:
        """The file stays."""
