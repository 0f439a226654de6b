"""What the ready classes share: attributes that can be read, nothing that can be set or called."""

from collections.abc import Callable, Mapping
from typing import ClassVar

from meterkast.model.obis import Obis
from meterkast.protocols.axdr import Data, octets
from meterkast.protocols.dlms.apdu import DataAccessResult, Selection
from meterkast.protocols.dlms.object_model import AccessDenied


class ReadableObject:
    """An object made of readers, one per attribute; attribute 1 is the logical name.

    Args:
        logical_name: the object's name.
        readers: what gives the value of each attribute from 2 on.
    """

    class_id: ClassVar[int]
    version: ClassVar[int] = 0

    def __init__(self, logical_name: Obis, readers: Mapping[int, Callable[[], Data]]) -> None:
        self._logical_name = logical_name
        self._readers = {1: lambda: octets(logical_name.to_bytes()), **readers}

    @property
    def logical_name(self) -> Obis:
        """The object's name, attribute 1."""
        return self._logical_name

    @property
    def attributes(self) -> tuple[int, ...]:
        """The attributes that can be read, rising."""
        return tuple(sorted(self._readers))

    def read(self, attribute: int, selection: Selection | None = None) -> Data:
        """The value of an attribute; selective access is for profiles only."""
        reader = self._readers.get(attribute)
        if reader is None:
            raise AccessDenied(DataAccessResult.READ_WRITE_DENIED)
        if selection is not None:
            raise AccessDenied(DataAccessResult.SCOPE_OF_ACCESS_VIOLATED)
        return reader()

    def write(self, attribute: int, value: Data) -> None:  # noqa: ARG002 - the face of every object
        """Nothing can be set."""
        raise AccessDenied(DataAccessResult.READ_WRITE_DENIED)

    def invoke(self, method: int, parameters: Data | None = None) -> Data | None:  # noqa: ARG002 - the same
        """Nothing can be called."""
        raise AccessDenied(DataAccessResult.READ_WRITE_DENIED)
