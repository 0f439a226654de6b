"""GET, SET, ACTION and ACCESS on a server: the requests of one association, whole or in blocks."""

from dataclasses import dataclass, field
from typing import Final, TypeAlias

from meterkast.model.errors import PeerError
from meterkast.protocols.axdr import Data, null
from meterkast.protocols.dlms import apdu
from meterkast.protocols.dlms.apdu import (
    AccessGet,
    AccessRequest,
    AccessResponse,
    AccessSet,
    ActionRequestNextBlock,
    ActionRequestNormal,
    ActionRequestWithBlock,
    ActionRequestWithFirstBlock,
    ActionRequestWithList,
    ActionRequestWithListAndFirstBlock,
    ActionResponseNextBlock,
    ActionResponseNormal,
    ActionResponseWithBlock,
    ActionResponseWithList,
    ActionResult,
    Block,
    Conformance,
    DataAccessResult,
    ExceptionResponse,
    GetRequestNext,
    GetRequestNormal,
    GetRequestWithList,
    GetResponseNormal,
    GetResponseWithBlock,
    GetResponseWithList,
    InvokeId,
    SetRequestNormal,
    SetRequestWithBlock,
    SetRequestWithFirstBlock,
    SetRequestWithList,
    SetRequestWithListAndFirstBlock,
    SetResponseBlock,
    SetResponseLastBlock,
    SetResponseLastBlockWithList,
    SetResponseNormal,
    SetResponseWithList,
)
from meterkast.protocols.dlms.apdu.access import AccessResult
from meterkast.protocols.dlms.apdu.fault import OTHER_REASON, PDU_TOO_LONG, SERVICE_NOT_ALLOWED
from meterkast.protocols.dlms.assembly import Assembly, First
from meterkast.protocols.dlms.operations import Operations

LIST_LIMIT = 16
"""References in one request, as in the Dutch P3 companion standard."""

_BLOCK_OVERHEAD: Final = 1 + 1 + 1 + 1 + 4 + 1 + 3  # tag, type, invoke-id, last, number, choice, length
_INVOKE_END: Final = 3  # tag, type, invoke-id

Request: TypeAlias = (
    GetRequestNormal
    | GetRequestNext
    | GetRequestWithList
    | SetRequestNormal
    | SetRequestWithList
    | SetRequestWithBlock
    | ActionRequestNormal
    | ActionRequestWithList
    | ActionRequestWithBlock
    | ActionRequestNextBlock
    | AccessRequest
    | First
)

_SET_BLOCKS = Conformance.SET | Conformance.BLOCK_TRANSFER_WITH_SET
_ACTION_BLOCKS = Conformance.ACTION | Conformance.BLOCK_TRANSFER_WITH_ACTION

NEEDED: dict[type[Request], Conformance] = {
    GetRequestNormal: Conformance.GET,
    GetRequestNext: Conformance.BLOCK_TRANSFER_WITH_GET,
    GetRequestWithList: Conformance.GET | Conformance.MULTIPLE_REFERENCES,
    SetRequestNormal: Conformance.SET,
    SetRequestWithList: Conformance.SET | Conformance.MULTIPLE_REFERENCES,
    SetRequestWithFirstBlock: _SET_BLOCKS,
    SetRequestWithListAndFirstBlock: _SET_BLOCKS | Conformance.MULTIPLE_REFERENCES,
    SetRequestWithBlock: _SET_BLOCKS,
    ActionRequestNormal: Conformance.ACTION,
    ActionRequestWithList: Conformance.ACTION | Conformance.MULTIPLE_REFERENCES,
    ActionRequestWithFirstBlock: _ACTION_BLOCKS,
    ActionRequestWithListAndFirstBlock: _ACTION_BLOCKS | Conformance.MULTIPLE_REFERENCES,
    ActionRequestWithBlock: _ACTION_BLOCKS,
    ActionRequestNextBlock: _ACTION_BLOCKS,
    AccessRequest: Conformance.ACCESS,
}
"""What must have been agreed for each request."""

_TOO_LONG = ExceptionResponse(SERVICE_NOT_ALLOWED, PDU_TOO_LONG).encode()
_NOT_LIKE_THIS = ExceptionResponse(SERVICE_NOT_ALLOWED, OTHER_REASON).encode()


@dataclass(slots=True)
class _LongAnswer:
    """The rest of an answer that goes out in blocks, to a GET or to an ACTION."""

    left: bytes = field(repr=False)
    is_get: bool
    block_number: int = 0


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
        self._long_answer: _LongAnswer | None = None
        self._assembly: Assembly | None = None

    def supports(self, request: Request) -> bool:
        """Whether the service was agreed on."""
        return NEEDED[type(request)] in self._conformance

    def answer(self, request: Request) -> bytes:
        """The answer to a request. Whatever is under way in blocks ends with any other request."""
        long_answer, self._long_answer = self._long_answer, None
        assembly, self._assembly = self._assembly, None
        match request:
            case GetRequestNext():
                return self._next_of_get(request, long_answer)
            case ActionRequestNextBlock():
                return self._next_of_action(request, long_answer)
            case SetRequestWithBlock() | ActionRequestWithBlock():
                return self._assemble(request.invoke, request.block, assembly, of_set=_is_set(request))
            case (
                SetRequestWithFirstBlock()
                | SetRequestWithListAndFirstBlock()
                | ActionRequestWithFirstBlock()
                | ActionRequestWithListAndFirstBlock()
            ):
                return self._assemble(
                    request.invoke, request.block, Assembly(request), of_set=_is_set(request)
                )
            case AccessRequest():
                return self._access(request)
        return self._perform(request)

    def _perform(
        self,
        request: GetRequestNormal
        | GetRequestWithList
        | SetRequestNormal
        | SetRequestWithList
        | ActionRequestNormal
        | ActionRequestWithList,
    ) -> bytes:
        """A request that is here as a whole."""
        do = self._operations
        match request:
            case GetRequestNormal(invoke, attribute, selection):
                return self._get(GetResponseNormal(invoke, do.read(attribute, selection)))
            case SetRequestNormal(invoke, attribute, selection, value):
                return SetResponseNormal(invoke, do.write(attribute, selection, value)).encode()
            case ActionRequestNormal(invoke, method, parameters):
                return self._act(ActionResponseNormal(invoke, *do.invoke(method, parameters)))
            case GetRequestWithList(invoke, wanted) if len(wanted) <= LIST_LIMIT:
                return self._get(GetResponseWithList(invoke, tuple([do.read(*each) for each in wanted])))
            case SetRequestWithList(invoke, wanted, values) if len(wanted) <= LIST_LIMIT:
                pairs = zip(wanted, values, strict=True)
                return SetResponseWithList(invoke, tuple([do.write(*to, it) for to, it in pairs])).encode()
            case ActionRequestWithList(invoke, methods, values) if len(methods) <= LIST_LIMIT:
                calls = zip(methods, values, strict=True)
                return self._act(ActionResponseWithList(invoke, tuple([do.invoke(*each) for each in calls])))
        return _NOT_LIKE_THIS

    def _get(self, response: GetResponseNormal | GetResponseWithList) -> bytes:
        octets = response.encode()
        if len(octets) <= self._pdu_size:
            return octets
        if Conformance.BLOCK_TRANSFER_WITH_GET not in self._conformance:
            return GetResponseNormal(response.invoke, DataAccessResult.DATA_BLOCK_UNAVAILABLE).encode()
        one = isinstance(response, GetResponseNormal)  # the blocks of one value hold its data alone
        left = octets[_INVOKE_END + 1 :] if one else octets[_INVOKE_END:]
        return self._block(response.invoke, _LongAnswer(left, is_get=True))

    def _act(self, response: ActionResponseNormal | ActionResponseWithList) -> bytes:
        octets = response.encode()
        if len(octets) <= self._pdu_size:
            return octets
        if _ACTION_BLOCKS not in self._conformance:
            return _TOO_LONG
        return self._block(response.invoke, _LongAnswer(octets[_INVOKE_END:], is_get=False))

    def _block(self, invoke: InvokeId, answer: _LongAnswer) -> bytes:
        size = self._pdu_size - _BLOCK_OVERHEAD
        block, answer.left = answer.left[:size], answer.left[size:]
        answer.block_number += 1
        if answer.left:
            self._long_answer = answer
        if answer.is_get:
            return GetResponseWithBlock(invoke, not answer.left, answer.block_number, block).encode()
        return ActionResponseWithBlock(invoke, Block(not answer.left, answer.block_number, block)).encode()

    def _next_of_get(self, request: GetRequestNext, answer: _LongAnswer | None) -> bytes:
        refusal = DataAccessResult.NO_LONG_GET_IN_PROGRESS
        if answer is not None and answer.is_get:
            if request.block_number == answer.block_number:
                return self._block(request.invoke, answer)
            refusal = DataAccessResult.DATA_BLOCK_NUMBER_INVALID
        return GetResponseWithBlock(request.invoke, True, request.block_number, refusal).encode()

    def _next_of_action(self, request: ActionRequestNextBlock, answer: _LongAnswer | None) -> bytes:
        if answer is None or answer.is_get:
            return _action_refused(request.invoke, ActionResult.NO_LONG_ACTION_IN_PROGRESS)
        if request.block_number != answer.block_number:
            return _action_refused(request.invoke, ActionResult.LONG_ACTION_ABORTED)
        return self._block(request.invoke, answer)

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
        octets = self._perform(whole)
        return _last_of_set(octets, block.number) if of_set else octets

    def _access(self, request: AccessRequest) -> bytes:
        if len(request.specifications) > LIST_LIMIT:
            return _NOT_LIKE_THIS
        values: list[Data] = []
        results: list[AccessResult] = []
        for specification, value in zip(request.specifications, request.values, strict=True):
            match specification:
                case AccessGet(attribute, selection):
                    read = self._operations.read(attribute, selection)
                    values.append(null() if isinstance(read, DataAccessResult) else read)
                    results.append(read if isinstance(read, DataAccessResult) else DataAccessResult.SUCCESS)
                case AccessSet(attribute, selection):
                    values.append(null())
                    results.append(self._operations.write(attribute, selection, value))
                case _:
                    ended, returned = self._operations.invoke(specification.method, value)
                    values.append(returned or null())
                    results.append(ended)
        octets = AccessResponse(request.invoke, b"", tuple(values), tuple(results)).encode()
        return octets if len(octets) <= self._pdu_size else _TOO_LONG


def _is_set(request: Request) -> bool:
    return isinstance(
        request, SetRequestWithBlock | SetRequestWithFirstBlock | SetRequestWithListAndFirstBlock
    )


def _last_of_set(octets: bytes, number: int) -> bytes:
    """The answer to a whole SET, in the form that follows the last block."""
    match apdu.decode(octets):
        case SetResponseNormal(invoke, result):
            return SetResponseLastBlock(invoke, result, number).encode()
        case SetResponseWithList(invoke, results):
            return SetResponseLastBlockWithList(invoke, results, number).encode()
    return octets


def _long_refused(invoke: InvokeId, block: Block, *, of_set: bool, under_way: bool) -> bytes:
    if of_set:
        refusal = DataAccessResult.LONG_SET_ABORTED if under_way else DataAccessResult.NO_LONG_SET_IN_PROGRESS
        return SetResponseLastBlock(invoke, refusal, block.number).encode()
    if under_way:
        return _action_refused(invoke, ActionResult.LONG_ACTION_ABORTED)
    return _action_refused(invoke, ActionResult.NO_LONG_ACTION_IN_PROGRESS)


def _action_refused(invoke: InvokeId, result: ActionResult) -> bytes:
    return ActionResponseNormal(invoke, result).encode()
