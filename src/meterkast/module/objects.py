"""The COSEM objects of a module, made from its vendor's list."""

from collections.abc import Callable, Sequence

from meterkast.model.calendar import QUARTER
from meterkast.model.errors import DataError
from meterkast.module import events, quarters
from meterkast.module.display import REGISTERS, Display, Shown
from meterkast.module.vendor import ObjectEntry, VendorProfile
from meterkast.protocols.axdr import Data, Kind
from meterkast.protocols.cosem.capture import CaptureObject, Row
from meterkast.protocols.cosem.objects import Clock, CosemObject, DataObject, ProfileGeneric, Register

_CLOCK, _QUARTERS, _EVENTS = "clock", "load-profile", "event-log"
_COLUMNS = {_QUARTERS: ("profile-status", "import", "export"), _EVENTS: ("last-event",)}
_VALUE = 2


class ObjectFactory:
    """Makes the objects that a vendor's list names.

    Args:
        profile: the vendor's profile.
        phases: how many phases the module has.
        display: gives the values.
        buffer: the load profile.
        log: the event log.
        now: Unix seconds on the module's clock.
    """

    def __init__(
        self,
        profile: VendorProfile,
        phases: int,
        *,
        display: Display,
        buffer: quarters.LoadProfile,
        log: events.EventLog,
        now: Callable[[], int],
    ) -> None:
        self._profile = profile
        self._entries = [entry for entry in profile.objects if entry.phase <= phases]
        self._display = display
        self._buffer = buffer
        self._log = log
        self._now = now

    def objects(self) -> list[CosemObject]:
        """All objects of the list.

        Raises:
            DataError: ``module-profile-malformed`` where the list names what the module has not.
        """
        return [self._make(entry) for entry in self._entries]

    def _make(self, entry: ObjectEntry) -> CosemObject:
        match entry.class_id:
            case 1:
                return DataObject(entry.name, self._reader(entry))
            case 3:
                return Register(entry.name, self._reader(entry), unit=entry.unit, scaler=entry.scaler)
            case 7 if entry.shows == _QUARTERS:
                return self._profile_object(entry, self._quarter_rows, QUARTER, quarters.CAPACITY)
            case 7 if entry.shows == _EVENTS:
                return self._profile_object(entry, self._event_rows, 0, events.CAPACITY)
            case 8 if entry.shows == _CLOCK:
                return Clock(self._now, logical_name=entry.name)
        raise DataError("module-profile-malformed", "The module has no such object.", where=str(entry.name))

    def _reader(self, entry: ObjectEntry) -> Callable[[], Data]:
        reading = self._display.reading(entry.shows)
        return lambda: _wire(reading(self._now()), entry)

    def _profile_object(
        self,
        entry: ObjectEntry,
        rows: Callable[[int | None, int | None], Sequence[Row]],
        period: int,
        capacity: int,
    ) -> CosemObject:
        return ProfileGeneric(
            entry.name,
            capture_objects=[
                CaptureObject(class_id=column.class_id, logical_name=column.name, attribute=_VALUE)
                for column in (self._entry(_CLOCK), *self._columns(entry.shows))
            ],
            capture_period=period,
            profile_entries=capacity,
            rows=rows,
            encoding=self._profile.encoding,
        )

    def _quarter_rows(self, start: int | None, end: int | None) -> Sequence[Row]:
        status, *registers = self._columns(_QUARTERS)
        return [
            Row(
                at=entry.at,
                values=(
                    _wire(int(entry.status), status),
                    *(_wire(entry.registers[REGISTERS[column.shows]], column) for column in registers),
                ),
            )
            for entry in self._buffer.entries(self._now(), start, end)
        ]

    def _event_rows(self, start: int | None, end: int | None) -> Sequence[Row]:
        (code,) = self._columns(_EVENTS)
        return [
            Row(at=entry.at, values=(_wire(int(entry.code), code),))
            for entry in self._log.entries(start, end)
        ]

    def _columns(self, buffer: str) -> list[ObjectEntry]:
        return [self._entry(word) for word in _COLUMNS[buffer]]

    def _entry(self, word: str) -> ObjectEntry:
        found = next((entry for entry in self._entries if entry.shows == word), None)
        if found is None:
            raise DataError("module-profile-malformed", "A buffer lacks a column.", where=word)
        return found


def _wire(value: Shown, entry: ObjectEntry) -> Data:
    """The value in the type and scale of its object."""
    if isinstance(value, str):
        return Data(entry.kind, value if entry.kind is Kind.VISIBLE_STRING else value.encode("ascii"))
    return Data(entry.kind, round(value * 10**-entry.scaler))
