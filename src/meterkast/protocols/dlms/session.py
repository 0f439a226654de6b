"""One client's association on a server: admission, proof, requests, release."""

from meterkast.model.errors import PeerError, TrustError
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
    ActionRequestNormal,
    ActionResponseNormal,
    ActionResult,
    Apdu,
    ConfirmedServiceError,
    Conformance,
    ExceptionResponse,
    InitiateRequest,
    InitiateResponse,
)
from meterkast.protocols.dlms.apdu.fault import (
    OPERATION_NOT_POSSIBLE,
    SERVICE_NOT_ALLOWED,
    SERVICE_NOT_SUPPORTED,
    SERVICE_UNKNOWN,
)
from meterkast.protocols.dlms.association import SERVICES, SMALLEST_PDU, Association, Signal, State
from meterkast.protocols.dlms.grant import Grant
from meterkast.protocols.dlms.hls5 import REPLY_TO_CHALLENGE, Handshake
from meterkast.protocols.dlms.object_model import ObjectModel
from meterkast.protocols.dlms.services import Request, Response, Services

_INITIATE_ERROR, _INITIATE = 1, 6  # ConfirmedServiceError: initiateError, kind initiate
_VERSION_TOO_LOW, _INCOMPATIBLE, _PDU_TOO_SHORT, _REFUSED = 1, 2, 3, 4
_VERSION = 6
_NOT_ALLOWED = ExceptionResponse(SERVICE_NOT_ALLOWED, OPERATION_NOT_POSSIBLE)


class _NotAdmitted(Exception):
    """Why an AARQ is refused: a diagnostic, and for the xDLMS part the number of an initiate error."""

    def __init__(self, diagnostic: Diagnostic, initiate_error: int | None = None) -> None:
        super().__init__(diagnostic.name)
        self.diagnostic = diagnostic
        self.initiate_error = initiate_error


class Session:
    """Answers one client.

    Args:
        objects: what there is.
        grant: what this client may do, and how it must prove itself.
        max_pdu_size: the longest APDU we take and send.
    """

    def __init__(self, objects: ObjectModel, grant: Grant, *, max_pdu_size: int) -> None:
        self._objects = objects
        self._grant = grant
        self._max_pdu_size = max_pdu_size
        self._association = Association()
        self._services: Services | None = None
        self._handshake: Handshake | None = None

    @property
    def state(self) -> State:
        """Where the association stands."""
        return self._association.state

    def answer(self, request: Apdu) -> Aare | Rlre | Response:
        """The answer to whatever the client sends."""
        if isinstance(request, Aarq):
            return self._admit(request)
        if isinstance(request, Rlrq) and self._association.allows(Signal.RELEASE):
            return self._release()
        if self.state is State.CHALLENGED and self._handshake is not None:
            return self._authenticate(request, self._handshake)
        if self.state is not State.ASSOCIATED or self._services is None:
            return _NOT_ALLOWED
        if not isinstance(request, Request):
            return ExceptionResponse(SERVICE_UNKNOWN, SERVICE_NOT_SUPPORTED)
        if not request.invoke.confirmed or not self._services.supports(request):
            return ExceptionResponse(SERVICE_NOT_ALLOWED, SERVICE_NOT_SUPPORTED)
        return self._services.answer(request)

    def lose(self) -> None:
        """The layer below is gone, and the association with it."""
        self._association.step(Signal.LOSE)
        self._services = None

    def _admit(self, aarq: Aarq) -> Aare:
        """An AARQ, which also puts an end to whatever association there was."""
        self._association.step(Signal.REQUEST)
        self._services = None
        try:
            _check_context(aarq)
            self._handshake = self._begin_handshake(aarq)
            initiate = _initiate_request(aarq.user_information)
        except _NotAdmitted as refusal:
            self._association.step(Signal.REJECT)
            return _rejection(refusal)
        return self._accept(self._agree(initiate))

    def _agree(self, initiate: InitiateRequest) -> bytes:
        """Settles services and sizes; gives the InitiateResponse."""
        conformance = initiate.conformance & SERVICES
        self._services = Services(
            self._objects,
            self._grant,
            conformance=conformance,
            pdu_size=min(initiate.max_pdu_size or self._max_pdu_size, self._max_pdu_size),
        )
        return InitiateResponse(conformance=conformance, max_pdu_size=self._max_pdu_size).encode()

    def _accept(self, initiate: bytes) -> Aare:
        if self._handshake is None:
            self._association.step(Signal.ACCEPT)
            return Aare(
                context=ApplicationContext.LN_NO_CIPHERING,
                result=AssociationResult.ACCEPTED,
                user_information=initiate,
            )
        self._association.step(Signal.CHALLENGE)
        return Aare(
            context=ApplicationContext.LN_NO_CIPHERING,
            result=AssociationResult.ACCEPTED,
            diagnostic=Diagnostic.AUTHENTICATION_REQUIRED,
            responding_title=self._handshake.title,
            mechanism=Mechanism.HLS_GMAC,
            authentication=self._handshake.challenge,
            user_information=initiate,
        )

    def _begin_handshake(self, aarq: Aarq) -> Handshake | None:
        """Pass 1: where mechanism 5 is demanded the client must ask for it and present a challenge."""
        if self._grant.hls5 is None:
            if aarq.mechanism not in (None, Mechanism.LOWEST):
                raise _NotAdmitted(Diagnostic.AUTHENTICATION_MECHANISM_NAME_NOT_RECOGNISED)
            return None
        if aarq.mechanism is None:
            raise _NotAdmitted(Diagnostic.AUTHENTICATION_MECHANISM_NAME_REQUIRED)
        if aarq.mechanism is not Mechanism.HLS_GMAC:
            raise _NotAdmitted(Diagnostic.AUTHENTICATION_MECHANISM_NAME_NOT_RECOGNISED)
        handshake = Handshake(self._grant.hls5)
        try:
            handshake.meet(aarq.calling_title, aarq.authentication)
        except TrustError:
            raise _NotAdmitted(Diagnostic.AUTHENTICATION_FAILURE) from None
        return handshake

    def _authenticate(self, request: Apdu, handshake: Handshake) -> Response:
        """Pass 3: nothing but the client's proof has a place now; ours goes out only after it holds."""
        if not isinstance(request, ActionRequestNormal) or request.method != REPLY_TO_CHALLENGE:
            return _NOT_ALLOWED
        try:
            handshake.verify(request.parameters)
        except TrustError:
            self._association.step(Signal.DISPROVE)
            return ActionResponseNormal(request.invoke, ActionResult.OTHER_REASON)
        self._association.step(Signal.PROVE)
        return ActionResponseNormal(request.invoke, ActionResult.SUCCESS, handshake.prove())

    def _release(self) -> Rlre:
        self._association.step(Signal.RELEASE)
        self._association.step(Signal.END)
        self._services = None
        return Rlre(reason=0)


def _check_context(aarq: Aarq) -> None:
    if aarq.context is not ApplicationContext.LN_NO_CIPHERING:
        raise _NotAdmitted(Diagnostic.APPLICATION_CONTEXT_NAME_NOT_SUPPORTED)


def _initiate_request(user_information: bytes | None) -> InitiateRequest:
    """What the client proposes, where it can be agreed to."""
    try:
        initiate = apdu.decode(user_information or b"")
    except PeerError:
        raise _NotAdmitted(Diagnostic.NO_REASON_GIVEN, _REFUSED) from None
    if not isinstance(initiate, InitiateRequest) or initiate.dedicated_key is not None:
        raise _NotAdmitted(Diagnostic.NO_REASON_GIVEN, _REFUSED)
    if initiate.version < _VERSION:
        raise _NotAdmitted(Diagnostic.NO_REASON_GIVEN, _VERSION_TOO_LOW)
    if Conformance.GET not in initiate.conformance:
        raise _NotAdmitted(Diagnostic.NO_REASON_GIVEN, _INCOMPATIBLE)
    if 0 < initiate.max_pdu_size < SMALLEST_PDU:
        raise _NotAdmitted(Diagnostic.NO_REASON_GIVEN, _PDU_TOO_SHORT)
    return initiate


def _rejection(refusal: _NotAdmitted) -> Aare:
    error = refusal.initiate_error
    fault = None if error is None else ConfirmedServiceError(_INITIATE_ERROR, _INITIATE, error).encode()
    return Aare(
        context=ApplicationContext.LN_NO_CIPHERING,
        result=AssociationResult.REJECTED_PERMANENT,
        diagnostic=refusal.diagnostic,
        user_information=fault,
    )
