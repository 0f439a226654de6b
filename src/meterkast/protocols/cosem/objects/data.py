"""Class 1: a value without a unit."""

from collections.abc import Callable
from typing import ClassVar

from meterkast.model.obis import Obis
from meterkast.protocols.axdr import Data
from meterkast.protocols.cosem.objects.readable import ReadableObject


class DataObject(ReadableObject):
    """Class 1, version 0 (Blue Book 4.3.1): logical name, value."""

    class_id: ClassVar[int] = 1

    def __init__(self, logical_name: Obis, value: Callable[[], Data]) -> None:
        super().__init__(logical_name, {2: value})
