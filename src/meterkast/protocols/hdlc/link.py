"""One end of an HDLC link: APDUs in and out on top, octets in and out below."""

from dataclasses import InitVar, dataclass, field
from typing import Final

from meterkast.model.errors import LocalError, PeerError
from meterkast.protocols.hdlc.address import Address
from meterkast.protocols.hdlc.connection import Role, Signal, State, follow
from meterkast.protocols.hdlc.control import Control, Kind
from meterkast.protocols.hdlc.deframer import Deframer, Garbage
from meterkast.protocols.hdlc.ends import Ends
from meterkast.protocols.hdlc.event import Apdu, Connected, Disconnected, Event, Reply
from meterkast.protocols.hdlc.frame import Frame
from meterkast.protocols.hdlc.parameters import DEFAULT_INFORMATION, DEFAULT_WINDOW, Parameters
from meterkast.protocols.hdlc.push import PushAssembly
from meterkast.protocols.hdlc.reception import Place, Reception
from meterkast.protocols.hdlc.window import Window

APDU_LIMIT: Final = 1 << 16

_OVERHEAD: Final = 2 + 4 + 4 + 1 + 2 + 2  # format, addresses, control, HCS, FCS
_LLC: Final = {Role.CLIENT: bytes.fromhex("E6E600"), Role.SERVER: bytes.fromhex("E6E700")}
_LLC_OF_PEER: Final = {Role.CLIENT: _LLC[Role.SERVER], Role.SERVER: _LLC[Role.CLIENT]}

_SIGNALS: Final = {
    Kind.SET_NORMAL_RESPONSE_MODE: Signal.RECEIVE_CONNECT,
    Kind.DISCONNECT: Signal.RECEIVE_DISCONNECT,
    Kind.UNNUMBERED_ACKNOWLEDGE: Signal.RECEIVE_ACCEPTANCE,
    Kind.DISCONNECTED_MODE: Signal.RECEIVE_REFUSAL,
    Kind.FRAME_REJECT: Signal.RECEIVE_REJECTION,
}
_ACKNOWLEDGEMENTS: Final = {
    Kind.RECEIVE_READY: Signal.RECEIVE_READY,
    Kind.RECEIVE_NOT_READY: Signal.RECEIVE_NOT_READY,
}
_DIALOGUE: Final = (State.READY, State.SENDING, State.AWAITING)


@dataclass(slots=True)
class _Session:
    """What lives as long as one connection."""

    limit: InitVar[int]
    agreed: Parameters = field(default_factory=Parameters)
    window: Window = field(init=False)
    reception: Reception = field(init=False)
    peer_busy: bool = False

    def __post_init__(self, limit: int) -> None:
        self.window = Window(self.agreed.transmit_window, self.agreed.transmit)
        self.reception = Reception(self.agreed, limit)


class Link:
    """One end of a link. Feed it what arrives, send what its calls and ``Reply`` events give.

    A frame that is unreadable, foreign, out of sequence or out of turn delivers nothing and shows as
    ``Garbage``; a peer whose APDUs are none, or have no end, loses the connection; ``receive`` never
    raises. What got lost is sent again from the first missing segment on (go back N): each side learns of it
    from the number that the other expects next. Where nothing comes at all the client sends ``repeat()``;
    ``TimedLink`` knows when.

    Args:
        role: ``client`` or ``server``.
        client_address: 1 to 127; None on a server takes it from whoever connects.
        server_address: the logical (and physical) device.
        max_information: largest information field we send and accept, 32 to 2030 octets.
        window: frames that we send and accept before an acknowledgement, 1 to 7; the peer may want fewer.
        apdu_limit: a longer APDU from the peer ends the connection.
    """

    def __init__(
        self,
        *,
        role: Role | str,
        server_address: Address,
        client_address: int | None = None,
        max_information: int = DEFAULT_INFORMATION,
        window: int = DEFAULT_WINDOW,
        apdu_limit: int = APDU_LIMIT,
    ) -> None:
        self._role = Role(role)
        self._ends = Ends(self._role, server_address, client_address)
        self._own = Parameters(
            transmit=max_information,
            receive=max_information,
            transmit_window=window,
            receive_window=window,
        )
        self._deframer = Deframer(max(max_information, DEFAULT_INFORMATION) + _OVERHEAD)
        self._pushes = PushAssembly(apdu_limit)
        self._limit = apdu_limit + len(_LLC[self._role])
        self._state = State.DISCONNECTED
        self._session = _Session(self._limit)
        self.busy = False
        """While True nothing is taken, and we acknowledge with RNR: the peer waits."""

    @property
    def role(self) -> Role:
        """Which end this is."""
        return self._role

    @property
    def state(self) -> State:
        """Where the connection stands."""
        return self._state

    @property
    def parameters(self) -> Parameters:
        """Sizes and windows in force on this connection."""
        return self._session.agreed

    def connect(self) -> bytes:
        """SNRM with the sizes we propose; clients only.

        Raises:
            LocalError: ``hdlc-out-of-turn``.
        """
        self._step(Signal.SEND_CONNECT)
        return self._snrm()

    def disconnect(self) -> bytes:
        """DISC; clients only.

        Raises:
            LocalError: ``hdlc-out-of-turn``.
        """
        self._step(Signal.SEND_DISCONNECT)
        return self._unnumbered(Kind.DISCONNECT)

    def send(self, apdu: bytes) -> list[bytes]:
        """The frames that may leave now, a window full. Acknowledgements bring the others as ``Reply``.

        Raises:
            LocalError: ``hdlc-out-of-turn`` where it is not ours to send.
        """
        if self._state is not State.READY:
            raise LocalError("hdlc-out-of-turn", f"Nothing can be sent while the link is {self._state}.")
        self._session.window.load(_LLC[self._role] + apdu)
        return self._flight()

    def repeat(self) -> bytes:
        """What a client says after silence: what was not acknowledged once more, else what it expects.

        A half-received frame is forgotten.

        Raises:
            LocalError: ``hdlc-nothing-sent`` where no answer is due to us.
        """
        self._deframer.abandon()
        match self._role, self._state:
            case Role.CLIENT, State.CONNECTING:
                return self._snrm()
            case Role.CLIENT, State.DISCONNECTING:
                return self._unnumbered(Kind.DISCONNECT)
            case Role.CLIENT, State.SENDING | State.AWAITING:
                return b"".join(self._turn())
        raise LocalError("hdlc-nothing-sent", "No answer is due.")

    def lapse(self) -> None:
        """The line has been silent for too long: the connection is over without a word."""
        self._deframer.abandon()
        self._state, self._session = State.DISCONNECTED, _Session(self._limit)

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
        self._ends.check(frame, connected=self._state is not State.DISCONNECTED)
        kind = frame.control.kind
        if kind is Kind.UNNUMBERED_INFORMATION and self._role is Role.CLIENT:
            pushed = self._pushes.receive(frame)
            return [] if pushed is None else [pushed]
        if kind is Kind.INFORMATION or kind in _ACKNOWLEDGEMENTS:
            return self._numbered(frame) if self._state in _DIALOGUE else self._refuse()
        signal = _SIGNALS.get(kind)
        following = None if signal is None else follow(self._role, self._state, signal)
        if following is None:
            return self._refuse()
        if signal is Signal.RECEIVE_DISCONNECT:
            return self._release()
        if following is State.DISCONNECTED:
            self._state = following
            return [Disconnected()]
        agreed = self._own.agreed_with(Parameters.parse(frame.information))
        self._session, self._state = _Session(self._limit, agreed), following
        return self._connected(frame)

    def _connected(self, frame: Frame) -> list[Event]:
        """The answer to SNRM is UA; an SNRM on a live connection starts it afresh."""
        if self._role is Role.CLIENT:
            return [Connected(client=self._ends.client.upper)]
        self._ends.client = frame.source
        ua = self._unnumbered(Kind.UNNUMBERED_ACKNOWLEDGE, self.parameters.encode())
        return [Reply(ua), Connected(client=frame.source.upper)]

    def _release(self) -> list[Event]:
        """The answer to DISC: UA ends a connection, DM says that there was none."""
        if self._state is State.DISCONNECTED:
            return [Reply(self._unnumbered(Kind.DISCONNECTED_MODE))]
        self._state = State.DISCONNECTED
        return [Reply(self._unnumbered(Kind.UNNUMBERED_ACKNOWLEDGE)), Disconnected()]

    def _refuse(self) -> list[Event]:
        if self._role is Role.SERVER and self._state is State.DISCONNECTED:
            return [Reply(self._unnumbered(Kind.DISCONNECTED_MODE))]
        raise PeerError("hdlc-frame-unexpected", "The frame has no meaning now.")

    def _numbered(self, frame: Frame) -> list[Event]:
        """I, RR or RNR: what it acknowledges, what it brings, and our turn where it hands over."""
        is_news = self._session.window.acknowledge(frame.control.receive)
        if frame.control.kind is Kind.INFORMATION:
            return self._information(frame)
        return self._acknowledgement(frame, is_news=is_news)

    def _acknowledgement(self, frame: Frame, *, is_news: bool) -> list[Event]:
        """RR or RNR. A client goes on where there is news; with a flight lost or a busy peer it waits."""
        session, signal = self._session, _ACKNOWLEDGEMENTS[frame.control.kind]
        if follow(self._role, self._state, signal) is None:
            return self._refuse()
        was_busy, session.peer_busy = session.peer_busy, signal is Signal.RECEIVE_NOT_READY
        if self._role is Role.CLIENT and (session.peer_busy or not (is_news or was_busy)):
            return []
        return self._answer(frame)

    def _information(self, frame: Frame) -> list[Event]:
        session, reception = self._session, self._session.reception
        if self.busy and self._state is State.AWAITING:
            return self._answer(frame)
        place = reception.place(frame.control.send)
        if place is not Place.NEXT:
            return self._out_of_sequence(frame, place)
        signal = Signal.RECEIVE_SEGMENT if frame.segmented else Signal.RECEIVE_LAST
        following = follow(self._role, self._state, signal)
        if following is None:
            return self._refuse()
        if session.window.is_open:
            raise PeerError("hdlc-sequence-wrong", "The frame does not acknowledge what it answers.")
        reception.take(frame)
        if reception.is_overfull:
            return self._drop("hdlc-apdu-too-long", reception.octets)
        self._state = following
        return self._answer(frame) if frame.segmented else self._complete()

    def _out_of_sequence(self, frame: Frame, place: Place) -> list[Event]:
        """A server says what it expects; a client asks for what is missing and leaves repetitions alone."""
        code = "hdlc-frame-repeated" if place is Place.BEHIND else "hdlc-sequence-wrong"
        garbage = Garbage(code=code, octets=len(frame.encode()))
        answers = self._state is not State.READY and (self._role is Role.SERVER or place is Place.AHEAD)
        return [garbage, *self._answer(frame)] if answers else [garbage]

    def _answer(self, frame: Frame) -> list[Event]:
        """Our turn, where the frame hands over."""
        if not self._session.reception.hands_over(frame):
            return []
        return [Reply(octets) for octets in self._turn()]

    def _turn(self) -> list[bytes]:
        """What there is to say: the segments that are due, else which one we expect."""
        if self._session.window.is_open and not self._session.peer_busy:
            return self._flight()
        kind = Kind.RECEIVE_NOT_READY if self.busy else Kind.RECEIVE_READY
        return [self._ends.frame(Control(kind=kind, receive=self._session.reception.expected))]

    def _flight(self) -> list[bytes]:
        segments, expected = self._session.window.flight(), self._session.reception.expected
        self._step(Signal.SEND_LAST if segments[-1].last else Signal.SEND_FLIGHT)
        return [
            self._ends.frame(
                Control(kind=Kind.INFORMATION, poll=each.closing, send=each.number, receive=expected),
                each.octets,
                segmented=not each.last,
            )
            for each in segments
        ]

    def _complete(self) -> list[Event]:
        whole, llc = self._session.reception.whole(), _LLC_OF_PEER[self._role]
        if not whole.startswith(llc):
            return self._drop("hdlc-llc-wrong", len(whole))
        return [Apdu(whole[len(llc) :])]

    def _drop(self, code: str, octets: int) -> list[Event]:
        """The peer sends APDUs without end or without LLC header: the connection ends."""
        garbage = Garbage(code=code, octets=octets)
        self._session = _Session(self._limit)
        if self._role is Role.CLIENT:
            return [garbage, Reply(self.disconnect())]
        self._state = State.DISCONNECTED
        return [garbage, Reply(self._unnumbered(Kind.DISCONNECTED_MODE)), Disconnected()]

    def _snrm(self) -> bytes:
        return self._unnumbered(Kind.SET_NORMAL_RESPONSE_MODE, self._own.encode())

    def _unnumbered(self, kind: Kind, information: bytes = b"") -> bytes:
        return self._ends.frame(Control(kind=kind), information)

    def _step(self, signal: Signal) -> None:
        following = follow(self._role, self._state, signal)
        if following is None:
            raise LocalError("hdlc-out-of-turn", f"A link that is {self._state} cannot {signal}.")
        self._state = following
