"""InfluxDB: the line protocol into a file, onto standard output, or by POST to a server."""

import sys
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TextIO

from meterkast.console.exports.line_protocol import lines
from meterkast.console.exports.measurement import Measurement
from meterkast.model.errors import DataError, PeerError, TrustError, UnreachableError

if TYPE_CHECKING:
    from urllib.request import OpenerDirector

MOST_WAITING = 10_000
"""Messages that are kept while the server is away, some three hours of a telegram a second."""

_TIMEOUT = 10.0
_MOST_AT_ONCE = 200
_FORBIDDEN = frozenset((401, 403))
_PASSING = frozenset((408, 429, 500, 502, 503, 504))


class InfluxFile:
    """Appends to a file, or writes to standard output where the name is ``-``.

    Raises:
        DataError: ``file-unwritable``.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        try:
            self._file: TextIO = sys.stdout if name == "-" else open(name, "a", encoding="utf-8")  # noqa: SIM115, PTH123
        except OSError as error:
            raise _unwritable(name, error) from error

    def write(self, measurements: Sequence[Measurement]) -> None:
        """Writes the numbers of one message at once."""
        try:
            self._file.write(lines(measurements))
            self._file.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise _unwritable(self._name, error) from error

    def close(self) -> None:
        """Closes the file."""
        if self._file is not sys.stdout:
            self._file.close()


class InfluxServer:
    """Posts to the write endpoint of a server, in order; what it does not take now is kept and tried again.

    Args:
        address: the endpoint with its query, such as ``https://host:8086/api/v2/write?org=home&bucket=p1``.
        token: None without.
        tell: takes a sentence for people when the server goes away or comes back.
        live: values come as time goes by; what does not, need not be kept for later.
    """

    def __init__(
        self, address: str, token: str | None, tell: Callable[[str], None], *, live: bool = True
    ) -> None:
        self._address = address
        self._where = address.partition("?")[0]
        self._headers = {"Content-Type": "text/plain; charset=utf-8"}
        if token is not None:
            self._headers["Authorization"] = f"Token {token}"
        self._tell = tell
        self._live = live
        self._waiting: deque[str] = deque(maxlen=MOST_WAITING)
        self._away = False

    def write(self, measurements: Sequence[Measurement]) -> None:
        """Hands over the numbers of one message, and what has been waiting.

        Raises:
            TrustError: ``influx-refused``.
            PeerError: ``influx-rejects`` where the server wants no such lines.
            UnreachableError: ``influx-undelivered`` where values are not live, and stay.
        """
        self._waiting.append(lines(measurements))
        self._hand_over()
        if not self._live:
            self._require_delivered()

    def close(self) -> None:
        """Tries once more.

        Raises:
            UnreachableError: ``influx-undelivered``.
        """
        self._hand_over()
        self._require_delivered()

    def _require_delivered(self) -> None:
        if self._waiting:
            raise UnreachableError(
                "influx-undelivered", "The server has not taken every value.", where=self._where
            )

    def _hand_over(self) -> None:
        while self._waiting:
            batch = [self._waiting[place] for place in range(min(_MOST_AT_ONCE, len(self._waiting)))]
            if not self._post("".join(batch)):
                if not self._away:
                    self._away = True
                    self._tell(f"{self._where} takes nothing now; messages are kept, at most {MOST_WAITING}")
                return
            for _ in batch:
                self._waiting.popleft()
            if self._away:
                self._away = False
                self._tell(f"{self._where} is back")

    def _post(self, text: str) -> bool:
        """Whether the server has taken the lines; False where it may take them later."""
        from urllib import error, request

        posted = request.Request(self._address, text.encode(), self._headers, method="POST")
        try:
            with _opener().open(posted, timeout=_TIMEOUT):
                return True
        except error.HTTPError as answer:
            if answer.code in _PASSING:
                return False
            if answer.code in _FORBIDDEN:
                raise TrustError(
                    "influx-refused",
                    "The server refuses us.",
                    where=self._where,
                    hint="Check METERKAST_INFLUX_TOKEN or METERKAST_INFLUX_TOKEN_FILE.",
                ) from None
            raise PeerError(
                "influx-rejects", f"The server answers {answer.code}.", where=self._where
            ) from None
        except OSError:
            return False


def _opener() -> "OpenerDirector":
    """Follows no redirection: the token is for this server alone."""
    from urllib import request

    class Stay(request.HTTPRedirectHandler):
        def redirect_request(self, *_arguments: object) -> None:
            return None

    return request.build_opener(Stay)


def _unwritable(name: str, error: OSError) -> DataError:
    return DataError("file-unwritable", f"The file cannot be written: {error.strerror}.", where=name)
