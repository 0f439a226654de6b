"""What a client may do to the objects of a server: read, write, invoke; each says yes, or why not."""

from collections.abc import Callable
from typing import Final

from meterkast.model.obis import Obis
from meterkast.protocols.axdr import Data
from meterkast.protocols.dlms.apdu import (
    ActionResult,
    AttributeDescriptor,
    DataAccessResult,
    GetResult,
    MethodDescriptor,
    Selection,
)
from meterkast.protocols.dlms.grant import Grant, Right
from meterkast.protocols.dlms.object_model import AccessDenied, CosemObject, ObjectModel

SWITCHES: Final = frozenset({70, 71})
"""Disconnect control and limiter: a command to one of them is an event, though there is none."""


class Operations:
    """The objects behind one association, through the grant of its client.

    Args:
        objects: what there is.
        grant: what the client may do with it.
        report: takes the code of a security event.
    """

    def __init__(self, objects: ObjectModel, grant: Grant, report: Callable[[str], None]) -> None:
        self._objects = objects
        self._grant = grant
        self._report = report

    def read(self, attribute: AttributeDescriptor, selection: Selection | None) -> GetResult:
        """The value of an attribute, or why there is none."""
        try:
            found = self._object(attribute.class_id, attribute.instance, Right.READ)
            return found.read(attribute.attribute, selection)
        except AccessDenied as denied:
            return denied.result

    def version(self, class_id: int, logical_name: Obis) -> int:
        """Version of an object's class; 0 where there is no such object."""
        found = self._objects.find(class_id, logical_name)
        return 0 if found is None else found.version

    def write(
        self, attribute: AttributeDescriptor, selection: Selection | None, value: Data
    ) -> DataAccessResult:
        """Sets an attribute; no part of one can be set."""
        try:
            found = self._object(attribute.class_id, attribute.instance, Right.WRITE)
            if selection is not None:
                return DataAccessResult.SCOPE_OF_ACCESS_VIOLATED
            found.write(attribute.attribute, value)
        except AccessDenied as denied:
            return denied.result
        return DataAccessResult.SUCCESS

    def invoke(self, method: MethodDescriptor, parameters: Data | None) -> tuple[ActionResult, Data | None]:
        """Calls a method; how it ended and what it returned."""
        try:
            found = self._object(method.class_id, method.instance, Right.INVOKE)
            return ActionResult.SUCCESS, found.invoke(method.method, parameters)
        except AccessDenied as denied:
            return ActionResult(denied.result), None

    def _object(self, class_id: int, logical_name: Obis, right: Right) -> CosemObject:
        if class_id in SWITCHES and right is not Right.READ:
            self._report("dlms-switch-refused")
        found = self._objects.find(class_id, logical_name)
        if found is None:
            raise AccessDenied(DataAccessResult.OBJECT_UNDEFINED)
        if not self._grant.allows(right, logical_name):
            raise AccessDenied(DataAccessResult.READ_WRITE_DENIED)
        return found
