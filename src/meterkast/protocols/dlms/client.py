"""The client's half of DLMS: opens an association, asks, closes it."""

from collections.abc import Sequence

from meterkast.model.errors import LocalError, PeerError, TrustError
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
from meterkast.protocols.dlms.association import (
    MAX_PDU_SIZE,
    SERVICES,
    SMALLEST_PDU,
    Association,
    Signal,
    State,
)
from meterkast.protocols.dlms.event import Associated, Event, Refused, Released, Result, Send
from meterkast.protocols.dlms.exchange import RESULT_LIMIT, Exchange
from meterkast.protocols.dlms.hls5 import REPLY_TO_CHALLENGE, Handshake, Hls5


class Client:
    """One association with one server. Calls give APDUs to send; feed the answers to ``receive``.

    With ``hls5`` the server must prove itself too: an association without that proof is refused, however
    willing the server is.

    Args:
        hls5: our side of mechanism 5; None for an association without security, as the public client has.
        max_pdu_size: the longest APDU we take; longer answers come in blocks.
        result_limit: a longer answer in blocks is refused.
    """

    def __init__(
        self, *, hls5: Hls5 | None = None, max_pdu_size: int = MAX_PDU_SIZE, result_limit: int = RESULT_LIMIT
    ) -> None:
        self._hls5 = hls5
        self._max_pdu_size = max_pdu_size
        self._result_limit = result_limit
        self._association = Association()
        self._exchange = Exchange()
        self._handshake: Handshake | None = None

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
        initiate = InitiateRequest(conformance=SERVICES, max_pdu_size=self._max_pdu_size).encode()
        if self._hls5 is None:
            return Aarq(context=ApplicationContext.LN_NO_CIPHERING, user_information=initiate).encode()
        self._handshake = Handshake(self._hls5)
        return Aarq(
            context=ApplicationContext.LN_NO_CIPHERING,
            calling_title=self._handshake.title,
            mechanism=Mechanism.HLS_GMAC,
            authentication=self._handshake.challenge,
            user_information=initiate,
        ).encode()

    def get(self, attribute: AttributeDescriptor, selection: Selection | None = None) -> bytes:
        """Asks for an attribute; answered by ``Result`` or ``Failed``."""
        return self._open_exchange().get(attribute, selection)

    def get_list(self, attributes: Sequence[AttributeDescriptor]) -> bytes:
        """Asks for several attributes; answered by ``Results`` or ``Failed``."""
        return self._open_exchange().get_list(attributes)

    def set(self, attribute: AttributeDescriptor, value: Data) -> bytes:
        """Writes an attribute; answered by ``Result`` (null-data) or ``Failed``."""
        return self._open_exchange().set(attribute, value)

    def act(self, method: MethodDescriptor, parameters: Data | None = None) -> bytes:
        """Calls a method; answered by ``Result`` (what it returned) or ``Failed``."""
        return self._open_exchange().act(method, parameters)

    def release(self) -> bytes:
        """Closes the association; answered by ``Released``.

        Raises:
            LocalError: ``association-out-of-turn``.
        """
        self._association.step(Signal.RELEASE)
        return Rlrq(reason=0).encode()

    def receive(self, octets: bytes) -> list[Event]:
        """Reads what the server sends.

        Raises:
            PeerError: ``apdu-…``, ``acse-…``, ``dlms-…`` where the server does not keep to the protocol.
            TrustError: ``hls-…`` where it does not prove itself. The association is closed then.
        """
        if self.state is State.ASSOCIATED:
            return self._exchange.receive(octets)
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

    def _open_exchange(self) -> Exchange:
        if self.state is not State.ASSOCIATED:
            raise LocalError("association-out-of-turn", f"Nothing can be asked while {self.state}.")
        return self._exchange

    def _admitted(self, answer: Aare) -> list[Event]:
        if answer.result is not AssociationResult.ACCEPTED:
            self._association.step(Signal.REJECT)
            return [Refused(answer.diagnostic)]
        try:
            initiate = _initiate_response(answer.user_information)
            self._exchange = Exchange(max_request=initiate.max_pdu_size, result_limit=self._result_limit)
            challenged = answer.diagnostic is Diagnostic.AUTHENTICATION_REQUIRED
            if self._handshake is None:
                return self._accepted(initiate, challenged=challenged)
            if not challenged or answer.mechanism is not Mechanism.HLS_GMAC:
                raise TrustError("hls-missing", "The server opens the association without proving itself.")
            return self._challenged(self._handshake, answer)
        except (PeerError, TrustError):
            self._association.step(Signal.REJECT)
            raise

    def _accepted(self, initiate: InitiateResponse, *, challenged: bool) -> list[Event]:
        if challenged:
            raise PeerError("dlms-unexpected", "The server asks for a proof that was not offered.")
        self._association.step(Signal.ACCEPT)
        return [Associated(max_pdu_size=initiate.max_pdu_size)]

    def _challenged(self, handshake: Handshake, answer: Aare) -> list[Event]:
        """Pass 2 has come: answers the server's challenge with pass 3."""
        handshake.meet(answer.responding_title, answer.authentication)
        self._association.step(Signal.CHALLENGE)
        return [Send(self._exchange.act(REPLY_TO_CHALLENGE, handshake.prove()))]

    def _authenticate(self, answer: bytes, handshake: Handshake) -> list[Event]:
        """Pass 4: the server's answer to our challenge, which must hold."""
        try:
            match self._exchange.receive(answer):
                case [Result(proof)]:
                    handshake.verify(proof)
                case _:
                    raise TrustError("hls-refused", "The server does not accept our proof.")
        except (PeerError, TrustError):
            self._association.step(Signal.DISPROVE)
            raise
        self._association.step(Signal.PROVE)
        return [Associated(max_pdu_size=self._exchange.max_request)]


def _initiate_response(octets: bytes | None) -> InitiateResponse:
    """What the server settled on.

    Raises:
        PeerError: ``dlms-initiate`` where it is not an answer to what we proposed.
    """
    response = apdu.decode(octets or b"")
    if not isinstance(response, InitiateResponse) or response.conformance & ~SERVICES:
        raise PeerError("dlms-initiate", "The server accepts something else than was proposed.")
    if response.max_pdu_size < SMALLEST_PDU:
        raise PeerError("dlms-initiate", "The server takes no APDU long enough to ask for anything.")
    return response
