"""APDUs on the module link: HDLC or the wrapper, behind one face."""

from dataclasses import dataclass
from typing import Protocol

from meterkast.gateway.settings import FramingKind, ModulePort
from meterkast.protocols import hdlc, wrapper


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What arriving octets brought.

    Attributes:
        opened: the module accepts the connection.
        closed: the module says that there is no connection.
        apdus: whole APDUs.
        reply: octets that must go back now.
        garbage: how many unreadable pieces there were.
    """

    opened: bool = False
    closed: bool = False
    apdus: tuple[bytes, ...] = ()
    reply: bytes = b""
    garbage: int = 0


class Framing(Protocol):
    """One connection to the module, sans-IO."""

    def open(self) -> bytes:
        """Octets that ask for a connection; empty where the framing knows none."""
        ...

    def wrap(self, apdu: bytes) -> bytes:
        """Octets that carry the APDU, or its first part."""
        ...

    def repeat(self) -> bytes:
        """Octets to send once more after a silence; empty where nothing gets lost on the way."""
        ...

    def hear(self, octets: bytes) -> Heard:
        """Reads what has arrived.

        Raises:
            PeerError: the stream is beyond repair.
        """
        ...


class HdlcFraming:
    """HDLC with the gateway as the client: lost frames are asked for again."""

    def __init__(self, port: ModulePort) -> None:
        self._link = hdlc.Link(
            role=hdlc.Role.CLIENT,
            server_address=port.address,
            client_address=port.client,
            max_information=512,
        )

    def open(self) -> bytes:
        """SNRM."""
        return self._link.connect()

    def wrap(self, apdu: bytes) -> bytes:
        """The first segment; the module's acknowledgements bring the others."""
        return b"".join(self._link.send(apdu))

    def repeat(self) -> bytes:
        """The last frame."""
        return self._link.repeat()

    def hear(self, octets: bytes) -> Heard:
        """Frames that are damaged, foreign or out of turn count as garbage; this never raises."""
        events = self._link.receive(octets)
        return Heard(
            opened=any(isinstance(event, hdlc.Connected) for event in events),
            closed=any(isinstance(event, hdlc.Disconnected) for event in events),
            apdus=tuple(event.octets for event in events if isinstance(event, hdlc.Apdu)),
            reply=b"".join(event.octets for event in events if isinstance(event, hdlc.Reply)),
            garbage=sum(isinstance(event, hdlc.Garbage) for event in events),
        )


class WrapperFraming:
    """The wrapper on TCP: no connection of its own, and nothing gets lost on the way."""

    def __init__(self, port: ModulePort) -> None:
        self._port = port
        self._decoder = wrapper.Decoder()

    def open(self) -> bytes:
        """Nothing."""
        return b""

    def wrap(self, apdu: bytes) -> bytes:
        """The APDU with its header."""
        return wrapper.encode(self._port.client, self._port.address.upper, apdu)

    def repeat(self) -> bytes:
        """Nothing."""
        return b""

    def hear(self, octets: bytes) -> Heard:
        """APDUs from another logical device count as garbage."""
        found = self._decoder.receive(octets)
        own = tuple(wpdu.apdu for wpdu in found if wpdu.source == self._port.address.upper)
        return Heard(apdus=own, garbage=len(found) - len(own))


def framing(port: ModulePort) -> Framing:
    """A fresh framing of the port's kind."""
    return HdlcFraming(port) if port.framing is FramingKind.HDLC else WrapperFraming(port)
