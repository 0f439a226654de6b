"""Classes 3 and 4: a physical value with scaler and unit, and the same with the time of capture."""

from collections.abc import Callable
from typing import ClassVar

from meterkast.model.obis import Obis
from meterkast.model.unit import Unit
from meterkast.protocols.axdr import Data, enum, integer, octets, structure
from meterkast.protocols.cosem.objects.readable import ReadableObject
from meterkast.protocols.datetime import from_unix_local


def scaler_unit(scaler: int, unit: Unit) -> Data:
    """Attribute 3 of registers: the physical value is the number times ten to the power of ``scaler``."""
    return structure((integer(scaler), enum(unit)))


class Register(ReadableObject):
    """Class 3, version 0 (Blue Book 4.3.2): logical name, value, scaler and unit."""

    class_id: ClassVar[int] = 3

    def __init__(self, logical_name: Obis, value: Callable[[], Data], *, unit: Unit, scaler: int = 0) -> None:
        super().__init__(logical_name, {2: value, 3: lambda: scaler_unit(scaler, unit)})


class ExtendedRegister(ReadableObject):
    """Class 4, version 0 (Blue Book 4.3.3): as class 3, then status and capture time.

    Args:
        logical_name: the object's name.
        value: gives the value.
        unit: physical unit.
        scaler: power of ten.
        status: gives the status, or null-data.
        captured_at: gives the Unix seconds of the capture.
    """

    class_id: ClassVar[int] = 4

    def __init__(
        self,
        logical_name: Obis,
        value: Callable[[], Data],
        *,
        unit: Unit,
        scaler: int = 0,
        status: Callable[[], Data],
        captured_at: Callable[[], int],
    ) -> None:
        super().__init__(
            logical_name,
            {
                2: value,
                3: lambda: scaler_unit(scaler, unit),
                4: status,
                5: lambda: octets(from_unix_local(captured_at()).encode()),
            },
        )
