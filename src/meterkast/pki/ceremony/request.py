"""A certification request (PKCS#10) as it is brought to a ceremony."""

from pathlib import Path

from meterkast.model.errors import DataError, PeerError
from meterkast.protocols.merkle import LogKey
from meterkast.protocols.x509 import foreign

_MAX = 1 << 14


def read_request(path: Path) -> tuple[bytes, LogKey]:
    """A request as it stands in its file, PEM or DER, and the key that has signed it.

    Raises:
        DataError: ``ceremony-request-unusable``.
    """
    try:
        octets = path.read_bytes()[: _MAX + 1]
        request = foreign.read_request(foreign.request_octets(octets))
    except (OSError, PeerError) as cause:
        raise _unusable(path) from cause
    if not request.is_proven or not isinstance(request.key, LogKey):
        raise _unusable(path)
    return octets, request.key


def _unusable(path: Path) -> DataError:
    message = "The certification request of an authority is missing, or not proven by its key."
    return DataError("ceremony-request-unusable", message, where=path.name)
