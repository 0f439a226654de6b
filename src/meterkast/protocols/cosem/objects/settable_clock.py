"""Class 8 for a device whose clock may be set: by its attribute and by the methods (Blue Book 4.5.1)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from meterkast.model.errors import PeerError
from meterkast.protocols.axdr import Data, Kind
from meterkast.protocols.cosem.objects.clock import Clock
from meterkast.protocols.cosem.objects.parameters import fields, malformed, number, octet_string
from meterkast.protocols.datetime import CosemDateTime
from meterkast.protocols.dlms.apdu import DataAccessResult
from meterkast.protocols.dlms.object_model import AccessDenied

_TIME: Final = 2
_MINUTE: Final = 60
_QUARTER: Final = 900
_LARGEST_SHIFT: Final = 900


@dataclass(frozen=True, slots=True)
class _Preset:
    """A time to jump to, on command, from ``start`` to ``end``."""

    at: int
    start: int
    end: int


class SettableClock(Clock):
    """A clock with all six methods.

    Args:
        now: gives the Unix seconds that the clock shows.
        adjust: sets it to these Unix seconds; raises AccessDenied where it may not go so far.
        period: seconds of the measuring period.
        status: as in ``Clock``.
    """

    def __init__(
        self,
        now: Callable[[], int],
        *,
        adjust: Callable[[int], None],
        period: int = _QUARTER,
        status: Callable[[], int] = lambda: 0,
    ) -> None:
        super().__init__(now, status=status)
        self._now = now
        self._adjust = adjust
        self._preset: _Preset | None = None
        self._methods: dict[int, Callable[[Data], None]] = {
            1: lambda given: self._to_nearest(_QUARTER, given),
            2: lambda given: self._to_nearest(period, given),
            3: lambda given: self._to_nearest(_MINUTE, given),
            4: self._to_preset,
            5: self._keep_preset,
            6: self._shift,
        }

    def write(self, attribute: int, value: Data) -> None:
        """Sets the time.

        Raises:
            AccessDenied: read-write-denied for any other attribute, type-unmatched for what is no moment.
        """
        if attribute != _TIME:
            raise AccessDenied(DataAccessResult.READ_WRITE_DENIED)
        self._adjust(_moment(value))

    def invoke(self, method: int, parameters: Data | None = None) -> None:
        """Calls a method.

        Raises:
            AccessDenied: read-write-denied for no method of the class and outside the time of a preset,
                type-unmatched for parameters of another form.
        """
        called = self._methods.get(method)
        if called is None:
            raise AccessDenied(DataAccessResult.READ_WRITE_DENIED)
        if parameters is None:
            raise malformed()
        called(parameters)

    def _to_nearest(self, step: int, parameters: Data) -> None:
        number(parameters, Kind.INTEGER)
        self._adjust((self._now() + step // 2) // step * step)

    def _keep_preset(self, parameters: Data) -> None:
        self._preset = _Preset(*map(_moment, fields(parameters, 3)))

    def _to_preset(self, parameters: Data) -> None:
        number(parameters, Kind.INTEGER)
        preset = self._preset
        if preset is None or not preset.start <= self._now() <= preset.end:
            raise AccessDenied(DataAccessResult.READ_WRITE_DENIED)
        self._adjust(preset.at)
        self._preset = None

    def _shift(self, parameters: Data) -> None:
        seconds = number(parameters, Kind.LONG)
        if abs(seconds) > _LARGEST_SHIFT:
            raise malformed()
        self._adjust(self._now() + seconds)


def _moment(data: Data) -> int:
    try:
        at = CosemDateTime.parse(octet_string(data)).unix()
    except PeerError:
        at = None
    if at is None:
        raise malformed()
    return at
