"""One end of an HDLC link: APDUs in and out on top, octets in and out below."""

from dataclasses import dataclass, field

from meterkast.model.errors import LocalError, PeerError
from meterkast.protocols.hdlc.address import Address
from meterkast.protocols.hdlc.connection import Role, Signal, State, follow
from meterkast.protocols.hdlc.control import Control, Kind
from meterkast.protocols.hdlc.deframer import Deframer, Garbage
from meterkast.protocols.hdlc.event import Apdu, Connected, Disconnected, Event, Reply
from meterkast.protocols.hdlc.frame import Frame
from meterkast.protocols.hdlc.parameters import DEFAULT_INFORMATION, Parameters

APDU_LIMIT = 1 << 16

_MODULO = 8
_OVERHEAD = 2 + 4 + 4 + 1 + 2 + 2  # format, addresses, control, HCS, FCS
_LLC = {Role.CLIENT: bytes.fromhex("E6E600"), Role.SERVER: bytes.fromhex("E6E700")}
_LLC_OF_PEER = {Role.CLIENT: _LLC[Role.SERVER], Role.SERVER: _LLC[Role.CLIENT]}

_SIGNALS = {
    Kind.SET_NORMAL_RESPONSE_MODE: Signal.RECEIVE_CONNECT,
    Kind.DISCONNECT: Signal.RECEIVE_DISCONNECT,
    Kind.UNNUMBERED_ACKNOWLEDGE: Signal.RECEIVE_ACCEPTANCE,
    Kind.DISCONNECTED_MODE: Signal.RECEIVE_REFUSAL,
    Kind.RECEIVE_READY: Signal.RECEIVE_READY,
}


@dataclass(slots=True, kw_only=True)
class _Session:
    """What lives as long as one connection: sizes in force, V(S), V(R), segments on their way."""

    agreed: Parameters = field(default_factory=Parameters)
    sent: int = 0
    received: int = 0
    outgoing: bytes = b""
    incoming: bytearray = field(default_factory=bytearray)


class Link:
    """One end of a link. Feed it what arrives, send what its calls and ``Reply`` events give.

    A frame that is unreadable, foreign, out of sequence or out of turn changes nothing and shows as
    ``Garbage``; a peer whose APDUs are none, or have no end, loses the connection; ``receive`` never
    raises. Lost frames are healed by the client: when nothing has come for a while it sends ``repeat()``
    again, and the server answers a repetition with what it said before.

    Args:
        role: ``client`` or ``server``.
        client_address: 1 to 127; None on a server takes it from whoever connects.
        server_address: the logical (and physical) device.
        max_information: largest information field we send and accept, 32 to 2030 octets.
        apdu_limit: a longer APDU from the peer ends the connection.
    """

    def __init__(
        self,
        *,
        role: Role | str,
        server_address: Address,
        client_address: int | None = None,
        max_information: int = DEFAULT_INFORMATION,
        apdu_limit: int = APDU_LIMIT,
    ) -> None:
        self._role = Role(role)
        if self._role is Role.CLIENT and client_address is None:
            raise LocalError("hdlc-address-missing", "A client has an address of its own.")
        self._server = server_address
        self._expected_client = None if client_address is None else Address(client_address)
        self._client = self._expected_client or Address(0)
        self._own = Parameters(transmit=max_information, receive=max_information)
        self._apdu_limit = apdu_limit
        self._deframer = Deframer(max(max_information, DEFAULT_INFORMATION) + _OVERHEAD)
        self._state = State.DISCONNECTED
        self._session = _Session()
        self._last_sent = b""

    @property
    def state(self) -> State:
        """Where the connection stands."""
        return self._state

    @property
    def parameters(self) -> Parameters:
        """The sizes in force on this connection."""
        return self._session.agreed

    def connect(self) -> bytes:
        """SNRM with the sizes we propose; clients only.

        Raises:
            LocalError: ``hdlc-out-of-turn``.
        """
        self._step(Signal.SEND_CONNECT)
        return self._frame(Control(kind=Kind.SET_NORMAL_RESPONSE_MODE), self._own.encode())

    def disconnect(self) -> bytes:
        """DISC; clients only.

        Raises:
            LocalError: ``hdlc-out-of-turn``.
        """
        self._step(Signal.SEND_DISCONNECT)
        return self._frame(Control(kind=Kind.DISCONNECT))

    def send(self, apdu: bytes) -> list[bytes]:
        """The frames that may leave now: the first segment. Acknowledgements bring the others as ``Reply``.

        Raises:
            LocalError: ``hdlc-out-of-turn`` where it is not ours to send.
        """
        if self._state is not State.READY:
            raise LocalError("hdlc-out-of-turn", f"Nothing can be sent while the link is {self._state}.")
        self._session.outgoing = _LLC[self._role] + apdu
        return [self._next_segment()]

    def repeat(self) -> bytes:
        """The last frame once more, after silence; a half-received frame is forgotten.

        Raises:
            LocalError: ``hdlc-nothing-sent``.
        """
        if not self._last_sent:
            raise LocalError("hdlc-nothing-sent", "There is no frame to repeat.")
        self._deframer.abandon()
        return self._last_sent

    def receive(self, octets: bytes) -> list[Event]:
        """What the octets bring about, in order."""
        events: list[Event] = []
        for found in self._deframer.receive(octets):
            if isinstance(found, Garbage):
                events.append(found)
                continue
            try:
                events += self._handle(found)
            except PeerError as error:
                events.append(Garbage(code=error.code, octets=len(found.encode())))
        return events

    def _handle(self, frame: Frame) -> list[Event]:
        self._check_addresses(frame)
        if frame.control.kind is Kind.INFORMATION:
            return self._handle_information(frame)
        signal = _SIGNALS.get(frame.control.kind)
        following = None if signal is None else follow(self._role, self._state, signal)
        if following is None:
            return self._refuse()
        if signal is Signal.RECEIVE_READY:
            return self._handle_ready(frame.control.receive)
        if signal is Signal.RECEIVE_DISCONNECT:
            return self._release()
        if following is State.DISCONNECTED:
            self._state = following
            return [Disconnected()]
        agreed = self._own.agreed_with(Parameters.parse(frame.information))
        self._session, self._state = _Session(agreed=agreed), following
        return [Connected(client=self._client.upper)] if self._role is Role.CLIENT else self._accept(frame)

    def _accept(self, snrm: Frame) -> list[Event]:
        """UA to an SNRM, which on a live connection starts it afresh."""
        self._client = snrm.source
        ua = self._frame(Control(kind=Kind.UNNUMBERED_ACKNOWLEDGE), self.parameters.encode())
        return [Reply(ua), Connected(client=self._client.upper)]

    def _release(self) -> list[Event]:
        """The answer to DISC: UA ends a connection, DM says that there was none."""
        if self._state is State.DISCONNECTED:
            return [Reply(self._frame(Control(kind=Kind.DISCONNECTED_MODE)))]
        self._state = State.DISCONNECTED
        return [Reply(self._frame(Control(kind=Kind.UNNUMBERED_ACKNOWLEDGE))), Disconnected()]

    def _refuse(self) -> list[Event]:
        if self._role is Role.SERVER and self._state is State.DISCONNECTED:
            return [Reply(self._frame(Control(kind=Kind.DISCONNECTED_MODE)))]
        raise PeerError("hdlc-frame-unexpected", "The frame has no meaning now.")

    def _handle_information(self, frame: Frame) -> list[Event]:
        session, control = self._session, frame.control
        if self._state is not State.DISCONNECTED and control.send == (session.received - 1) % _MODULO:
            return self._answer_repetition()
        signal = Signal.RECEIVE_SEGMENT if frame.segmented else Signal.RECEIVE_LAST
        following = follow(self._role, self._state, signal)
        if following is None:
            return self._refuse()
        if control.send != session.received or control.receive != session.sent:
            raise PeerError("hdlc-sequence-wrong", "The frame is out of sequence.")
        if len(frame.information) > session.agreed.receive:
            raise PeerError("hdlc-length-wrong", "The information field is longer than agreed.")
        session.received = (session.received + 1) % _MODULO
        session.incoming += frame.information
        if len(session.incoming) > self._apdu_limit + len(_LLC[self._role]):
            return self._drop("hdlc-apdu-too-long")
        self._state = following
        return [self._acknowledge()] if frame.segmented else self._complete()

    def _acknowledge(self) -> Reply:
        return Reply(self._frame(Control(kind=Kind.RECEIVE_READY, receive=self._session.received)))

    def _complete(self) -> list[Event]:
        whole, llc = bytes(self._session.incoming), _LLC_OF_PEER[self._role]
        if not whole.startswith(llc):
            return self._drop("hdlc-llc-wrong")
        self._session.incoming.clear()
        return [Apdu(whole[len(llc) :])]

    def _drop(self, code: str) -> list[Event]:
        """The peer sends APDUs without end or without LLC header: the connection ends."""
        garbage = Garbage(code=code, octets=len(self._session.incoming))
        self._session = _Session()
        if self._role is Role.CLIENT:
            return [garbage, Reply(self.disconnect())]
        self._state = State.DISCONNECTED
        return [garbage, Reply(self._frame(Control(kind=Kind.DISCONNECTED_MODE))), Disconnected()]

    def _handle_ready(self, receive: int) -> list[Event]:
        """RR acknowledges our segment; on a server it may also ask again for what was lost."""
        if receive != self._session.sent:
            return self._answer_repetition()
        if self._state is State.SENDING:
            return [Reply(self._next_segment())]
        return [self._acknowledge()]

    def _answer_repetition(self) -> list[Event]:
        """The client repeats because our answer was lost: a server says it again, a client has it already."""
        if self._role is Role.CLIENT:
            raise PeerError("hdlc-frame-repeated", "The server repeats what it has said.")
        return [Reply(self._last_sent)]

    def _next_segment(self) -> bytes:
        session, size = self._session, self._session.agreed.transmit
        segment, session.outgoing = session.outgoing[:size], session.outgoing[size:]
        segmented = bool(session.outgoing)
        self._step(Signal.SEND_SEGMENT if segmented else Signal.SEND_LAST)
        control = Control(kind=Kind.INFORMATION, send=session.sent, receive=session.received)
        session.sent = (session.sent + 1) % _MODULO
        return self._frame(control, segment, segmented=segmented)

    def _frame(self, control: Control, information: bytes = b"", *, segmented: bool = False) -> bytes:
        to_client = self._role is Role.SERVER
        frame = Frame(
            destination=self._client if to_client else self._server,
            source=self._server if to_client else self._client,
            control=control,
            information=information,
            segmented=segmented,
        )
        self._last_sent = frame.encode()
        return self._last_sent

    def _check_addresses(self, frame: Frame) -> None:
        server, client, expected = frame.source, frame.destination, self._client
        if self._role is Role.SERVER:
            server, client = client, server
            if self._state is State.DISCONNECTED or frame.control.kind is Kind.SET_NORMAL_RESPONSE_MODE:
                expected = self._expected_client or client
        if server != self._server or client != expected or client.width != 1:
            raise PeerError("hdlc-address-foreign", "The frame is for or from somebody else.")
        if self._state is State.DISCONNECTED:
            self._client = client

    def _step(self, signal: Signal) -> None:
        following = follow(self._role, self._state, signal)
        if following is None:
            raise LocalError("hdlc-out-of-turn", f"A link that is {self._state} cannot {signal}.")
        self._state = following
