"""Class 8: the clock, kept in Dutch local time."""

from collections.abc import Callable
from typing import ClassVar

from meterkast.model.obis import Obis
from meterkast.protocols.axdr import Data, boolean, enum, integer, long, octets, unsigned
from meterkast.protocols.cosem.objects.readable import ReadableObject
from meterkast.protocols.datetime import CosemDateTime, from_unix_local

CLOCK = Obis(0, 0, 1, 0, 0)

_WINTER_TO_UTC = -60  # minutes from local standard time to UTC
_SUMMER_SHIFT = 60
_INTERNAL_CRYSTAL = 1
_LAST, _SUNDAY = 0xFE, 7

_SUMMER_BEGINS = CosemDateTime(month=3, day=_LAST, weekday=_SUNDAY, hour=2, minute=0, second=0)
_SUMMER_ENDS = CosemDateTime(month=10, day=_LAST, weekday=_SUNDAY, hour=3, minute=0, second=0)


class Clock(ReadableObject):
    """Class 8, version 0 (Blue Book 4.5.1): time, zone, status and the rule of summer time.

    Args:
        now: gives the Unix seconds that the clock shows.
        status: gives the clock status without its daylight saving bit, which follows from the time.
        logical_name: the object's name.
    """

    class_id: ClassVar[int] = 8

    def __init__(
        self, now: Callable[[], int], *, status: Callable[[], int] = lambda: 0, logical_name: Obis = CLOCK
    ) -> None:
        def local() -> CosemDateTime:
            return from_unix_local(now(), status())

        super().__init__(
            logical_name,
            {
                2: lambda: octets(local().encode()),
                3: lambda: long(_WINTER_TO_UTC),
                4: lambda: unsigned(local().status),
                5: lambda: octets(_SUMMER_BEGINS.encode()),
                6: lambda: octets(_SUMMER_ENDS.encode()),
                7: lambda: integer(_SUMMER_SHIFT),
                8: lambda: boolean(True),
                9: lambda: enum(_INTERNAL_CRYSTAL),
            },
        )

    def time(self) -> Data:
        """Attribute 2: the local time in twelve octets."""
        return self.read(2)
