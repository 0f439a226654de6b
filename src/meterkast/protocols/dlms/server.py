"""The server's half of DLMS: APDUs of any client in, answers out."""

from collections.abc import Callable, Mapping

from meterkast.model.errors import LocalError, PeerError
from meterkast.protocols.dlms import acse, apdu
from meterkast.protocols.dlms.acse import Aare, Aarq, ApplicationContext, AssociationResult, Diagnostic
from meterkast.protocols.dlms.apdu import DataNotification, ExceptionResponse
from meterkast.protocols.dlms.apdu.fault import (
    OPERATION_NOT_POSSIBLE,
    OTHER_REASON,
    PDU_TOO_LONG,
    SERVICE_NOT_ALLOWED,
    SERVICE_UNKNOWN,
)
from meterkast.protocols.dlms.association import MAX_PDU_SIZE, OPENING_LIMIT, State
from meterkast.protocols.dlms.general_block import BlockTransfer
from meterkast.protocols.dlms.grant import Grant
from meterkast.protocols.dlms.notices import Notices, Notification
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
        blocks: takes part in general block transfer with clients that propose it.
        on_security: takes each refusal that is one for the log; the client never learns the reason.
    """

    def __init__(
        self,
        objects: ObjectModel,
        *,
        grants: Mapping[int, Grant],
        max_pdu_size: int = MAX_PDU_SIZE,
        blocks: BlockTransfer | None = None,
        on_security: Callable[[SecurityEvent], None] = lambda _: None,
    ) -> None:
        self._max_pdu_size = max_pdu_size
        self._on_security = on_security
        self._sessions = {
            client: Session(
                objects, grant, max_pdu_size=max_pdu_size, blocks=blocks, report=self._reporter(client)
            )
            for client, grant in grants.items()
        }

    def state(self, client: int) -> State:
        """Where the association with this client stands."""
        session = self._sessions.get(client)
        return State.IDLE if session is None else session.state

    def receive(self, client: int, octets: bytes) -> list[bytes]:
        """The APDUs that go back for one of this client: one as a rule.

        None while the client streams blocks, and for a confirmation; several where it takes a window of them.
        """
        report = self._reporter(client)
        opens = octets[:1] != b"" and octets[0] in acse.TAGS
        if len(octets) > (max(self._max_pdu_size, OPENING_LIMIT) if opens else self._max_pdu_size):
            report("dlms-pdu-too-long", None)
            return [ExceptionResponse(SERVICE_NOT_ALLOWED, PDU_TOO_LONG).encode()]
        try:
            message = apdu.decode(octets)
        except PeerError as error:
            report(error.code, None)
            return [ExceptionResponse(SERVICE_UNKNOWN, OTHER_REASON).encode()]
        session = self._sessions.get(client)
        if session is not None:
            return session.receive(message)
        report("dlms-client-unknown", message.calling_title if isinstance(message, Aarq) else None)
        if isinstance(message, Aarq):
            return [_STRANGER.encode()]
        return [ExceptionResponse(SERVICE_NOT_ALLOWED, OPERATION_NOT_POSSIBLE).encode()]

    def notify(self, client: int, message: Notification) -> list[bytes]:
        """Tells a client something it has not asked for; the APDUs to send.

        A confirmed data-notification waits in ``unconfirmed`` until the client confirms it. To say it once
        more, give the same message again: it is protected anew.

        Raises:
            LocalError: ``association-out-of-turn`` without an association, ``dlms-not-agreed`` where the
                client has not agreed, ``dlms-message-too-long`` where it does not fit and general block
                transfer was not agreed, ``gbt-out-of-turn`` where it needs blocks while others are on their
                way, ``dlms-unconfirmed-full``, ``dlms-invoke-taken``.
        """
        session = self._sessions.get(client)
        if session is None:
            raise LocalError("dlms-client-unknown", "There is no such client.")
        return session.notify(message)

    def unconfirmed(self, client: int) -> tuple[DataNotification, ...]:
        """What this client was told and has not confirmed, oldest first; its association may have ended."""
        return self._notices(client).waiting

    def drop(self, client: int, message: DataNotification) -> None:
        """Gives a notification up: it no longer waits for its confirmation."""
        self._notices(client).drop(message)

    def _notices(self, client: int) -> Notices:
        session = self._sessions.get(client)
        return Notices() if session is None else session.notices

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
