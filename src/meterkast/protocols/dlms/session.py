"""One client's association on a server: admission, proof, protection, requests, release."""

from collections.abc import Callable

from meterkast.model.errors import MeterkastError, PeerError, TrustError
from meterkast.protocols.dlms import apdu
from meterkast.protocols.dlms.acse import Aare, Aarq, Rlre, Rlrq
from meterkast.protocols.dlms.admission import Admission, NotAdmitted, admit, rejection
from meterkast.protocols.dlms.apdu import (
    ActionRequestNormal,
    ActionResponseNormal,
    ActionResult,
    Apdu,
    ExceptionResponse,
    InitiateResponse,
)
from meterkast.protocols.dlms.apdu.fault import (
    DECIPHERING_ERROR,
    OPERATION_NOT_POSSIBLE,
    OTHER_REASON,
    SERVICE_NOT_ALLOWED,
    SERVICE_NOT_SUPPORTED,
    SERVICE_UNKNOWN,
)
from meterkast.protocols.dlms.association import Association, Signal, State
from meterkast.protocols.dlms.ciphering import OVERHEAD, Sealed, open_initiate
from meterkast.protocols.dlms.grant import Grant
from meterkast.protocols.dlms.hls import REPLY_TO_CHALLENGE, Handshake
from meterkast.protocols.dlms.object_model import ObjectModel
from meterkast.protocols.dlms.operations import Operations
from meterkast.protocols.dlms.services import Request, Services

_NOT_ALLOWED = ExceptionResponse(SERVICE_NOT_ALLOWED, OPERATION_NOT_POSSIBLE).encode()
_NOT_PROTECTED = ExceptionResponse(SERVICE_NOT_ALLOWED, DECIPHERING_ERROR).encode()
_NOT_UNDERSTOOD = ExceptionResponse(SERVICE_UNKNOWN, OTHER_REASON).encode()


class Session:
    """Answers one client.

    Args:
        objects: what there is.
        grant: what this client may do, how it must prove itself and protect its messages.
        max_pdu_size: the longest APDU we take and send.
        report: takes the code of each security event, and the system title that the client claims.
    """

    def __init__(
        self,
        objects: ObjectModel,
        grant: Grant,
        *,
        max_pdu_size: int,
        report: Callable[[str, bytes | None], None] = lambda _code, _claimed: None,
    ) -> None:
        self._objects = objects
        self._grant = grant
        self._max_pdu_size = max_pdu_size
        self._report = report
        self._association = Association()
        self._admission: Admission | None = None
        self._services: Services | None = None

    @property
    def state(self) -> State:
        """Where the association stands."""
        return self._association.state

    def answer(self, request: Apdu) -> bytes:
        """The answer to whatever the client sends."""
        if isinstance(request, Aarq):
            return self._admit(request).encode()
        if isinstance(request, Rlrq) and self._association.allows(Signal.RELEASE):
            return self._release(request)
        ciphering = None if self._admission is None else self._admission.ciphering
        if ciphering is None:
            return self._serve(request)
        if not isinstance(request, Sealed):
            return self._unprotected("security-policy")
        try:
            plain = ciphering.open(request)
        except MeterkastError as error:
            return self._unprotected(error.code)
        try:
            inner = apdu.decode(plain)
        except PeerError:
            return ciphering.seal(_NOT_UNDERSTOOD)
        return ciphering.seal(self._serve(inner))

    def lose(self) -> None:
        """The layer below is gone, and the association with it."""
        self._association.step(Signal.LOSE)
        self._forget()

    def _serve(self, request: Apdu) -> bytes:
        if self.state is State.CHALLENGED and self._admission is not None and self._admission.handshake:
            return self._authenticate(request, self._admission.handshake)
        if self.state is not State.ASSOCIATED or self._services is None:
            return _NOT_ALLOWED
        if not isinstance(request, Request):
            return ExceptionResponse(SERVICE_UNKNOWN, SERVICE_NOT_SUPPORTED).encode()
        if not request.invoke.confirmed or not self._services.supports(request):
            return ExceptionResponse(SERVICE_NOT_ALLOWED, SERVICE_NOT_SUPPORTED).encode()
        return self._services.answer(request)

    def _admit(self, aarq: Aarq) -> Aare:
        """An AARQ, which also puts an end to whatever association there was."""
        self._association.step(Signal.REQUEST)
        self._forget()
        try:
            admission = admit(aarq, self._grant)
        except NotAdmitted as refusal:
            self._association.step(Signal.REJECT)
            if refusal.event is not None:
                self._report(refusal.event, aarq.calling_title)
            return rejection(refusal, self._grant)
        self._admission = admission
        takes = min(admission.initiate.max_pdu_size or self._max_pdu_size, self._max_pdu_size)
        self._services = Services(
            Operations(self._objects, self._grant, lambda code: self._report(code, aarq.calling_title)),
            conformance=admission.conformance,
            pdu_size=takes - (OVERHEAD if admission.ciphering else 0),
        )
        self._association.step(Signal.CHALLENGE if admission.handshake else Signal.ACCEPT)
        return admission.acceptance(self._initiated(admission))

    def _initiated(self, admission: Admission) -> bytes:
        response = InitiateResponse(
            conformance=admission.conformance, max_pdu_size=self._max_pdu_size
        ).encode()
        return admission.ciphering.seal(response, initiating=True) if admission.ciphering else response

    def _authenticate(self, request: Apdu, handshake: Handshake) -> bytes:
        """Pass 3: nothing but the client's proof has a place now; ours goes out only after it holds."""
        if not isinstance(request, ActionRequestNormal) or request.method != REPLY_TO_CHALLENGE:
            return _NOT_ALLOWED
        try:
            handshake.verify(request.parameters)
        except TrustError as error:
            self._association.step(Signal.DISPROVE)
            self._report(error.code, handshake.peer_title)
            return ActionResponseNormal(request.invoke, ActionResult.OTHER_REASON).encode()
        self._association.step(Signal.PROVE)
        return ActionResponseNormal(request.invoke, ActionResult.SUCCESS, handshake.prove()).encode()

    def _release(self, request: Rlrq) -> bytes:
        """A protected association is not released by whoever can send a frame."""
        admission, information = self._admission, None
        if admission is not None and admission.ciphering is not None:
            try:
                open_initiate(admission.ciphering, request.user_information)
            except MeterkastError as error:
                return self._unprotected(error.code)
            information = self._initiated(admission)
        self._association.step(Signal.RELEASE)
        self._association.step(Signal.END)
        self._forget()
        return Rlre(reason=0, user_information=information).encode()

    def _unprotected(self, code: str) -> bytes:
        """The one answer to a message that is not protected as agreed, whatever is wrong with it."""
        title = None if self._admission is None else self._admission.peer_title
        self._report(code, title)
        return _NOT_PROTECTED

    def _forget(self) -> None:
        self._admission = self._services = None
