"""A request that waits for its answer: what an answer means to it, and the blocks on their way in and out."""

from dataclasses import dataclass, field
from typing import TypeAlias

from meterkast.model.errors import PeerError
from meterkast.protocols.axdr import Reader, null
from meterkast.protocols.axdr import decode as decode_data
from meterkast.protocols.dlms.apdu import (
    AccessRequest,
    AccessResponse,
    ActionRequestNextBlock,
    ActionRequestNormal,
    ActionRequestWithList,
    ActionResponseNextBlock,
    ActionResponseNormal,
    ActionResponseWithBlock,
    ActionResponseWithList,
    ActionResult,
    Apdu,
    DataAccessResult,
    GetRequestNext,
    GetRequestNormal,
    GetRequestWithList,
    GetResponseNormal,
    GetResponseWithBlock,
    GetResponseWithList,
    GetResult,
    SetRequestNormal,
    SetRequestWithList,
    SetResponseBlock,
    SetResponseLastBlock,
    SetResponseLastBlockWithList,
    SetResponseNormal,
    SetResponseWithList,
)
from meterkast.protocols.dlms.event import Accessed, Event, Failed, Outcomes, Result, Results, Send
from meterkast.protocols.dlms.outgoing import Outgoing

RESULT_LIMIT = 1 << 20

Request: TypeAlias = (
    GetRequestNormal
    | GetRequestWithList
    | SetRequestNormal
    | SetRequestWithList
    | ActionRequestNormal
    | ActionRequestWithList
    | AccessRequest
)


@dataclass(slots=True)
class Pending:
    """One request under way.

    Attributes:
        request: what was asked, as if it had fitted into one message.
        result_limit: a longer answer in blocks is refused.
        outgoing: the part of the request that has not gone yet.
        incoming: the blocks of the answer that are here already.
        number: number of the last of them.
    """

    request: Request
    result_limit: int
    outgoing: Outgoing | None = None
    incoming: bytearray = field(default_factory=bytearray, repr=False)
    number: int = 0

    def answered(self, answer: Apdu) -> tuple[Event, bool]:
        """What an answer brings about, and whether the request goes on.

        Raises:
            PeerError: ``dlms-unexpected`` or ``dlms-block-…``.
        """
        match self.request, answer:
            case GetRequestNormal(), GetResponseNormal(result=result):
                return _outcome(result), False
            case GetRequestWithList(attributes=asked), GetResponseWithList(results=results):
                return _results(len(asked), results), False
            case ((GetRequestNormal() | GetRequestWithList()), GetResponseWithBlock()):
                return self._get_block(answer)
            case SetRequestNormal(), (SetResponseNormal(result=code) | SetResponseLastBlock(result=code)):
                return _outcome(null() if code is DataAccessResult.SUCCESS else code), False
            case (
                SetRequestWithList(attributes=asked),
                (SetResponseWithList(results=codes) | SetResponseLastBlockWithList(results=codes)),
            ):
                return _results(len(asked), codes), False
            case ActionRequestNormal(), ActionResponseNormal(result=ended, returned=returned):
                return _action_outcome(ended, returned), False
            case ActionRequestWithList(methods=called), ActionResponseWithList(outcomes=outcomes):
                return _outcomes(len(called), outcomes), False
            case (SetRequestNormal() | SetRequestWithList(), SetResponseBlock(block_number=number)) | (
                ActionRequestNormal() | ActionRequestWithList(),
                ActionResponseNextBlock(block_number=number),
            ) if self.outgoing is not None:
                return Send(self.outgoing.following(number)), True
            case ((ActionRequestNormal() | ActionRequestWithList()), ActionResponseWithBlock()):
                return self._action_block(answer)
            case AccessRequest(specifications=asked), AccessResponse() if answer.kinds == tuple(
                [each.KIND for each in asked]
            ):
                return Accessed(answer.values, answer.results), False
        raise PeerError("dlms-unexpected", "The answer belongs to another kind of request.")

    def _get_block(self, answer: GetResponseWithBlock) -> tuple[Event, bool]:
        if isinstance(answer.result, DataAccessResult):
            return Failed(answer.result), False
        self._take(answer.block_number, answer.result)
        if not answer.last:
            return Send(GetRequestNext(answer.invoke, answer.block_number).encode()), True
        if isinstance(self.request, GetRequestNormal):
            return Result(decode_data(bytes(self.incoming))), False
        whole = self._behind_invoke(GetResponseWithList)
        return self.answered(whole)

    def _action_block(self, answer: ActionResponseWithBlock) -> tuple[Event, bool]:
        self._take(answer.block.number, answer.block.octets)
        if not answer.block.last:
            return Send(ActionRequestNextBlock(answer.invoke, answer.block.number).encode()), True
        single = isinstance(self.request, ActionRequestNormal)
        return self.answered(self._behind_invoke(ActionResponseNormal if single else ActionResponseWithList))

    def _take(self, number: int, octets: bytes) -> None:
        if number != self.number + 1 or not octets:
            raise PeerError("dlms-block-number", "A block is empty or out of order.")
        if len(self.incoming) + len(octets) > self.result_limit:
            raise PeerError("dlms-block-limit", f"The answer exceeds {self.result_limit} octets.")
        self.incoming += octets
        self.number = number

    def _behind_invoke(
        self, kind: type[GetResponseWithList] | type[ActionResponseNormal] | type[ActionResponseWithList]
    ) -> Apdu:
        """The blocks of these answers hold what would follow the invoke-id in one message."""
        reader = Reader(self.request.invoke.encode() + bytes(self.incoming))
        answer = kind.parse(reader)
        reader.finish()
        return answer


def _outcome(result: GetResult) -> Event:
    return Failed(result) if isinstance(result, DataAccessResult) else Result(result)


def _action_outcome(ended: ActionResult, returned: GetResult | None) -> Event:
    if ended is not ActionResult.SUCCESS:
        return Failed(ended)
    return Result(null()) if returned is None else _outcome(returned)


def _results(asked: int, results: tuple[GetResult, ...]) -> Event:
    _check_number(asked, len(results))
    return Results(results)


def _outcomes(called: int, outcomes: tuple[tuple[ActionResult, GetResult | None], ...]) -> Event:
    _check_number(called, len(outcomes))
    return Outcomes(outcomes)


def _check_number(asked: int, answered: int) -> None:
    if asked != answered:
        raise PeerError("dlms-unexpected", "The answer has another number of values than were asked for.")
