"""What an application may say to the module: read measuring objects, and nothing else."""

from meterkast.model.errors import MeterkastError, TrustError
from meterkast.protocols.dlms.apdu import GetRequestNext, GetRequestNormal, decode

READABLE = frozenset({1, 3, 4, 7, 8})
"""Data, register, extended register, profile, clock. No association, no switch (class 70), no network."""
MAX_OCTETS = 256
"""The longest GET with a selection of a range has less than a hundred."""


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
    if isinstance(request, GetRequestNormal):
        granted = request.attribute.class_id in READABLE and request.attribute.attribute > 0
    else:
        granted = isinstance(request, GetRequestNext)
    if not granted:
        raise _refused()


def _refused() -> TrustError:
    return TrustError("grant-refused", "The application asks for what it was not granted.")
