"""What client and server must have agreed on for each request (Green Book 9.4.6.1)."""

from typing import Final, TypeAlias

from meterkast.protocols.dlms.apdu import (
    AccessRequest,
    ActionRequestNextBlock,
    ActionRequestNormal,
    ActionRequestWithBlock,
    ActionRequestWithFirstBlock,
    ActionRequestWithList,
    ActionRequestWithListAndFirstBlock,
    Conformance,
    GetRequestNext,
    GetRequestNormal,
    GetRequestWithList,
    SetRequestNormal,
    SetRequestWithBlock,
    SetRequestWithFirstBlock,
    SetRequestWithList,
    SetRequestWithListAndFirstBlock,
)
from meterkast.protocols.dlms.assembly import First

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
"""All that a client can ask by logical names."""

SET_BLOCKS: Final = Conformance.SET | Conformance.BLOCK_TRANSFER_WITH_SET
ACTION_BLOCKS: Final = Conformance.ACTION | Conformance.BLOCK_TRANSFER_WITH_ACTION

NEEDED: Final[dict[type[Request], Conformance]] = {
    GetRequestNormal: Conformance.GET,
    GetRequestNext: Conformance.BLOCK_TRANSFER_WITH_GET,
    GetRequestWithList: Conformance.GET | Conformance.MULTIPLE_REFERENCES,
    SetRequestNormal: Conformance.SET,
    SetRequestWithList: Conformance.SET | Conformance.MULTIPLE_REFERENCES,
    SetRequestWithFirstBlock: SET_BLOCKS,
    SetRequestWithListAndFirstBlock: SET_BLOCKS | Conformance.MULTIPLE_REFERENCES,
    SetRequestWithBlock: SET_BLOCKS,
    ActionRequestNormal: Conformance.ACTION,
    ActionRequestWithList: Conformance.ACTION | Conformance.MULTIPLE_REFERENCES,
    ActionRequestWithFirstBlock: ACTION_BLOCKS,
    ActionRequestWithListAndFirstBlock: ACTION_BLOCKS | Conformance.MULTIPLE_REFERENCES,
    ActionRequestWithBlock: ACTION_BLOCKS,
    ActionRequestNextBlock: ACTION_BLOCKS,
    AccessRequest: Conformance.ACCESS,
}
"""What must have been agreed for each request."""
