"""The client's half of DLMS: opens an association, asks, closes it."""

from collections.abc import Sequence

from meterkast.model.errors import LocalError, MeterkastError, PeerError, TrustError
from meterkast.protocols.axdr import Data
from meterkast.protocols.dlms import apdu
from meterkast.protocols.dlms.acse import (
    Aare,
    Aarq,
    ApplicationContext,
    AssociationResult,
    Diagnostic,
    Mechanism,
    Rlre,
    Rlrq,
)
from meterkast.protocols.dlms.apdu import (
    AttributeDescriptor,
    ExceptionResponse,
    InitiateRequest,
    InitiateResponse,
    MethodDescriptor,
    Selection,
)
from meterkast.protocols.dlms.apdu.access import AccessSpecification
from meterkast.protocols.dlms.association import (
    MAX_PDU_SIZE,
    SERVICES,
    SMALLEST_PDU,
    Association,
    Signal,
    State,
)
from meterkast.protocols.dlms.ciphering import OVERHEAD, Ciphering, Protection, Sealed, open_initiate
from meterkast.protocols.dlms.event import Associated, Event, Refused, Released, Result, Send
from meterkast.protocols.dlms.exchange import RESULT_LIMIT, Exchange
from meterkast.protocols.dlms.hls import REPLY_TO_CHALLENGE, Authentication, Handshake, Password
from meterkast.protocols.dlms.hls5 import Hls5


class Client:
    """One association with one server. Calls give APDUs to send; feed the answers to ``receive``.

    With an HLS mechanism the server must prove itself too: an association without that proof is refused,
    however willing the server is. With ``protection`` everything but the frame of AARQ and AARE is protected,
    and an answer in the clear is refused.

    Args:
        hls5: our side of mechanism 5; None for an association without security, as the public client has.
        authentication: the same for any other mechanism.
        protection: how we protect messages and how the server must.
        dedicated_key: a key for this association alone, fresh each time.
        max_pdu_size: the longest APDU we take; longer answers come in blocks.
        result_limit: a longer answer in blocks is refused.
    """

    def __init__(
        self,
        *,
        hls5: Hls5 | None = None,
        authentication: Authentication | Password | None = None,
        protection: Protection | None = None,
        dedicated_key: bytes | None = None,
        max_pdu_size: int = MAX_PDU_SIZE,
        result_limit: int = RESULT_LIMIT,
    ) -> None:
        self._proof = authentication or hls5
        self._protection = protection
        self._dedicated_key = dedicated_key
        self._max_pdu_size = max_pdu_size
        self._result_limit = result_limit
        self._association = Association()
        self._exchange = Exchange()
        self._handshake: Handshake | None = None
        self._ciphering: Ciphering | None = None

    @property
    def state(self) -> State:
        """Where the association stands."""
        return self._association.state

    def aarq(self) -> bytes:
        """Asks for the association; answered by ``Associated`` or ``Refused``.

        Raises:
            LocalError: ``association-out-of-turn``.
        """
        self._association.step(Signal.REQUEST)
        self._ciphering = None if self._protection is None else Ciphering(self._protection)
        self._handshake = None
        context, title = ApplicationContext.LN_NO_CIPHERING, None
        if self._ciphering is not None:
            context, title = ApplicationContext.LN_CIPHERING, self._ciphering.title
        if isinstance(self._proof, Password):
            mechanism, shown = Mechanism.LOW, self._proof.secret
        elif self._proof is not None:
            self._handshake = Handshake(self._proof)
            title, mechanism = self._handshake.title or title, self._handshake.mechanism
            shown = self._handshake.challenge
        else:
            mechanism, shown = None, None
        return Aarq(
            context=context,
            calling_title=title,
            mechanism=mechanism,
            authentication=shown,
            user_information=self._initiate(),
        ).encode()

    def get(self, attribute: AttributeDescriptor, selection: Selection | None = None) -> bytes:
        """Asks for an attribute; answered by ``Result`` or ``Failed``."""
        return self._sealed(self._open_exchange().get(attribute, selection))

    def get_list(self, attributes: Sequence[AttributeDescriptor]) -> bytes:
        """Asks for several attributes; answered by ``Results`` or ``Failed``."""
        return self._sealed(self._open_exchange().get_list(attributes))

    def set(self, attribute: AttributeDescriptor, value: Data, selection: Selection | None = None) -> bytes:
        """Writes an attribute; answered by ``Result`` (null-data) or ``Failed``."""
        return self._sealed(self._open_exchange().set(attribute, value, selection))

    def set_list(self, values: Sequence[tuple[AttributeDescriptor, Data]]) -> bytes:
        """Writes several attributes; answered by ``Results`` (a code for each) or ``Failed``."""
        return self._sealed(self._open_exchange().set_list(values))

    def act(self, method: MethodDescriptor, parameters: Data | None = None) -> bytes:
        """Calls a method; answered by ``Result`` (what it returned) or ``Failed``."""
        return self._sealed(self._open_exchange().act(method, parameters))

    def act_list(self, calls: Sequence[tuple[MethodDescriptor, Data]]) -> bytes:
        """Calls several methods; answered by ``Outcomes`` or ``Failed``."""
        return self._sealed(self._open_exchange().act_list(calls))

    def access(self, wanted: Sequence[tuple[AccessSpecification, Data]]) -> bytes:
        """Reads, writes and calls in one message; answered by ``Accessed`` or ``Failed``."""
        return self._sealed(self._open_exchange().access(wanted))

    def release(self) -> bytes:
        """Closes the association; answered by ``Released``.

        Raises:
            LocalError: ``association-out-of-turn``.
        """
        self._association.step(Signal.RELEASE)
        information = None if self._ciphering is None else self._initiate()
        return Rlrq(reason=0, user_information=information).encode()

    def receive(self, octets: bytes) -> list[Event]:
        """Reads what the server sends.

        Raises:
            PeerError: ``apdu-…``, ``acse-…``, ``dlms-…`` where the server does not keep to the protocol.
            TrustError: ``hls-…`` where it does not prove itself, ``security-…`` where a message is not
                protected as agreed. Before it has proved itself the association is closed then.
        """
        if self.state is State.ASSOCIATED:
            return self._exchanged(self._opened(octets))
        if self.state is State.CHALLENGED and self._handshake is not None:
            return self._authenticate(octets, self._handshake)
        answer = apdu.decode(octets)
        if self.state is State.REQUESTED and isinstance(answer, Aare):
            return self._admitted(answer)
        if self.state is State.REQUESTED and isinstance(answer, ExceptionResponse):
            self._association.step(Signal.REJECT)
            return [Refused(Diagnostic.NO_REASON_GIVEN)]
        if self.state is State.RELEASING and isinstance(answer, Rlre):
            self._association.step(Signal.END)
            return [Released()]
        raise PeerError("dlms-unexpected", "The server sends what has no place now.")

    def lose(self) -> None:
        """The layer below is gone, and the association with it."""
        self._association.step(Signal.LOSE)

    def _initiate(self) -> bytes:
        request = InitiateRequest(
            conformance=SERVICES, max_pdu_size=self._max_pdu_size, dedicated_key=self._dedicated_key
        ).encode()
        return request if self._ciphering is None else self._ciphering.seal(request, initiating=True)

    def _sealed(self, octets: bytes) -> bytes:
        return octets if self._ciphering is None else self._ciphering.seal(octets)

    def _opened(self, octets: bytes) -> bytes:
        """The message inside; an exception-response may come in the clear, as it needs no key at hand."""
        if self._ciphering is None:
            return octets
        message = apdu.decode(octets)
        if isinstance(message, ExceptionResponse):
            return octets
        if not isinstance(message, Sealed):
            raise TrustError("security-policy", "The server answers in the clear.")
        return self._ciphering.open(message)

    def _exchanged(self, octets: bytes) -> list[Event]:
        return [
            Send(self._sealed(event.apdu)) if isinstance(event, Send) else event
            for event in self._exchange.receive(octets)
        ]

    def _open_exchange(self) -> Exchange:
        if self.state is not State.ASSOCIATED:
            raise LocalError("association-out-of-turn", f"Nothing can be asked while {self.state}.")
        return self._exchange

    def _admitted(self, answer: Aare) -> list[Event]:
        if answer.result is not AssociationResult.ACCEPTED:
            self._association.step(Signal.REJECT)
            return [Refused(answer.diagnostic)]
        try:
            initiate = _initiate_response(self._responded(answer))
            room = initiate.max_pdu_size - (OVERHEAD if self._ciphering else 0)
            self._exchange = Exchange(
                max_request=room, result_limit=self._result_limit, conformance=initiate.conformance
            )
            challenged = answer.diagnostic is Diagnostic.AUTHENTICATION_REQUIRED
            if self._handshake is None:
                return self._accepted(initiate, challenged=challenged)
            if not challenged or answer.mechanism is not self._handshake.mechanism:
                raise TrustError("hls-missing", "The server opens the association without proving itself.")
            return self._challenged(self._handshake, answer)
        except MeterkastError:
            self._association.step(Signal.REJECT)
            raise

    def _responded(self, answer: Aare) -> bytes:
        """The server's InitiateResponse; from then on the dedicated key is in force."""
        if self._ciphering is None:
            return answer.user_information or b""
        self._ciphering.meet(answer.responding_title)
        response = open_initiate(self._ciphering, answer.user_information)
        if self._dedicated_key is not None:
            self._ciphering.dedicate(self._dedicated_key)
        return response

    def _accepted(self, initiate: InitiateResponse, *, challenged: bool) -> list[Event]:
        if challenged:
            raise PeerError("dlms-unexpected", "The server asks for a proof that was not offered.")
        self._association.step(Signal.ACCEPT)
        return [Associated(max_pdu_size=initiate.max_pdu_size)]

    def _challenged(self, handshake: Handshake, answer: Aare) -> list[Event]:
        """Pass 2 has come: answers the server's challenge with pass 3."""
        handshake.meet(answer.responding_title, answer.authentication)
        self._association.step(Signal.CHALLENGE)
        return [Send(self._sealed(self._exchange.act(REPLY_TO_CHALLENGE, handshake.prove())))]

    def _authenticate(self, answer: bytes, handshake: Handshake) -> list[Event]:
        """Pass 4: the server's answer to our challenge, which must hold."""
        try:
            match self._exchanged(self._opened(answer)):
                case [Result(proof)]:
                    handshake.verify(proof)
                case _:
                    raise TrustError("hls-refused", "The server does not accept our proof.")
        except (PeerError, TrustError):
            self._association.step(Signal.DISPROVE)
            raise
        self._association.step(Signal.PROVE)
        return [Associated(max_pdu_size=self._exchange.max_request)]


def _initiate_response(octets: bytes) -> InitiateResponse:
    """What the server settled on.

    Raises:
        PeerError: ``dlms-initiate`` where it is not an answer to what we proposed.
    """
    response = apdu.decode(octets)
    if not isinstance(response, InitiateResponse) or response.conformance & ~SERVICES:
        raise PeerError("dlms-initiate", "The server accepts something else than was proposed.")
    if response.max_pdu_size < SMALLEST_PDU:
        raise PeerError("dlms-initiate", "The server takes no APDU long enough to ask for anything.")
    return response
