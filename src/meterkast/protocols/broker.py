"""The talk between gateway and application: JSON-RPC 2.0, one message per line, octets as hexadecimal.

The application is always the client; the gateway answers, or refuses with a code. Numbers are integers of at
most 64 bits: nothing on this line is a measurement, measured values travel as octets.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from meterkast.model.errors import PeerError
from meterkast.protocols.strict_json import Json, read_object

__all__ = [
    "Answer",
    "Decoder",
    "Fields",
    "Json",
    "Message",
    "Refusal",
    "Request",
    "decode",
    "encode",
]

LINE_LIMIT = 1 << 20
DEPTH_LIMIT = 6

_SERVER_ERROR = -32000


@dataclass(frozen=True, slots=True)
class Fields:
    """The named values of a request or an answer, read with their types.

    Raises:
        PeerError: ``broker-field`` from every accessor where the value is absent or of another type.
    """

    values: Mapping[str, Json] = field(default_factory=dict)

    def __contains__(self, name: str) -> bool:
        return self.values.get(name) is not None

    def text(self, name: str) -> str:
        """A string."""
        value = self.values.get(name)
        return value if isinstance(value, str) else _no_field(name)

    def number(self, name: str) -> int:
        """An integer."""
        value = self.values.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else _no_field(name)

    def octets(self, name: str) -> bytes:
        """Octets, written as hexadecimal digits without spaces."""
        text = self.text(name)
        if len(text) % 2 or not text.isascii() or not text.isalnum():
            _no_field(name)
        try:
            return bytes.fromhex(text)
        except ValueError:
            _no_field(name)

    def rows(self, name: str, width: int) -> tuple[tuple[int, ...], ...]:
        """A list of rows, each of ``width`` integers."""
        rows = self.values.get(name)
        if isinstance(rows, str) or not isinstance(rows, Sequence):
            _no_field(name)
        return tuple(_row(row, width, name) for row in rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The application asks for something by its method, such as ``module.exchange``."""

    number: int
    method: str
    params: Fields = field(default_factory=Fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The gateway gives what was asked."""

    number: int
    result: Fields = field(default_factory=Fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """The gateway gives nothing, and says why with a stable code such as ``module-silent``."""

    number: int
    code: str


Message = Request | Answer | Refusal


def encode(message: Message) -> bytes:
    """The message as one line, its line feed included."""
    document: dict[str, Json] = {"jsonrpc": "2.0", "id": message.number}
    match message:
        case Request():
            document |= {"method": message.method, "params": message.params.values}
        case Answer():
            document["result"] = message.result.values
        case Refusal():
            data: Json = {"code": message.code}
            document["error"] = {"code": _SERVER_ERROR, "message": "refused", "data": data}
    return json.dumps(document, separators=(",", ":")).encode("ascii") + b"\n"


def decode(line: bytes) -> Message:
    """One line without its line feed.

    Raises:
        PeerError: ``broker-malformed`` for what is no message; ``broker-field`` for a value of a wrong type.
    """
    fields = Fields(_object(line))
    if fields.text("jsonrpc") != "2.0":
        raise _malformed("the version is not 2.0")
    number = fields.number("id")
    match sorted(set(fields.values) - {"jsonrpc", "id"}):
        case ["method", "params"]:
            return Request(number=number, method=fields.text("method"), params=_within(fields, "params"))
        case ["result"]:
            return Answer(number=number, result=_within(fields, "result"))
        case ["error"]:
            return Refusal(number=number, code=_within(_within(fields, "error"), "data").text("code"))
        case _:
            raise _malformed("it is neither a request nor an answer")


class Decoder:
    """Puts lines together from whatever pieces arrive; never holds more than ``limit`` octets."""

    def __init__(self, limit: int = LINE_LIMIT) -> None:
        self._limit = limit
        self._pending = bytearray()

    def receive(self, octets: bytes) -> Iterator[Message]:
        """The messages that these octets complete.

        Raises:
            PeerError: ``broker-line-too-long``, ``broker-malformed`` or ``broker-field``; the talk is over.
        """
        self._pending += octets
        while (end := self._pending.find(b"\n")) >= 0:
            line = bytes(self._pending[:end])
            del self._pending[: end + 1]
            self._check_length(line)
            yield decode(line)
        self._check_length(self._pending)

    def _check_length(self, line: bytes | bytearray) -> None:
        if len(line) > self._limit:
            raise PeerError("broker-line-too-long", f"A line has at most {self._limit} octets.")


def _object(line: bytes) -> dict[str, Json]:
    try:
        return read_object(line, depth=DEPTH_LIMIT)
    except ValueError as error:
        raise PeerError("broker-malformed", "A line on the broker socket is no JSON object.") from error


def _row(row: Json, width: int, name: str) -> tuple[int, ...]:
    if isinstance(row, str) or not isinstance(row, Sequence) or len(row) != width:
        _no_field(name)
    return tuple(
        value if isinstance(value, int) and not isinstance(value, bool) else _no_field(name) for value in row
    )


def _within(fields: Fields, name: str) -> Fields:
    value = fields.values.get(name)
    return Fields(value) if isinstance(value, Mapping) else _no_field(name)


def _no_field(name: str) -> NoReturn:
    raise PeerError("broker-field", "A field of a broker message is absent or of another type.", where=name)


def _malformed(why: str) -> PeerError:
    return PeerError("broker-malformed", f"A line on the broker socket is no message: {why}.")
