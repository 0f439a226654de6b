"""Octets to an APDU, by tag and type."""

from collections.abc import Callable
from typing import Final, TypeAlias

from meterkast.model.errors import PeerError
from meterkast.protocols.axdr import LIMITS, Limits, Reader
from meterkast.protocols.dlms import acse
from meterkast.protocols.dlms.acse import Aare, Aarq, Rlre, Rlrq
from meterkast.protocols.dlms.apdu.access import AccessRequest, AccessResponse
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
from meterkast.protocols.dlms.apdu.block_transfer import GeneralBlockTransfer
from meterkast.protocols.dlms.apdu.ciphered import Ciphered, GeneralGloCiphering
from meterkast.protocols.dlms.apdu.fault import ConfirmedServiceError, ExceptionResponse
from meterkast.protocols.dlms.apdu.general import GeneralCiphering, GeneralDedCiphering, GeneralSigning
from meterkast.protocols.dlms.apdu.get import (
    GetRequestNext,
    GetRequestNormal,
    GetRequestWithList,
    GetResponseNormal,
    GetResponseWithBlock,
    GetResponseWithList,
)
from meterkast.protocols.dlms.apdu.initiate import InitiateRequest, InitiateResponse
from meterkast.protocols.dlms.apdu.notification import (
    DataNotification,
    DataNotificationConfirm,
    EventNotification,
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
from meterkast.protocols.dlms.apdu.short_name import ReadRequest, ReadResponse

Apdu: TypeAlias = (
    Aarq
    | Aare
    | Rlrq
    | Rlre
    | InitiateRequest
    | InitiateResponse
    | ConfirmedServiceError
    | ExceptionResponse
    | GetRequestNormal
    | GetRequestNext
    | GetRequestWithList
    | GetResponseNormal
    | GetResponseWithBlock
    | GetResponseWithList
    | SetRequestNormal
    | SetRequestWithFirstBlock
    | SetRequestWithBlock
    | SetRequestWithList
    | SetRequestWithListAndFirstBlock
    | SetResponseNormal
    | SetResponseBlock
    | SetResponseLastBlock
    | SetResponseLastBlockWithList
    | SetResponseWithList
    | ActionRequestNormal
    | ActionRequestNextBlock
    | ActionRequestWithList
    | ActionRequestWithFirstBlock
    | ActionRequestWithListAndFirstBlock
    | ActionRequestWithBlock
    | ActionResponseNormal
    | ActionResponseWithBlock
    | ActionResponseWithList
    | ActionResponseNextBlock
    | DataNotification
    | DataNotificationConfirm
    | EventNotification
    | Ciphered
    | GeneralGloCiphering
    | GeneralDedCiphering
    | GeneralCiphering
    | GeneralSigning
    | GeneralBlockTransfer
    | AccessRequest
    | AccessResponse
    | ReadRequest
    | ReadResponse
)

_BY_TAG: Final[dict[int, Callable[[Reader], Apdu]]] = {
    kind.TYPE[0]: kind.parse
    for kind in (
        InitiateRequest,
        InitiateResponse,
        ConfirmedServiceError,
        ExceptionResponse,
        DataNotification,
        DataNotificationConfirm,
        EventNotification,
        GeneralGloCiphering,
        GeneralDedCiphering,
        GeneralCiphering,
        GeneralSigning,
        GeneralBlockTransfer,
        AccessRequest,
        AccessResponse,
        ReadRequest,
        ReadResponse,
    )
}
_BY_TYPE: Final[dict[tuple[int, int], Callable[[Reader], Apdu]]] = {
    kind.TYPE: kind.parse
    for kind in (
        GetRequestNormal,
        GetRequestNext,
        GetRequestWithList,
        GetResponseNormal,
        GetResponseWithBlock,
        GetResponseWithList,
        SetRequestNormal,
        SetRequestWithFirstBlock,
        SetRequestWithBlock,
        SetRequestWithList,
        SetRequestWithListAndFirstBlock,
        SetResponseNormal,
        SetResponseBlock,
        SetResponseLastBlock,
        SetResponseLastBlockWithList,
        SetResponseWithList,
        ActionRequestNormal,
        ActionRequestNextBlock,
        ActionRequestWithList,
        ActionRequestWithFirstBlock,
        ActionRequestWithListAndFirstBlock,
        ActionRequestWithBlock,
        ActionResponseNormal,
        ActionResponseWithBlock,
        ActionResponseWithList,
        ActionResponseNextBlock,
    )
}
_TYPED_TAGS: Final = frozenset(tag for tag, _ in _BY_TYPE)
TAGS: Final = acse.TAGS | _BY_TAG.keys() | _TYPED_TAGS | Ciphered.TAGS
"""First octets of the messages that are known here."""


def decode(octets: bytes, *, limits: Limits = LIMITS) -> Apdu:
    """The one APDU that these octets are.

    Raises:
        PeerError: ``apdu-…``, ``axdr-…``, ``acse-…`` or ``ber-…`` for anything else,
            trailing octets included.
    """
    if octets[:1] and octets[0] in acse.TAGS:
        return acse.decode(octets)
    reader = Reader(octets, limits=limits)
    apdu = parse(reader)
    reader.finish()
    return apdu


def parse(reader: Reader) -> Apdu:
    """The APDU at the reader, other than those of ACSE; octets may follow it.

    Raises:
        PeerError: as for ``decode``, except for trailing octets.
    """
    tag = reader.octet()
    if tag in Ciphered.TAGS:
        return Ciphered.parse(tag, reader)
    parser = _BY_TYPE.get((tag, reader.octet())) if tag in _TYPED_TAGS else _BY_TAG.get(tag)
    if parser is None:
        raise PeerError(
            "apdu-unknown", f"No message begins {tag:02X} here.", where=f"offset {reader.offset - 1}"
        )
    return parser(reader)
