"""The server's half of DLMS: APDUs of any client in, answers out."""

from collections.abc import Callable, Mapping

from meterkast.model.errors import PeerError
from meterkast.protocols.dlms import apdu
from meterkast.protocols.dlms.acse import Aare, Aarq, ApplicationContext, AssociationResult, Diagnostic
from meterkast.protocols.dlms.apdu import ExceptionResponse
from meterkast.protocols.dlms.apdu.fault import (
    OPERATION_NOT_POSSIBLE,
    OTHER_REASON,
    PDU_TOO_LONG,
    SERVICE_NOT_ALLOWED,
    SERVICE_UNKNOWN,
)
from meterkast.protocols.dlms.association import MAX_PDU_SIZE, State
from meterkast.protocols.dlms.grant import Grant
from meterkast.protocols.dlms.object_model import ObjectModel
from meterkast.protocols.dlms.security_event import SecurityEvent
from meterkast.protocols.dlms.session import Session

_STRANGER = Aare(
    context=ApplicationContext.LN_NO_CIPHERING,
    result=AssociationResult.REJECTED_PERMANENT,
    diagnostic=Diagnostic.NO_REASON_GIVEN,
)


class Server:
    """Answers clients over the objects of one logical device. Nothing a client sends makes it raise.

    Clients are told apart by their id, which the layer below knows: the HDLC client address, or the source
    port of the wrapper. Each has at most one association.

    Args:
        objects: the logical device.
        grants: which clients there may be and what each may do; all others are turned away.
        max_pdu_size: the longest APDU we take and send.
        on_security: takes each refusal that is one for the log; the client never learns the reason.
    """

    def __init__(
        self,
        objects: ObjectModel,
        *,
        grants: Mapping[int, Grant],
        max_pdu_size: int = MAX_PDU_SIZE,
        on_security: Callable[[SecurityEvent], None] = lambda _: None,
    ) -> None:
        self._max_pdu_size = max_pdu_size
        self._on_security = on_security
        self._sessions = {
            client: Session(objects, grant, max_pdu_size=max_pdu_size, report=self._reporter(client))
            for client, grant in grants.items()
        }

    def state(self, client: int) -> State:
        """Where the association with this client stands."""
        session = self._sessions.get(client)
        return State.IDLE if session is None else session.state

    def receive(self, client: int, octets: bytes) -> bytes:
        """The answer to one APDU of this client."""
        if len(octets) > self._max_pdu_size:
            return ExceptionResponse(SERVICE_NOT_ALLOWED, PDU_TOO_LONG).encode()
        try:
            request = apdu.decode(octets)
        except PeerError:
            return ExceptionResponse(SERVICE_UNKNOWN, OTHER_REASON).encode()
        session = self._sessions.get(client)
        if session is not None:
            answer = session.answer(request)
        elif isinstance(request, Aarq):
            answer = _STRANGER.encode()
        else:
            answer = ExceptionResponse(SERVICE_NOT_ALLOWED, OPERATION_NOT_POSSIBLE).encode()
        return answer

    def _reporter(self, client: int) -> Callable[[str, bytes | None], None]:
        def report(code: str, claimed: bytes | None) -> None:
            title = None if claimed is None else claimed.hex().upper()
            self._on_security(SecurityEvent(code=code, client=client, claimed=title))

        return report

    def disconnect(self, client: int) -> None:
        """The layer below lost the client: its association is over."""
        session = self._sessions.get(client)
        if session is not None:
            session.lose()
