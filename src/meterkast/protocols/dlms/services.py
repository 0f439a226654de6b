"""GET, SET, ACTION and ACCESS on a server: the requests of one association, whole or in blocks."""

from typing import Final

from meterkast.model.errors import PeerError
from meterkast.protocols.dlms.apdu import (
    ActionRequestNextBlock,
    ActionRequestWithBlock,
    ActionRequestWithFirstBlock,
    ActionRequestWithListAndFirstBlock,
    ActionResponseNextBlock,
    ActionResponseNormal,
    ActionResponseWithList,
    ActionResult,
    Apdu,
    Block,
    Conformance,
    DataAccessResult,
    ExceptionResponse,
    GetRequestNext,
    GetResponseNormal,
    GetResponseWithBlock,
    GetResponseWithList,
    InvokeId,
    SetRequestWithBlock,
    SetRequestWithFirstBlock,
    SetRequestWithListAndFirstBlock,
    SetResponseBlock,
    SetResponseLastBlock,
    SetResponseLastBlockWithList,
    SetResponseNormal,
    SetResponseWithList,
)
from meterkast.protocols.dlms.apdu.fault import (
    OTHER_REASON,
    PDU_TOO_LONG,
    SERVICE_NOT_ALLOWED,
    SERVICE_NOT_SUPPORTED,
    SERVICE_UNKNOWN,
)
from meterkast.protocols.dlms.assembly import Assembly
from meterkast.protocols.dlms.long_answer import LongAnswer
from meterkast.protocols.dlms.needed import ACTION_BLOCKS, NEEDED, Request
from meterkast.protocols.dlms.operations import Operations
from meterkast.protocols.dlms.performance import Answer, perform

_INVOKE_END: Final = 3  # tag, type, invoke-id

_UNKNOWN = ExceptionResponse(SERVICE_UNKNOWN, SERVICE_NOT_SUPPORTED).encode()
_NOT_AGREED = ExceptionResponse(SERVICE_NOT_ALLOWED, SERVICE_NOT_SUPPORTED).encode()
_TOO_LONG = ExceptionResponse(SERVICE_NOT_ALLOWED, PDU_TOO_LONG).encode()
_NOT_LIKE_THIS = ExceptionResponse(SERVICE_NOT_ALLOWED, OTHER_REASON).encode()


class Services:
    """Answers the requests of one association with APDUs.

    Args:
        operations: what the client may do to the objects.
        conformance: what was agreed.
        pdu_size: the longest APDU the client takes.
    """

    def __init__(self, operations: Operations, *, conformance: Conformance, pdu_size: int) -> None:
        self._operations = operations
        self._conformance = conformance
        self._pdu_size = pdu_size
        self._long_answer: LongAnswer | None = None
        self._assembly: Assembly | None = None

    def answer(self, request: Apdu) -> bytes:
        """The answer to a request. Whatever is under way in blocks ends with any other request."""
        if not isinstance(request, Request):
            return _UNKNOWN
        if not request.invoke.confirmed or NEEDED[type(request)] not in self._conformance:
            return _NOT_AGREED
        long_answer, self._long_answer = self._long_answer, None
        assembly, self._assembly = self._assembly, None
        match request:
            case GetRequestNext():
                return self._next_of_get(request, long_answer)
            case ActionRequestNextBlock():
                return self._next_of_action(request, long_answer)
            case SetRequestWithBlock() | ActionRequestWithBlock():
                of_set = isinstance(request, SetRequestWithBlock)
                return self._assemble(request.invoke, request.block, assembly, of_set=of_set)
            case (
                SetRequestWithFirstBlock()
                | SetRequestWithListAndFirstBlock()
                | ActionRequestWithFirstBlock()
                | ActionRequestWithListAndFirstBlock()
            ):
                first = Assembly(request)
                return self._assemble(request.invoke, request.block, first, of_set=first.is_set)
        return self._fitting(perform(request, self._operations))

    def _fitting(self, answer: Answer | None) -> bytes:
        """The answer in one message, or the first block of it."""
        if answer is None:
            return _NOT_LIKE_THIS
        octets = answer.encode()
        if len(octets) <= self._pdu_size:
            return octets
        match answer:
            case GetResponseNormal() | GetResponseWithList():
                if Conformance.BLOCK_TRANSFER_WITH_GET not in self._conformance:
                    return GetResponseNormal(answer.invoke, DataAccessResult.DATA_BLOCK_UNAVAILABLE).encode()
                one = isinstance(answer, GetResponseNormal)  # the blocks of one value hold its data alone
                return self._block(answer.invoke, octets[_INVOKE_END + one :], is_get=True)
            case ActionResponseNormal() | ActionResponseWithList() if ACTION_BLOCKS in self._conformance:
                return self._block(answer.invoke, octets[_INVOKE_END:], is_get=False)
        return _TOO_LONG

    def _block(self, invoke: InvokeId, octets: bytes, *, is_get: bool) -> bytes:
        self._long_answer = LongAnswer(octets, is_get=is_get, size=self._pdu_size)
        return self._long_answer.next_block(invoke)

    def _following(self, invoke: InvokeId, answer: LongAnswer) -> bytes:
        octets = answer.next_block(invoke)
        self._long_answer = answer if answer.left else None
        return octets

    def _next_of_get(self, request: GetRequestNext, answer: LongAnswer | None) -> bytes:
        refusal = DataAccessResult.NO_LONG_GET_IN_PROGRESS
        if answer is not None and answer.is_get:
            if request.block_number == answer.number:
                return self._following(request.invoke, answer)
            refusal = DataAccessResult.DATA_BLOCK_NUMBER_INVALID
        return GetResponseWithBlock(request.invoke, True, request.block_number, refusal).encode()

    def _next_of_action(self, request: ActionRequestNextBlock, answer: LongAnswer | None) -> bytes:
        if answer is None or answer.is_get:
            return _action_refused(request.invoke, ActionResult.NO_LONG_ACTION_IN_PROGRESS)
        if request.block_number != answer.number:
            return _action_refused(request.invoke, ActionResult.LONG_ACTION_ABORTED)
        return self._following(request.invoke, answer)

    def _assemble(self, invoke: InvokeId, block: Block, assembly: Assembly | None, *, of_set: bool) -> bytes:
        """Takes one block of a SET or ACTION; performs the whole once it is here."""
        if assembly is None or assembly.is_set is not of_set or assembly.first.invoke != invoke:
            return _long_refused(invoke, block, of_set=of_set, under_way=False)
        try:
            if not assembly.take(block):
                self._assembly = assembly
                kind = SetResponseBlock if of_set else ActionResponseNextBlock
                return kind(invoke, block.number).encode()
            whole = assembly.whole()
        except PeerError:
            return _long_refused(invoke, block, of_set=of_set, under_way=True)
        match answer := perform(whole, self._operations):
            case SetResponseNormal(invoke, result):
                return SetResponseLastBlock(invoke, result, block.number).encode()
            case SetResponseWithList(invoke, results):
                return SetResponseLastBlockWithList(invoke, results, block.number).encode()
        return self._fitting(answer)


def _long_refused(invoke: InvokeId, block: Block, *, of_set: bool, under_way: bool) -> bytes:
    if of_set:
        refusal = DataAccessResult.LONG_SET_ABORTED if under_way else DataAccessResult.NO_LONG_SET_IN_PROGRESS
        return SetResponseLastBlock(invoke, refusal, block.number).encode()
    if under_way:
        return _action_refused(invoke, ActionResult.LONG_ACTION_ABORTED)
    return _action_refused(invoke, ActionResult.NO_LONG_ACTION_IN_PROGRESS)


def _action_refused(invoke: InvokeId, result: ActionResult) -> bytes:
    return ActionResponseNormal(invoke, result).encode()
