"""Class 17: which logical devices there are, and at which address."""

from typing import ClassVar

from meterkast.model.obis import Obis
from meterkast.protocols.axdr import array, long_unsigned, octets, structure
from meterkast.protocols.cosem.objects.readable import ReadableObject

SAP_ASSIGNMENT = Obis(0, 0, 41, 0, 0)
MANAGEMENT_DEVICE = 1


class SapAssignment(ReadableObject):
    """Class 17, version 0 (Blue Book 4.4.5), where the management logical device is the only one."""

    class_id: ClassVar[int] = 17

    def __init__(self, device_name: str) -> None:
        assigned = structure((long_unsigned(MANAGEMENT_DEVICE), octets(device_name.encode("ascii"))))
        super().__init__(SAP_ASSIGNMENT, {2: lambda: array((assigned,))})
