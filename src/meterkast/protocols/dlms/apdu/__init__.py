"""xDLMS and ACSE messages as values: ``decode`` reads any of them, each has ``encode``."""

from meterkast.protocols.dlms.acse import Aare, Aarq, Rlre, Rlrq
from meterkast.protocols.dlms.apdu.access import (
    AccessAction,
    AccessGet,
    AccessKind,
    AccessRequest,
    AccessResponse,
    AccessSet,
)
from meterkast.protocols.dlms.apdu.action import (
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
)
from meterkast.protocols.dlms.apdu.block import (
    Block,
)
from meterkast.protocols.dlms.apdu.block_transfer import (
    GeneralBlockTransfer,
)
from meterkast.protocols.dlms.apdu.ciphered import (
    DEDICATED_TAGS,
    GLOBAL_TAGS,
    Ciphered,
    GeneralGloCiphering,
)
from meterkast.protocols.dlms.apdu.decoding import (
    TAGS,
    Apdu,
    decode,
)
from meterkast.protocols.dlms.apdu.descriptor import (
    AttributeDescriptor,
    MethodDescriptor,
)
from meterkast.protocols.dlms.apdu.fault import (
    ConfirmedServiceError,
    ExceptionResponse,
)
from meterkast.protocols.dlms.apdu.general import (
    AgreedKey,
    GeneralCiphering,
    GeneralDedCiphering,
    GeneralSigning,
    Header,
    IdentifiedKey,
    KeyInfo,
    WrappedKey,
)
from meterkast.protocols.dlms.apdu.get import (
    GetRequestNext,
    GetRequestNormal,
    GetRequestWithList,
    GetResponseNormal,
    GetResponseWithBlock,
    GetResponseWithList,
)
from meterkast.protocols.dlms.apdu.initiate import (
    Conformance,
    InitiateRequest,
    InitiateResponse,
)
from meterkast.protocols.dlms.apdu.invoke import (
    InvokeId,
    LongInvokeId,
)
from meterkast.protocols.dlms.apdu.notification import (
    DataNotification,
    DataNotificationConfirm,
    EventNotification,
)
from meterkast.protocols.dlms.apdu.result import (
    ActionResult,
    DataAccessResult,
    GetResult,
)
from meterkast.protocols.dlms.apdu.selection import (
    EntrySelection,
    OtherSelection,
    RangeSelection,
    Selection,
    selection_of,
)
from meterkast.protocols.dlms.apdu.set import (
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
from meterkast.protocols.dlms.apdu.short_name import (
    BlockNumberAccess,
    ParameterizedAccess,
    ReadBlock,
    ReadRequest,
    ReadResponse,
    VariableAccess,
    VariableName,
)

__all__ = [
    "DEDICATED_TAGS",
    "GLOBAL_TAGS",
    "TAGS",
    "Aare",
    "Aarq",
    "AccessAction",
    "AccessGet",
    "AccessKind",
    "AccessRequest",
    "AccessResponse",
    "AccessSet",
    "ActionRequestNextBlock",
    "ActionRequestNormal",
    "ActionRequestWithBlock",
    "ActionRequestWithFirstBlock",
    "ActionRequestWithList",
    "ActionRequestWithListAndFirstBlock",
    "ActionResponseNextBlock",
    "ActionResponseNormal",
    "ActionResponseWithBlock",
    "ActionResponseWithList",
    "ActionResult",
    "AgreedKey",
    "Apdu",
    "AttributeDescriptor",
    "Block",
    "BlockNumberAccess",
    "Ciphered",
    "ConfirmedServiceError",
    "Conformance",
    "DataAccessResult",
    "DataNotification",
    "DataNotificationConfirm",
    "EntrySelection",
    "EventNotification",
    "ExceptionResponse",
    "GeneralBlockTransfer",
    "GeneralCiphering",
    "GeneralDedCiphering",
    "GeneralGloCiphering",
    "GeneralSigning",
    "GetRequestNext",
    "GetRequestNormal",
    "GetRequestWithList",
    "GetResponseNormal",
    "GetResponseWithBlock",
    "GetResponseWithList",
    "GetResult",
    "Header",
    "IdentifiedKey",
    "InitiateRequest",
    "InitiateResponse",
    "InvokeId",
    "KeyInfo",
    "LongInvokeId",
    "MethodDescriptor",
    "OtherSelection",
    "ParameterizedAccess",
    "RangeSelection",
    "ReadBlock",
    "ReadRequest",
    "ReadResponse",
    "Rlre",
    "Rlrq",
    "Selection",
    "SetRequestNormal",
    "SetRequestWithBlock",
    "SetRequestWithFirstBlock",
    "SetRequestWithList",
    "SetRequestWithListAndFirstBlock",
    "SetResponseBlock",
    "SetResponseLastBlock",
    "SetResponseLastBlockWithList",
    "SetResponseNormal",
    "SetResponseWithList",
    "VariableAccess",
    "VariableName",
    "WrappedKey",
    "decode",
    "selection_of",
]
