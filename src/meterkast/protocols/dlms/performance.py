"""A request that is here as a whole, done: what comes of it as an answer that may be of any length."""

from typing import TypeAlias

from meterkast.protocols.axdr import Data, null
from meterkast.protocols.dlms.apdu import (
    AccessGet,
    AccessRequest,
    AccessResponse,
    AccessSet,
    ActionRequestNormal,
    ActionRequestWithList,
    ActionResponseNormal,
    ActionResponseWithList,
    DataAccessResult,
    GetRequestNormal,
    GetRequestWithList,
    GetResponseNormal,
    GetResponseWithList,
    SetRequestNormal,
    SetRequestWithList,
    SetResponseNormal,
    SetResponseWithList,
)
from meterkast.protocols.dlms.apdu.access import AccessResult
from meterkast.protocols.dlms.operations import Operations

LIST_LIMIT = 16
"""References in one request, as in the Dutch P3 companion standard."""

Whole: TypeAlias = (
    GetRequestNormal
    | GetRequestWithList
    | SetRequestNormal
    | SetRequestWithList
    | ActionRequestNormal
    | ActionRequestWithList
    | AccessRequest
)
Answer: TypeAlias = (
    GetResponseNormal
    | GetResponseWithList
    | SetResponseNormal
    | SetResponseWithList
    | ActionResponseNormal
    | ActionResponseWithList
    | AccessResponse
)


def perform(request: Whole, do: Operations) -> Answer | None:
    """The answer; None where the request names more than one request may."""
    match request:
        case GetRequestNormal(invoke, attribute, selection):
            return GetResponseNormal(invoke, do.read(attribute, selection))
        case SetRequestNormal(invoke, attribute, selection, value):
            return SetResponseNormal(invoke, do.write(attribute, selection, value))
        case ActionRequestNormal(invoke, method, parameters):
            return ActionResponseNormal(invoke, *do.invoke(method, parameters))
        case GetRequestWithList(invoke, wanted) if len(wanted) <= LIST_LIMIT:
            return GetResponseWithList(invoke, tuple([do.read(*each) for each in wanted]))
        case SetRequestWithList(invoke, wanted, values) if len(wanted) <= LIST_LIMIT:
            pairs = zip(wanted, values, strict=True)
            return SetResponseWithList(invoke, tuple([do.write(*to, value) for to, value in pairs]))
        case ActionRequestWithList(invoke, methods, values) if len(methods) <= LIST_LIMIT:
            calls = zip(methods, values, strict=True)
            return ActionResponseWithList(invoke, tuple([do.invoke(*each) for each in calls]))
        case AccessRequest() if len(request.specifications) <= LIST_LIMIT:
            return _access(request, do)
    return None


def _access(request: AccessRequest, do: Operations) -> AccessResponse:
    values: list[Data] = []
    results: list[AccessResult] = []
    for specification, value in zip(request.specifications, request.values, strict=True):
        match specification:
            case AccessGet(attribute, selection):
                read = do.read(attribute, selection)
                values.append(null() if isinstance(read, DataAccessResult) else read)
                results.append(read if isinstance(read, DataAccessResult) else DataAccessResult.SUCCESS)
            case AccessSet(attribute, selection):
                values.append(null())
                results.append(do.write(attribute, selection, value))
            case _:
                ended, returned = do.invoke(specification.method, value)
                values.append(returned or null())
                results.append(ended)
    kinds = tuple([each.KIND for each in request.specifications])
    return AccessResponse(request.invoke, b"", tuple(values), kinds, tuple(results))
