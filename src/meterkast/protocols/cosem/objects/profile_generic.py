"""Class 7: a buffer of rows that can be asked for by time or by number."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from meterkast.model.obis import Obis
from meterkast.protocols.axdr import (
    Data,
    array,
    double_long_unsigned,
    enum,
)
from meterkast.protocols.cosem.capture import CaptureObject, Row
from meterkast.protocols.cosem.objects.readable import ReadableObject
from meterkast.protocols.cosem.profile import Encoding, encode_buffer
from meterkast.protocols.dlms.apdu import DataAccessResult, EntrySelection, RangeSelection, Selection
from meterkast.protocols.dlms.object_model import AccessDenied

_BUFFER = 2
_FIRST_IN_FIRST_OUT = 1
_NO_SORT_OBJECT = CaptureObject(class_id=0, logical_name=Obis(0, 0, 0, 0, 0, 0), attribute=0)


class ProfileGeneric(ReadableObject):
    """Class 7, version 1 (Blue Book 4.3.6): buffer, capture objects and period, sort order, entries.

    Args:
        logical_name: the object's name.
        capture_objects: the columns; the clock, where there is one, is among them.
        capture_period: seconds between rows, 0 where rows follow events.
        profile_entries: how many rows the buffer can hold.
        rows: gives the rows from ``start`` to ``end``, both included, in Unix seconds, oldest first; None
            leaves an end open. No more than ``profile_entries``.
        encoding: how the buffer goes onto the wire.
    """

    class_id: ClassVar[int] = 7
    version: ClassVar[int] = 1

    def __init__(
        self,
        logical_name: Obis,
        *,
        capture_objects: Sequence[CaptureObject],
        capture_period: int,
        profile_entries: int,
        rows: Callable[[int | None, int | None], Sequence[Row]],
        encoding: Encoding = Encoding.FULL,
    ) -> None:
        self._capture_objects = tuple(capture_objects)
        self._capture_period = capture_period
        self._rows = rows
        self._encoding = encoding
        super().__init__(
            logical_name,
            {
                _BUFFER: lambda: self._buffer(rows(None, None)),
                3: lambda: array(each.to_data() for each in self._capture_objects),
                4: lambda: double_long_unsigned(capture_period),
                5: lambda: enum(_FIRST_IN_FIRST_OUT),
                6: _NO_SORT_OBJECT.to_data,
                7: lambda: double_long_unsigned(len(rows(None, None))),
                8: lambda: double_long_unsigned(profile_entries),
            },
        )

    def read(self, attribute: int, selection: Selection | None = None) -> Data:
        """The value of an attribute; the buffer also by range or by entry."""
        if attribute != _BUFFER or selection is None:
            return super().read(attribute, selection)
        return self._buffer(self._selected(selection))

    def _selected(self, selection: Selection) -> Sequence[Row]:
        if isinstance(selection, RangeSelection):
            return self._rows(selection.start, selection.end)
        if isinstance(selection, EntrySelection):
            return _entries(self._rows(None, None), selection)
        raise AccessDenied(DataAccessResult.SCOPE_OF_ACCESS_VIOLATED)

    def _buffer(self, rows: Sequence[Row]) -> Data:
        return encode_buffer(rows, self._capture_objects, self._capture_period, self._encoding)


def _entries(rows: Sequence[Row], selection: EntrySelection) -> Sequence[Row]:
    """Rows by number, counted from 1 for the oldest; a last number of 0 means the newest."""
    if selection.first < 1 or 0 < selection.last < selection.first:
        raise AccessDenied(DataAccessResult.SCOPE_OF_ACCESS_VIOLATED)
    return rows[selection.first - 1 : selection.last or None]
