"""The application's side of the broker socket: ask, wait, go on."""

import socket
from collections.abc import Iterator

from meterkast.model.errors import PeerError, UnreachableError
from meterkast.protocols.broker import Answer, Decoder, Fields, Json, Message, Refusal, Request, encode


class Broker:
    """Asks the gateway one thing at a time."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._messages = self._receive()
        self._asked = 0

    def ask(self, method: str, **params: Json) -> Fields:
        """What the gateway answers.

        Raises:
            UnreachableError: the gateway refuses; the code is its own, such as ``module-silent``.
            ConnectionError: the gateway has closed the socket.
            PeerError: the gateway does not keep to the protocol.
        """
        self._asked += 1
        self._channel.sendall(encode(Request(number=self._asked, method=method, params=Fields(params))))
        message = next(self._messages, None)
        if message is None:
            raise ConnectionError("the gateway has closed the socket")
        if message.number != self._asked:
            raise PeerError("broker-out-of-turn", "The gateway answers what was not asked.")
        match message:
            case Answer(result=result):
                return result
            case Refusal(code=code):
                raise UnreachableError(code, "The gateway refuses.")
            case Request():
                raise PeerError("broker-out-of-turn", "The gateway asks; only applications do.")

    def _receive(self) -> Iterator[Message]:
        decoder = Decoder()
        while octets := self._channel.recv(65536):
            yield from decoder.receive(octets)
