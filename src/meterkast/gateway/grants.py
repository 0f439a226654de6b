"""What an application may say to the module: read measuring objects, and nothing else."""

from meterkast.model.errors import MeterkastError, TrustError
from meterkast.protocols.dlms.apdu import (
    AttributeDescriptor,
    GetRequestNext,
    GetRequestNormal,
    GetRequestWithList,
    decode,
)

READABLE = frozenset({1, 3, 4, 7, 8})
"""Data, register, extended register, profile, clock. No association, no switch (class 70), no network."""
MAX_OCTETS = 256
"""A GET with a selection of a range has less than a hundred, a list of sixteen attributes has 180."""


def require_grant(apdu: bytes) -> None:
    """Returns where the APDU is a GET that an application is granted.

    Raises:
        TrustError: ``grant-refused`` for every other service or class, and for octets that are no APDU.
    """
    if len(apdu) > MAX_OCTETS:
        raise _refused()
    try:
        request = decode(apdu)
    except MeterkastError as error:
        raise _refused() from error
    match request:
        case GetRequestNormal():
            granted = _measures(request.attribute)
        case GetRequestWithList():
            granted = bool(request.attributes) and all(_measures(each) for each, _ in request.attributes)
        case _:
            granted = isinstance(request, GetRequestNext)
    if not granted:
        raise _refused()


def _measures(attribute: AttributeDescriptor) -> bool:
    return attribute.class_id in READABLE and attribute.attribute > 0


def _refused() -> TrustError:
    return TrustError("grant-refused", "The application asks for what it was not granted.")
