"""A client's side of an association: opened, proved, protected, closed, whatever is asked over it."""

from meterkast.model.errors import LocalError, MeterkastError, PeerError, TrustError
from meterkast.protocols.dlms import apdu
from meterkast.protocols.dlms.acse import Aare, AssociationResult, Diagnostic, Rlre, Rlrq
from meterkast.protocols.dlms.apdu import Apdu, Conformance, ExceptionResponse
from meterkast.protocols.dlms.association import Association, Signal, State
from meterkast.protocols.dlms.event import Associated, Event, Refused, Released, Result, Send
from meterkast.protocols.dlms.exchange import Exchange
from meterkast.protocols.dlms.hls import REPLY_TO_CHALLENGE, Handshake
from meterkast.protocols.dlms.opening import Opening, Proposal, Settled


class ClientAssociation:
    """One association at a time, with one server.

    Args:
        proposal: what is asked for.
    """

    def __init__(self, proposal: Proposal) -> None:
        self._proposal = proposal
        self._association = Association()
        self._opening: Opening | None = None
        self._settled: Settled | None = None
        self._proving = Exchange()

    @property
    def state(self) -> State:
        """Where the association stands."""
        return self._association.state

    @property
    def conformance(self) -> Conformance:
        """The services that were agreed."""
        return self._open().conformance

    @property
    def room(self) -> int:
        """Octets of the longest message the server takes, protection not counted."""
        return self._open().channel.room

    def aarq(self) -> bytes:
        """Asks for the association; answered by ``Associated`` or ``Refused``.

        Raises:
            LocalError: ``association-out-of-turn``.
        """
        self._association.step(Signal.REQUEST)
        self._opening, self._settled = Opening(self._proposal), None
        return self._opening.aarq()

    def check_open(self) -> None:
        """Whether anything can be asked.

        Raises:
            LocalError: ``association-out-of-turn``.
        """
        if self.state is not State.ASSOCIATED:
            raise LocalError("association-out-of-turn", f"Nothing can be asked while {self.state}.")

    def ask(self, request: bytes) -> bytes:
        """A request on its way: the APDU to send now, whole or its first block."""
        self.check_open()
        return self._open().channel.ask(request)[0]

    def tell(self, message: bytes) -> bytes:
        """A message that begins nothing and is short."""
        self.check_open()
        return self._open().channel.tell(message)[0]

    def repeat(self, *, waiting: bool) -> list[bytes]:
        """What to send after silence, where general blocks were agreed; ``waiting`` for an answer.

        Raises:
            PeerError: ``gbt-repeats`` where it was sent often enough.
        """
        waiting = waiting or self.state is State.CHALLENGED
        return [] if self._settled is None else self._settled.channel.repeat(waiting=waiting)

    def release(self) -> bytes:
        """Closes the association; answered by ``Released``.

        Raises:
            LocalError: ``association-out-of-turn``.
        """
        self._association.step(Signal.RELEASE)
        opening = None if self._proposal.protection is None else self._opening
        information = None if opening is None else opening.initiate()
        return Rlrq(reason=0, user_information=information).encode()

    def lose(self) -> None:
        """The layer below is gone, and the association with it."""
        self._association.step(Signal.LOSE)
        self._settled = None

    def receive(self, octets: bytes) -> tuple[list[Event], Apdu | None]:
        """What the server's APDU brings about, and the message in it where it is not the association's own.

        Raises:
            PeerError, TrustError: as for ``Client.receive``.
        """
        match self.state:
            case State.ASSOCIATED:
                return self._opened(octets)
            case State.CHALLENGED if self._opening is not None and self._opening.handshake is not None:
                return self._authenticate(octets, self._opening.handshake), None
        answer = apdu.decode(octets)
        if self.state is State.REQUESTED and isinstance(answer, Aare) and self._opening is not None:
            return self._admitted(answer, self._opening), None
        if self.state is State.REQUESTED and isinstance(answer, ExceptionResponse):
            self._association.step(Signal.REJECT)
            return [Refused(Diagnostic.NO_REASON_GIVEN)], None
        if self.state is State.RELEASING and isinstance(answer, Rlre):
            self._association.step(Signal.END)
            self._settled = None
            return [Released()], None
        raise PeerError("dlms-unexpected", "The server sends what has no place now.")

    def _admitted(self, answer: Aare, opening: Opening) -> list[Event]:
        if answer.result is not AssociationResult.ACCEPTED:
            self._association.step(Signal.REJECT)
            return [Refused(answer.diagnostic)]
        try:
            self._settled = opening.settle(answer)
        except MeterkastError:
            self._association.step(Signal.REJECT)
            raise
        if opening.handshake is None:
            self._association.step(Signal.ACCEPT)
            return [self._associated()]
        self._association.step(Signal.CHALLENGE)
        self._proving = Exchange(max_request=self.room, conformance=self.conformance)
        proof = opening.handshake.prove()
        try:
            return [self._sent(self._proving.act(REPLY_TO_CHALLENGE, proof))]
        except LocalError:
            self._association.step(Signal.DISPROVE)
            raise PeerError("dlms-initiate", "The server takes no APDU long enough for our proof.") from None

    def _authenticate(self, octets: bytes, handshake: Handshake) -> list[Event]:
        """Pass 4: the server's answer to our challenge, which must hold."""
        try:
            events, message = self._opened(octets)
            if message is None:
                return events
            match self._proving.answered(message):
                case [Result(proof)]:
                    handshake.verify(proof)
                case [Send(following)]:
                    return [self._sent(following)]
                case _:
                    raise TrustError("hls-refused", "The server does not accept our proof.")
        except (PeerError, TrustError):
            self._association.step(Signal.DISPROVE)
            raise
        self._association.step(Signal.PROVE)
        return [self._associated()]

    def _opened(self, octets: bytes) -> tuple[list[Event], Apdu | None]:
        """The message inside; an exception-response may come in the clear, as it needs no key at hand."""
        channel = self._open().channel
        replies, message = channel.assemble(apdu.decode(octets))
        events: list[Event] = [Send(reply) for reply in replies]
        if message is None or isinstance(message, ExceptionResponse):
            return events, message
        return events, channel.open(message)

    def _sent(self, request: bytes) -> Send:
        return Send(self._open().channel.ask(request)[0])

    def _associated(self) -> Associated:
        return Associated(max_pdu_size=self._open().max_pdu_size)

    def _open(self) -> Settled:
        if self._settled is None:
            raise LocalError("association-out-of-turn", "There is no association.")
        return self._settled
