"""GET, SET, ACTION and ACCESS over an open association, seen from the client: one request at a time.

Free of cryptography, so that whoever is only allowed to ask can ask without carrying it.
"""

from collections.abc import Sequence

from meterkast.model.errors import LocalError, PeerError
from meterkast.protocols.axdr import Data, Writer, encode
from meterkast.protocols.dlms import apdu
from meterkast.protocols.dlms.apdu import (
    AccessRequest,
    ActionRequestNormal,
    ActionRequestWithBlock,
    ActionRequestWithFirstBlock,
    ActionRequestWithList,
    ActionRequestWithListAndFirstBlock,
    Apdu,
    AttributeDescriptor,
    Conformance,
    DataNotification,
    EventNotification,
    ExceptionResponse,
    GetRequestNormal,
    GetRequestWithList,
    InvokeId,
    LongInvokeId,
    MethodDescriptor,
    Selection,
    SetRequestNormal,
    SetRequestWithBlock,
    SetRequestWithFirstBlock,
    SetRequestWithList,
    SetRequestWithListAndFirstBlock,
)
from meterkast.protocols.dlms.apdu.access import AccessSpecification
from meterkast.protocols.dlms.association import MAX_PDU_SIZE, SERVICES
from meterkast.protocols.dlms.event import Event, Failed, Notified
from meterkast.protocols.dlms.outgoing import BLOCK_HEADER, Outgoing
from meterkast.protocols.dlms.pending import RESULT_LIMIT, Pending, Request

__all__ = ["RESULT_LIMIT", "Exchange"]


class Exchange:
    """Makes requests and reads the answers; long values go and come block by block.

    Args:
        max_request: the longest APDU the server takes.
        result_limit: a longer answer in blocks is refused.
        conformance: the services that were agreed.
    """

    def __init__(
        self,
        *,
        max_request: int = MAX_PDU_SIZE,
        result_limit: int = RESULT_LIMIT,
        conformance: Conformance = SERVICES,
    ) -> None:
        self._max_request = max_request
        self._result_limit = result_limit
        self._conformance = conformance
        self._number = 0
        self._pending: Pending | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether an answer is awaited."""
        return self._pending is not None

    def get(self, attribute: AttributeDescriptor, selection: Selection | None = None) -> bytes:
        """Asks for an attribute; answered by ``Result`` or ``Failed``."""
        return self._begin(GetRequestNormal(self._invoke(), attribute, selection))

    def get_list(self, attributes: Sequence[AttributeDescriptor]) -> bytes:
        """Asks for several attributes; answered by ``Results`` or ``Failed``."""
        wanted = tuple((attribute, None) for attribute in attributes)
        return self._begin(GetRequestWithList(self._invoke(), wanted))

    def set(self, attribute: AttributeDescriptor, value: Data, selection: Selection | None = None) -> bytes:
        """Writes an attribute; answered by ``Result`` (null-data) or ``Failed``."""
        request = SetRequestNormal(self._invoke(), attribute, selection, value)
        return self._begin(request, encode(value), Conformance.BLOCK_TRANSFER_WITH_SET)

    def set_list(self, values: Sequence[tuple[AttributeDescriptor, Data]]) -> bytes:
        """Writes several attributes; answered by ``Results`` (a code for each) or ``Failed``."""
        attributes = tuple((attribute, None) for attribute, _ in values)
        contents = tuple(value for _, value in values)
        request = SetRequestWithList(self._invoke(), attributes, contents)
        return self._begin(request, _listed(contents), Conformance.BLOCK_TRANSFER_WITH_SET)

    def act(self, method: MethodDescriptor, parameters: Data | None = None) -> bytes:
        """Calls a method; answered by ``Result`` (what it returned) or ``Failed``."""
        request = ActionRequestNormal(self._invoke(), method, parameters)
        contents = b"" if parameters is None else encode(parameters)
        return self._begin(request, contents, Conformance.BLOCK_TRANSFER_WITH_ACTION)

    def act_list(self, calls: Sequence[tuple[MethodDescriptor, Data]]) -> bytes:
        """Calls several methods; answered by ``Outcomes`` or ``Failed``."""
        methods, parameters = tuple(each for each, _ in calls), tuple(each for _, each in calls)
        request = ActionRequestWithList(self._invoke(), methods, parameters)
        return self._begin(request, _listed(parameters), Conformance.BLOCK_TRANSFER_WITH_ACTION)

    def access(self, wanted: Sequence[tuple[AccessSpecification, Data]]) -> bytes:
        """Reads, writes and calls in one message; answered by ``Accessed`` or ``Failed``.

        Raises:
            LocalError: ``dlms-not-agreed`` where the server does not know ACCESS.
        """
        if Conformance.ACCESS not in self._conformance:
            raise LocalError("dlms-not-agreed", "The server has not agreed to ACCESS.")
        self._number = (self._number + 1) % 16
        specifications, values = tuple(each for each, _ in wanted), tuple(each for _, each in wanted)
        return self._begin(AccessRequest(LongInvokeId(self._number), b"", specifications, values))

    def receive(self, octets: bytes) -> list[Event]:
        """Reads an answer.

        Raises:
            PeerError: ``apdu-…`` or ``axdr-…`` for malformed octets, ``dlms-unexpected`` for an answer to
                something else, ``dlms-block-…`` for blocks out of order or without end. The request is
                over then.
        """
        try:
            answer = apdu.decode(octets)
        except PeerError:
            self.give_up()
            raise
        return self.answered(answer)

    def give_up(self) -> None:
        """The request under way is over, without an answer."""
        self._pending = None

    def answered(self, answer: Apdu) -> list[Event]:
        """Takes an answer.

        Raises:
            PeerError: as for ``receive``, other than for malformed octets.
        """
        pending, self._pending = self._pending, None
        if isinstance(answer, DataNotification | EventNotification):
            self._pending = pending
            return [Notified(answer)]
        if pending is None:
            raise PeerError("dlms-unexpected", "The server sends an answer that nobody asked for.")
        if isinstance(answer, ExceptionResponse):
            return [Failed(answer)]
        if getattr(answer, "invoke", None) != pending.request.invoke:
            raise PeerError("dlms-unexpected", "The answer belongs to another request.")
        event, goes_on = pending.answered(answer)
        self._pending = pending if goes_on else None
        return [event]

    def _invoke(self) -> InvokeId:
        self._number = (self._number + 1) % 16
        return InvokeId(self._number)

    def _begin(
        self, request: Request, contents: bytes = b"", blocks: Conformance = Conformance.GENERAL_PROTECTION
    ) -> bytes:
        if self._pending is not None:
            raise LocalError("dlms-out-of-turn", "The answer to another request is still awaited.")
        octets, outgoing = request.encode(), None
        if len(octets) > self._max_request:
            if not contents or blocks not in self._conformance:
                raise LocalError(
                    "dlms-request-too-long", f"The server takes {self._max_request} octets at most."
                )
            octets, outgoing = self._in_blocks(request, contents)
        self._pending = Pending(request, self._result_limit, outgoing)
        return octets

    def _in_blocks(self, request: Request, contents: bytes) -> tuple[bytes, Outgoing]:
        """The first message of a request whose contents do not fit, and the rest of them.

        Raises:
            LocalError: ``dlms-request-too-long`` where not even the names fit.
        """
        is_set = isinstance(request, SetRequestNormal | SetRequestWithList)
        kind = SetRequestWithBlock if is_set else ActionRequestWithBlock
        invoke = request.invoke
        assert isinstance(invoke, InvokeId)
        outgoing = Outgoing(contents, lambda block: kind(invoke, block).encode(), self._max_request)
        named = len(request.encode()) - len(contents)
        if named + BLOCK_HEADER >= self._max_request:
            raise LocalError("dlms-request-too-long", f"The server takes {self._max_request} octets at most.")
        block = outgoing.first(named)
        match request:
            case SetRequestNormal():
                first: bytes = SetRequestWithFirstBlock(
                    invoke, request.attribute, request.selection, block
                ).encode()
            case SetRequestWithList():
                first = SetRequestWithListAndFirstBlock(invoke, request.attributes, block).encode()
            case ActionRequestWithList():
                first = ActionRequestWithListAndFirstBlock(invoke, request.methods, block).encode()
            case ActionRequestNormal():
                first = ActionRequestWithFirstBlock(invoke, request.method, block).encode()
            case _:
                raise LocalError("dlms-request-too-long", "The request has no form in blocks.")
        return first, outgoing


def _listed(values: tuple[Data, ...]) -> bytes:
    writer = Writer().length(len(values))
    for value in values:
        writer.data(value)
    return writer.finish()
