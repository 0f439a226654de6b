"""The face that objects show to the DLMS server (Blue Book 4.1.1): attributes and methods."""

from collections.abc import Sequence
from typing import Protocol

from meterkast.model.obis import Obis
from meterkast.protocols.axdr import Data
from meterkast.protocols.dlms.apdu import DataAccessResult, Selection


class AccessDenied(Exception):
    """An object says no. Not a fault: the server hands ``result`` to the client as its answer."""

    def __init__(self, result: DataAccessResult) -> None:
        super().__init__(result.name)
        self.result = result


class CosemObject(Protocol):
    """One object of a logical device."""

    @property
    def class_id(self) -> int:
        """Interface class of the Blue Book."""
        ...

    @property
    def version(self) -> int:
        """Version of that class."""
        ...

    @property
    def logical_name(self) -> Obis:
        """The object's name, attribute 1."""
        ...

    @property
    def attributes(self) -> Sequence[int]:
        """The attributes that can be read at all, rising."""
        ...

    def read(self, attribute: int, selection: Selection | None = None) -> Data:
        """The value of an attribute.

        Raises:
            AccessDenied: where there is no such attribute or the selection makes no sense for it.
        """
        ...

    def write(self, attribute: int, value: Data) -> None:
        """Sets an attribute.

        Raises:
            AccessDenied: where it cannot be set, or not to this value.
        """
        ...

    def invoke(self, method: int, parameters: Data | None = None) -> Data | None:
        """Calls a method and gives what it returns.

        Raises:
            AccessDenied: where there is no such method.
        """
        ...


class ObjectModel(Protocol):
    """The objects behind one server."""

    def find(self, class_id: int, logical_name: Obis) -> CosemObject | None:
        """The object of this class with this name; None where there is none."""
        ...
