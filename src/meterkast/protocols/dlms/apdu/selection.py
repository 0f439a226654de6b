"""Selective access: part of a profile buffer instead of all of it (Blue Book 4.3.6.2.3)."""

from dataclasses import dataclass
from typing import TypeAlias

from meterkast.model.errors import PeerError
from meterkast.model.obis import Obis
from meterkast.protocols.axdr import (
    Data,
    Kind,
    Reader,
    Writer,
    array,
    double_long_unsigned,
    integer,
    long_unsigned,
    octets,
    structure,
)
from meterkast.protocols.datetime import CosemDateTime, from_unix

_CLOCK = structure((long_unsigned(8), octets(Obis(0, 0, 1, 0, 0).to_bytes()), integer(2), long_unsigned(0)))


@dataclass(frozen=True, slots=True)
class RangeSelection:
    """Entries from ``start`` to ``end``, both included, in Unix seconds; all columns."""

    start: int
    end: int

    def encode(self) -> bytes:
        """Selector 1 and its range descriptor on the clock object, times in UTC."""
        bounds = (octets(from_unix(at, 0).encode()) for at in (self.start, self.end))
        return Writer(1).data(structure((_CLOCK, *bounds, array(())))).finish()


@dataclass(frozen=True, slots=True)
class EntrySelection:
    """Entries by number: the first is 1, and ``last`` 0 means up to the end; columns likewise."""

    first: int
    last: int = 0
    first_column: int = 1
    last_column: int = 0

    def encode(self) -> bytes:
        """Selector 2 and its entry descriptor."""
        entries = (double_long_unsigned(self.first), double_long_unsigned(self.last))
        columns = (long_unsigned(self.first_column), long_unsigned(self.last_column))
        return Writer(2).data(structure((*entries, *columns))).finish()


@dataclass(frozen=True, slots=True)
class OtherSelection:
    """A selection of another shape, as it stands on the wire."""

    selector: int
    parameters: Data

    def encode(self) -> bytes:
        """The selector and its parameters."""
        return Writer(self.selector).data(self.parameters).finish()


Selection: TypeAlias = RangeSelection | EntrySelection | OtherSelection


def parse_selection(reader: Reader) -> Selection | None:
    """An optional selection: 00, or 01 and the selection."""
    return parse_bare_selection(reader) if reader.flag() else None


def parse_bare_selection(reader: Reader) -> Selection:
    """A selection that is there: selector and parameters."""
    return selection_of(reader.octet(), reader.data())


def selection_of(selector: int, parameters: Data) -> Selection:
    """The selection that a selector and its parameters are."""
    known = _KNOWN.get(selector)
    return (known and known(parameters)) or OtherSelection(selector, parameters)


def selector_of(selection: Selection) -> tuple[int, Data]:
    """Selector and parameters of a selection, where they stand apart."""
    reader = Reader(selection.encode())
    return reader.octet(), reader.data()


def write_selection(writer: Writer, selection: Selection | None) -> Writer:
    """An optional selection."""
    return writer.flag(False) if selection is None else writer.flag(True).raw(selection.encode())


def _range(parameters: Data) -> RangeSelection | None:
    if parameters.kind is not Kind.STRUCTURE or len(parameters.items) != 4:
        return None
    restricting, start, end, columns = parameters.items
    bounds = [_instant(start), _instant(end)]
    if restricting != _CLOCK or columns != array(()) or bounds[0] is None or bounds[1] is None:
        return None
    return RangeSelection(bounds[0], bounds[1])


def _instant(data: Data) -> int | None:
    if data.kind not in (Kind.OCTET_STRING, Kind.DATE_TIME) or not isinstance(data.value, bytes):
        return None
    try:
        return CosemDateTime.parse(data.value).unix()
    except PeerError:
        return None


def _entries(parameters: Data) -> EntrySelection | None:
    kinds = [item.kind for item in parameters.items]
    if kinds != [Kind.DOUBLE_LONG_UNSIGNED] * 2 + [Kind.LONG_UNSIGNED] * 2:
        return None
    return EntrySelection(*(item.value for item in parameters.items if isinstance(item.value, int)))


_KNOWN = {1: _range, 2: _entries}
