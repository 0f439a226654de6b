"""One client's association on a server: admission, proof, protection, requests, notifications, release."""

from collections.abc import Callable

from meterkast.model.errors import LocalError, MeterkastError, PeerError, TrustError
from meterkast.protocols.dlms import apdu
from meterkast.protocols.dlms.acse import Aare, Aarq, Rlre, Rlrq
from meterkast.protocols.dlms.admission import Admission, NotAdmitted, admit, rejection
from meterkast.protocols.dlms.apdu import (
    ActionRequestNormal,
    ActionResponseNormal,
    ActionResult,
    Apdu,
    Conformance,
    DataNotificationConfirm,
    ExceptionResponse,
    InitiateResponse,
)
from meterkast.protocols.dlms.apdu.fault import (
    DECIPHERING_ERROR,
    OPERATION_NOT_POSSIBLE,
    OTHER_REASON,
    PDU_TOO_LONG,
    SERVICE_NOT_ALLOWED,
    SERVICE_UNKNOWN,
)
from meterkast.protocols.dlms.apdu.initiate import VAA_NAME_LN
from meterkast.protocols.dlms.association import Association, Naming, Signal, State
from meterkast.protocols.dlms.base_names import ASSOCIATION
from meterkast.protocols.dlms.channel import Channel
from meterkast.protocols.dlms.envelope import open_initiate
from meterkast.protocols.dlms.general_block import BlockTransfer
from meterkast.protocols.dlms.grant import Grant
from meterkast.protocols.dlms.hls import REPLY_TO_CHALLENGE, Handshake
from meterkast.protocols.dlms.notices import NEEDED, Notices, Notification
from meterkast.protocols.dlms.object_model import ObjectModel
from meterkast.protocols.dlms.operations import Operations
from meterkast.protocols.dlms.services import Services
from meterkast.protocols.dlms.short_services import ShortServices

_NOT_ALLOWED = ExceptionResponse(SERVICE_NOT_ALLOWED, OPERATION_NOT_POSSIBLE).encode()
_NOT_PROTECTED = ExceptionResponse(SERVICE_NOT_ALLOWED, DECIPHERING_ERROR).encode()
_NOT_UNDERSTOOD = ExceptionResponse(SERVICE_UNKNOWN, OTHER_REASON).encode()
_TOO_LONG = ExceptionResponse(SERVICE_NOT_ALLOWED, PDU_TOO_LONG).encode()


class Session:
    """Answers one client.

    Args:
        objects: what there is.
        grant: what this client may do, how it must prove itself and protect its messages.
        max_pdu_size: the longest APDU we take and send.
        blocks: how we take longer messages in general blocks; None where we do not.
        report: takes the code of each security event, and the system title that the client claims.
    """

    def __init__(
        self,
        objects: ObjectModel,
        grant: Grant,
        *,
        max_pdu_size: int,
        blocks: BlockTransfer | None = None,
        report: Callable[[str, bytes | None], None] = lambda _code, _claimed: None,
    ) -> None:
        self._objects = objects
        self._grant = grant
        self._max_pdu_size = max_pdu_size
        self._blocks = blocks
        self._report = report
        self._association = Association()
        self._notices = Notices()
        self._admission: Admission | None = None
        self._channel: Channel | None = None
        self._services: Services | ShortServices | None = None

    @property
    def state(self) -> State:
        """Where the association stands."""
        return self._association.state

    @property
    def notices(self) -> Notices:
        """What the client has not confirmed."""
        return self._notices

    def receive(self, message: Apdu) -> list[bytes]:
        """What goes back for whatever the client sends."""
        if isinstance(message, Aarq):
            return [self._admit(message).encode()]
        if isinstance(message, Rlrq) and self._association.allows(Signal.RELEASE):
            return [self._release(message)]
        admission, channel = self._admission, self._channel
        if admission is None or channel is None:
            return [_NOT_ALLOWED]
        try:
            replies, whole = channel.assemble(message)
        except PeerError as error:
            self._report(error.code, admission.peer_title)
            return [_NOT_UNDERSTOOD]
        if whole is None:
            return replies
        try:
            plain = None if admission.envelope is None else admission.envelope.open(whole)
        except MeterkastError as error:
            return [self._unprotected(error.code)]
        try:
            request = whole if plain is None else apdu.decode(plain)
        except PeerError as error:
            self._report(error.code, admission.peer_title)
            return self._answered(_NOT_UNDERSTOOD, channel)
        answer = self._serve(request)
        return [] if answer is None else self._answered(answer, channel)

    def notify(self, message: Notification) -> list[bytes]:
        """A notification on its way.

        Raises:
            LocalError: as for ``Server.notify``.
        """
        if self.state is not State.ASSOCIATED or self._admission is None or self._channel is None:
            raise LocalError("association-out-of-turn", f"Nobody can be told anything while {self.state}.")
        if NEEDED[type(message)] not in self._admission.conformance:
            raise LocalError("dlms-not-agreed", "The client has not agreed to such notifications.")
        self._notices.note(message)
        return self._channel.tell(message.encode())

    def lose(self) -> None:
        """The layer below is gone, and the association with it."""
        self._association.step(Signal.LOSE)
        self._forget()

    def _serve(self, request: Apdu) -> bytes | None:
        if self.state is State.CHALLENGED and self._admission is not None and self._admission.handshake:
            return self._authenticate(request, self._admission.handshake)
        if self.state is not State.ASSOCIATED or self._services is None:
            return _NOT_ALLOWED
        if isinstance(request, DataNotificationConfirm):
            self._notices.confirm(request)
            return None
        return self._services.answer(request)

    def _answered(self, answer: bytes, channel: Channel) -> list[bytes]:
        try:
            return channel.answer(answer)
        except LocalError:
            return [_TOO_LONG]
        except TrustError as error:  # our counter is spent: nothing can be said under this key any more
            return [self._unprotected(error.code)]

    def _admit(self, aarq: Aarq) -> Aare:
        """An AARQ, which also puts an end to whatever association there was."""
        self._association.step(Signal.REQUEST)
        self._forget()
        try:
            admission = admit(aarq, self._grant, blocks=self._blocks is not None)
        except NotAdmitted as refusal:
            self._association.step(Signal.REJECT)
            if refusal.event is not None:
                self._report(refusal.event, aarq.calling_title)
            return rejection(refusal, self._grant)
        self._admission = admission
        in_blocks = Conformance.GENERAL_BLOCK_TRANSFER in admission.conformance
        self._channel = Channel(
            admission.envelope,
            size=min(admission.max_pdu_size or self._max_pdu_size, self._max_pdu_size),
            blocks=self._blocks if in_blocks else None,
            asks=False,
        )
        self._services = self._serving(admission, self._channel.room)
        self._association.step(Signal.CHALLENGE if admission.handshake else Signal.ACCEPT)
        return admission.acceptance(self._initiated(admission))

    def _serving(self, admission: Admission, room: int) -> Services | ShortServices:
        def report(code: str) -> None:
            self._report(code, admission.peer_title)

        operations = Operations(self._objects, self._grant, report)
        if admission.naming is Naming.LOGICAL:
            return Services(operations, conformance=admission.conformance, pdu_size=room)
        return ShortServices(
            operations, names=self._grant.short_names, conformance=admission.conformance, pdu_size=room
        )

    def _initiated(self, admission: Admission) -> bytes:
        response = InitiateResponse(
            conformance=admission.conformance,
            max_pdu_size=self._max_pdu_size,
            vaa_name=VAA_NAME_LN if admission.naming is Naming.LOGICAL else ASSOCIATION,
        ).encode()
        return admission.envelope.seal(response, initiating=True) if admission.envelope else response

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
        if admission is not None and admission.envelope is not None:
            try:
                open_initiate(admission.envelope, request.user_information)
            except MeterkastError as error:
                return self._unprotected(error.code)
            information = self._initiated(admission)
        self._association.step(Signal.RELEASE)
        self._association.step(Signal.END)
        self._forget()
        return Rlre(reason=0, user_information=information).encode()

    def _unprotected(self, code: str) -> bytes:
        """The one answer to a message that is not protected as agreed, whatever is wrong with it."""
        self._report(code, None if self._admission is None else self._admission.peer_title)
        return _NOT_PROTECTED

    def _forget(self) -> None:
        self._admission = self._channel = self._services = None
