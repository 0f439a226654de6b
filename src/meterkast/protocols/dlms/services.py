"""GET, SET and ACTION on a server: requests of one client against the objects it may touch."""

from dataclasses import dataclass

from meterkast.model.obis import Obis
from meterkast.protocols.axdr import Data, encode
from meterkast.protocols.dlms.apdu import (
    ActionRequestNormal,
    ActionResponseNormal,
    ActionResult,
    AttributeDescriptor,
    Conformance,
    DataAccessResult,
    ExceptionResponse,
    GetRequestNext,
    GetRequestNormal,
    GetRequestWithList,
    GetResponseNormal,
    GetResponseWithBlock,
    GetResponseWithList,
    GetResult,
    InvokeId,
    Selection,
    SetRequestNormal,
    SetResponseNormal,
)
from meterkast.protocols.dlms.apdu.fault import OTHER_REASON, PDU_TOO_LONG, SERVICE_NOT_ALLOWED
from meterkast.protocols.dlms.grant import Grant, Right
from meterkast.protocols.dlms.object_model import AccessDenied, CosemObject, ObjectModel

LIST_LIMIT = 16
"""References in one request, as in the Dutch P3 companion standard."""

_BLOCK_OVERHEAD = 1 + 1 + 1 + 1 + 4 + 1 + 3  # tag, type, invoke-id, last, number, choice, length

Request = GetRequestNormal | GetRequestNext | GetRequestWithList | SetRequestNormal | ActionRequestNormal
Response = (
    GetResponseNormal
    | GetResponseWithBlock
    | GetResponseWithList
    | SetResponseNormal
    | ActionResponseNormal
    | ExceptionResponse
)

NEEDED: dict[type[Request], Conformance] = {
    GetRequestNormal: Conformance.GET,
    GetRequestNext: Conformance.BLOCK_TRANSFER_WITH_GET,
    GetRequestWithList: Conformance.GET | Conformance.MULTIPLE_REFERENCES,
    SetRequestNormal: Conformance.SET,
    ActionRequestNormal: Conformance.ACTION,
}
"""What must have been agreed for each request."""


@dataclass(slots=True)
class _LongGet:
    """The rest of a value that goes out in blocks."""

    left: bytes
    block_number: int = 0


class Services:
    """Answers the requests of one association.

    Args:
        objects: what there is.
        grant: what the client may do with it.
        conformance: what was agreed.
        pdu_size: the longest APDU the client takes.
    """

    def __init__(
        self, objects: ObjectModel, grant: Grant, *, conformance: Conformance, pdu_size: int
    ) -> None:
        self._objects = objects
        self._grant = grant
        self._conformance = conformance
        self._pdu_size = pdu_size
        self._long_get: _LongGet | None = None

    def answer(self, request: Request) -> Response:
        """The answer to a request; any request but for the next block ends a long GET."""
        long_get, self._long_get = self._long_get, None
        match request:
            case GetRequestNext():
                return self._next_block(request, long_get)
            case GetRequestNormal():
                return self._get(request)
            case GetRequestWithList():
                return self._get_list(request)
            case SetRequestNormal():
                return SetResponseNormal(request.invoke, self._set(request))
            case ActionRequestNormal():
                return self._act(request)

    def supports(self, request: Request) -> bool:
        """Whether the service was agreed on."""
        return NEEDED[type(request)] in self._conformance

    def _get(self, request: GetRequestNormal) -> Response:
        result = self._read(request.attribute, request.selection)
        response = GetResponseNormal(request.invoke, result)
        if isinstance(result, DataAccessResult) or len(response.encode()) <= self._pdu_size:
            return response
        if Conformance.BLOCK_TRANSFER_WITH_GET not in self._conformance:
            return GetResponseNormal(request.invoke, DataAccessResult.DATA_BLOCK_UNAVAILABLE)
        return self._block(request.invoke, _LongGet(encode(result)))

    def _get_list(self, request: GetRequestWithList) -> Response:
        if len(request.attributes) > LIST_LIMIT:
            return ExceptionResponse(SERVICE_NOT_ALLOWED, OTHER_REASON)
        results = tuple(self._read(attribute, selection) for attribute, selection in request.attributes)
        response = GetResponseWithList(request.invoke, results)
        octets = response.encode()
        if len(octets) <= self._pdu_size:
            return response
        if Conformance.BLOCK_TRANSFER_WITH_GET not in self._conformance:
            return GetResponseNormal(request.invoke, DataAccessResult.DATA_BLOCK_UNAVAILABLE)
        return self._block(request.invoke, _LongGet(octets[3:]))

    def _next_block(self, request: GetRequestNext, long_get: _LongGet | None) -> Response:
        refusal = DataAccessResult.NO_LONG_GET_IN_PROGRESS
        if long_get is not None:
            if request.block_number == long_get.block_number:
                return self._block(request.invoke, long_get)
            refusal = DataAccessResult.DATA_BLOCK_NUMBER_INVALID
        return GetResponseWithBlock(request.invoke, True, request.block_number, refusal)

    def _block(self, invoke: InvokeId, long_get: _LongGet) -> Response:
        size = self._pdu_size - _BLOCK_OVERHEAD
        block, long_get.left = long_get.left[:size], long_get.left[size:]
        long_get.block_number += 1
        if long_get.left:
            self._long_get = long_get
        return GetResponseWithBlock(invoke, not long_get.left, long_get.block_number, block)

    def _read(self, attribute: AttributeDescriptor, selection: Selection | None) -> GetResult:
        try:
            found = self._object(attribute.class_id, attribute.instance, Right.READ)
            return found.read(attribute.attribute, selection)
        except AccessDenied as denied:
            return denied.result

    def _set(self, request: SetRequestNormal) -> DataAccessResult:
        try:
            found = self._object(request.attribute.class_id, request.attribute.instance, Right.WRITE)
            if request.selection is not None:
                return DataAccessResult.SCOPE_OF_ACCESS_VIOLATED
            found.write(request.attribute.attribute, request.value)
        except AccessDenied as denied:
            return denied.result
        return DataAccessResult.SUCCESS

    def _act(self, request: ActionRequestNormal) -> Response:
        try:
            found = self._object(request.method.class_id, request.method.instance, Right.INVOKE)
            returned: Data | None = found.invoke(request.method.method, request.parameters)
        except AccessDenied as denied:
            return ActionResponseNormal(request.invoke, ActionResult(denied.result))
        response = ActionResponseNormal(request.invoke, ActionResult.SUCCESS, returned)
        if len(response.encode()) > self._pdu_size:
            return ExceptionResponse(SERVICE_NOT_ALLOWED, PDU_TOO_LONG)
        return response

    def _object(self, class_id: int, logical_name: Obis, right: Right) -> CosemObject:
        found = self._objects.find(class_id, logical_name)
        if found is None:
            raise AccessDenied(DataAccessResult.OBJECT_UNDEFINED)
        if not self._grant.allows(right, logical_name):
            raise AccessDenied(DataAccessResult.READ_WRITE_DENIED)
        return found
