"""How requests come in and answers go out on a line: HDLC or the wrapper, sans-IO."""

from typing import Literal, Protocol

from meterkast.module.module import Module
from meterkast.protocols import hdlc, wrapper

FramingKind = Literal["hdlc", "wrapper"]


class Framing(Protocol):
    """One conversation."""

    def receive(self, octets: bytes) -> bytes:
        """What must go back.

        Raises:
            PeerError: the stream has gone wrong for good.
        """
        ...


class HdlcFraming:
    """HDLC on a serial line. Garbage between frames passes by; this never raises."""

    def __init__(self, module: Module) -> None:
        profile = module.settings.profile
        self._server = module.server()
        self._client = 0
        self._link = hdlc.Link(
            role=hdlc.Role.SERVER,
            server_address=profile.address,
            max_information=profile.max_information,
        )

    def receive(self, octets: bytes) -> bytes:
        """What must go back."""
        return b"".join(self._answer(event) for event in self._link.receive(octets))

    def _answer(self, event: hdlc.Event) -> bytes:
        match event:
            case hdlc.Reply():
                return event.octets
            case hdlc.Apdu():
                return b"".join(map(self._send, self._server.receive(self._client, event.octets)))
            case hdlc.Connected():
                self._server.disconnect(self._client)
                self._client = event.client
            case hdlc.Disconnected():
                self._server.disconnect(self._client)
        return b""

    def _send(self, apdu: bytes) -> bytes:
        """Frames that may leave now; none where the client hung up right behind its request."""
        ready = self._link.state is hdlc.State.READY
        return b"".join(self._link.send(apdu)) if ready else b""


class WrapperFraming:
    """The wrapper on TCP. What is meant for another logical device passes by."""

    def __init__(self, module: Module) -> None:
        self._server = module.server()
        self._device = module.settings.profile.address.upper
        self._decoder = wrapper.Decoder()

    def receive(self, octets: bytes) -> bytes:
        """What must go back.

        Raises:
            PeerError: the octets are not in wrapper format.
        """
        return b"".join(
            wrapper.encode(self._device, wpdu.source, answer)
            for wpdu in self._decoder.receive(octets)
            if wpdu.destination == self._device
            for answer in self._server.receive(wpdu.source, wpdu.apdu)
        )


FRAMINGS: dict[FramingKind, type[HdlcFraming] | type[WrapperFraming]] = {
    "hdlc": HdlcFraming,
    "wrapper": WrapperFraming,
}
