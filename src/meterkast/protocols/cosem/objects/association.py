"""Class 15: the association as an object, above all the list of everything that can be found."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from meterkast.model.obis import Obis
from meterkast.protocols.axdr import (
    Data,
    array,
    enum,
    integer,
    long_unsigned,
    null,
    octets,
    structure,
    unsigned,
)
from meterkast.protocols.cosem.objects.readable import ReadableObject
from meterkast.protocols.dlms.object_model import CosemObject

CURRENT_ASSOCIATION = Obis(0, 0, 40, 0, 0)

_READ_ONLY = 1
_ASSOCIATED = 2
_SELECTORS = {(7, 2): (1, 2)}  # class, attribute: selective access by range and by entry


class AssociationLn(ReadableObject):
    """Class 15, version 1 (Blue Book 4.4.4), of the current association: its object list and its status.

    The object list is made from the objects themselves, so it can neither hide nor invent one. The reply
    to the HLS challenge (method 1) belongs to the server, which knows the association.

    Args:
        objects: gives all objects of the logical device.
    """

    class_id: ClassVar[int] = 15
    version: ClassVar[int] = 1

    def __init__(self, objects: Callable[[], Sequence[CosemObject]]) -> None:
        super().__init__(
            CURRENT_ASSOCIATION,
            {2: lambda: array(_entry(each) for each in objects()), 8: lambda: enum(_ASSOCIATED)},
        )


def _entry(each: CosemObject) -> Data:
    rights = structure((array(_right(each, attribute) for attribute in each.attributes), array(())))
    return structure(
        (long_unsigned(each.class_id), unsigned(each.version), octets(each.logical_name.to_bytes()), rights)
    )


def _right(each: CosemObject, attribute: int) -> Data:
    selectors = _SELECTORS.get((each.class_id, attribute))
    return structure(
        (
            integer(attribute),
            enum(_READ_ONLY),
            array(map(integer, selectors)) if selectors else null(),
        )
    )
