"""GET, SET and ACTION over an open association, seen from the client: one request at a time.

Free of cryptography, so that whoever is only allowed to ask can ask without carrying it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from meterkast.model.errors import LocalError, PeerError
from meterkast.protocols.axdr import Data, Reader, null
from meterkast.protocols.axdr import decode as decode_data
from meterkast.protocols.dlms import apdu
from meterkast.protocols.dlms.apdu import (
    ActionRequestNormal,
    ActionResponseNormal,
    ActionResult,
    AttributeDescriptor,
    DataAccessResult,
    ExceptionResponse,
    GetRequestNext,
    GetRequestNormal,
    GetRequestWithList,
    GetResponseNormal,
    GetResponseWithBlock,
    GetResponseWithList,
    InvokeId,
    MethodDescriptor,
    Selection,
    SetRequestNormal,
    SetResponseNormal,
)
from meterkast.protocols.dlms.association import MAX_PDU_SIZE
from meterkast.protocols.dlms.event import Event, Failed, Result, Results, Send

RESULT_LIMIT = 1 << 20

_Request = GetRequestNormal | GetRequestWithList | SetRequestNormal | ActionRequestNormal


@dataclass(slots=True)
class _Pending:
    """The request that waits for its answer, and the blocks of the answer that are here already."""

    request: _Request
    blocks: bytearray = field(default_factory=bytearray)
    block_number: int = 0


class Exchange:
    """Makes requests and reads the answers; fetches long answers block by block.

    Args:
        max_request: the longest APDU the server takes.
        result_limit: a longer answer in blocks is refused.
    """

    def __init__(self, *, max_request: int = MAX_PDU_SIZE, result_limit: int = RESULT_LIMIT) -> None:
        self._max_request = max_request
        self._result_limit = result_limit
        self._number = 0
        self._pending: _Pending | None = None

    @property
    def max_request(self) -> int:
        """The longest APDU the server takes."""
        return self._max_request

    def get(self, attribute: AttributeDescriptor, selection: Selection | None = None) -> bytes:
        """Asks for an attribute; answered by ``Result`` or ``Failed``."""
        return self._begin(GetRequestNormal(self._invoke(), attribute, selection))

    def get_list(self, attributes: Sequence[AttributeDescriptor]) -> bytes:
        """Asks for several attributes; answered by ``Results`` or ``Failed``."""
        wanted = tuple((attribute, None) for attribute in attributes)
        return self._begin(GetRequestWithList(self._invoke(), wanted))

    def set(self, attribute: AttributeDescriptor, value: Data) -> bytes:
        """Writes an attribute; answered by ``Result`` (null-data) or ``Failed``."""
        return self._begin(SetRequestNormal(self._invoke(), attribute, None, value))

    def act(self, method: MethodDescriptor, parameters: Data | None = None) -> bytes:
        """Calls a method; answered by ``Result`` (what it returned) or ``Failed``."""
        return self._begin(ActionRequestNormal(self._invoke(), method, parameters))

    def receive(self, octets: bytes) -> list[Event]:
        """Reads an answer.

        Raises:
            PeerError: ``apdu-…`` or ``axdr-…`` for malformed octets, ``dlms-unexpected`` for an answer to
                something else, ``dlms-block-…`` for blocks out of order or without end. The request is
                over then.
        """
        pending, self._pending = self._pending, None
        if pending is None:
            raise PeerError("dlms-unexpected", "The server sends an answer that nobody asked for.")
        answer = apdu.decode(octets)
        if isinstance(answer, ExceptionResponse):
            return [Failed(answer)]
        if getattr(answer, "invoke", None) != pending.request.invoke:
            raise PeerError("dlms-unexpected", "The answer belongs to another request.")
        match pending.request, answer:
            case GetRequestNormal(), GetResponseNormal():
                return [_outcome(answer.result)]
            case GetRequestWithList(), GetResponseWithList():
                return [_results(pending.request, answer)]
            case ((GetRequestNormal() | GetRequestWithList()), GetResponseWithBlock()):
                return self._continue(pending, answer)
            case SetRequestNormal(), SetResponseNormal():
                return [_outcome(null() if answer.result is DataAccessResult.SUCCESS else answer.result)]
            case ActionRequestNormal(), ActionResponseNormal():
                return [_action_outcome(answer)]
        raise PeerError("dlms-unexpected", "The answer belongs to another kind of request.")

    def _invoke(self) -> InvokeId:
        self._number = (self._number + 1) % 16
        return InvokeId(self._number)

    def _begin(self, request: _Request) -> bytes:
        if self._pending is not None:
            raise LocalError("dlms-out-of-turn", "The answer to another request is still awaited.")
        octets = request.encode()
        if len(octets) > self._max_request:
            raise LocalError("dlms-request-too-long", f"The server takes {self._max_request} octets at most.")
        self._pending = _Pending(request)
        return octets

    def _continue(self, pending: _Pending, answer: GetResponseWithBlock) -> list[Event]:
        """Takes one block; asks for the next or reads the whole."""
        if isinstance(answer.result, DataAccessResult):
            return [Failed(answer.result)]
        if answer.block_number != pending.block_number + 1 or not answer.result:
            raise PeerError("dlms-block-number", "A block is empty or out of order.")
        if len(pending.blocks) + len(answer.result) > self._result_limit:
            raise PeerError("dlms-block-limit", f"The answer exceeds {self._result_limit} octets.")
        pending.blocks += answer.result
        pending.block_number = answer.block_number
        if not answer.last:
            self._pending = pending
            return [Send(GetRequestNext(answer.invoke, answer.block_number).encode())]
        return [_whole(pending)]


def _outcome(result: Data | DataAccessResult) -> Event:
    return Failed(result) if isinstance(result, DataAccessResult) else Result(result)


def _action_outcome(answer: ActionResponseNormal) -> Event:
    if answer.result is not ActionResult.SUCCESS:
        return Failed(answer.result)
    return Result(null()) if answer.returned is None else _outcome(answer.returned)


def _results(request: GetRequestWithList, answer: GetResponseWithList) -> Event:
    if len(answer.results) != len(request.attributes):
        raise PeerError("dlms-unexpected", "The answer has another number of values than were asked for.")
    return Results(answer.results)


def _whole(pending: _Pending) -> Event:
    """The blocks of one value hold its data; those of a list, what follows the invoke-id of its response."""
    octets = bytes(pending.blocks)
    if not isinstance(pending.request, GetRequestWithList):
        return Result(decode_data(octets))
    reader = Reader(pending.request.invoke.encode() + octets)
    answer = GetResponseWithList.parse(reader)
    reader.finish()
    return _results(pending.request, answer)
