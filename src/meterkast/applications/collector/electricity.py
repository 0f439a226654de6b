"""The electricity block of a day: the rows of 1-0:99.1.0 on the grid of quarters, as the module gave them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from meterkast.applications.collector.profile import Capture, Row, captures, rows, scaler_unit
from meterkast.applications.collector.reader import Reader
from meterkast.model.block import Column, Medium, MeterDayBlock
from meterkast.model.calendar import QUARTER, grid
from meterkast.model.errors import MeterkastError, PeerError, UnreachableError
from meterkast.model.obis import Obis
from meterkast.model.quality import Flag
from meterkast.model.unit import Unit
from meterkast.protocols.axdr import Data
from meterkast.protocols.dlms.apdu import RangeSelection

_NAME, _PROFILE = Obis(0, 0, 42, 0, 0), Obis(1, 0, 99, 1, 0)
_DATA, _PROFILE_GENERIC = 1, 7
_VALUE, _BUFFER, _CAPTURE_OBJECTS, _CAPTURE_PERIOD, _SCALER_UNIT = 2, 2, 3, 4, 3
_IMPORT_EXPORT = (Obis(1, 0, 1, 8, 0), Obis(1, 0, 2, 8, 0))

_FLAGS = {
    "module-silent": Flag.SILENT,
    "module-flood": Flag.FLOOD,
    "module-garbage": Flag.GARBAGE,
    "module-untrusted": Flag.GARBAGE,
    "module-swapped": Flag.GARBAGE,
    "module-quarantined": Flag.GARBAGE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Registers:
    """The register columns of the profile, with scaler and unit of each."""

    columns: tuple[Capture, ...]
    scales: tuple[tuple[int, Unit], ...]

    def block(self, device: str, day: date, found: Iterable[Row]) -> MeterDayBlock:
        """The block: each row at its place, nothing moved, mended or made up.

        The first row of an instant counts. What does not fit, and what is not there, shows in the flags.
        """
        times = grid(day, QUARTER)
        placed, flags = _place(found, times)
        names = [column.instance for column in self.columns if column.is_register]
        values = [
            tuple(placed[at].values[number] if at in placed else None for at in times)
            for number in range(len(names))
        ]
        if any(None in column for column in values):
            flags.add(Flag.MISSING)
        if any(_runs_back(column) for column in values):
            flags.add(Flag.REGISTER_DECREASED)
        return MeterDayBlock(
            device=device,
            medium=Medium.ELECTRICITY,
            day=day,
            times=times,
            columns=tuple(
                Column(obis=name, unit=unit, scaler=scaler, values=column)
                for name, (scaler, unit), column in zip(names, self.scales, values, strict=True)
            ),
            status=tuple(placed[at].status if at in placed else None for at in times),
            flags=tuple(sorted(flags)),
        )


def collect(reader: Reader, device: str, day: date) -> tuple[MeterDayBlock, MeterkastError | None]:
    """The block of this module and day, and the error where there was nothing to put into it.

    A module that is silent, floods, sends garbage or is another one than was paired gives a block of gaps,
    flagged: its day is accounted for, and nobody waits for it.
    """
    try:
        return _read(reader, device, day), None
    except (PeerError, UnreachableError) as error:
        unread = Flag.SILENT if isinstance(error, UnreachableError) else Flag.GARBAGE
        return _gaps(device, day, _FLAGS.get(error.code, unread)), error


def _read(reader: Reader, device: str, day: date) -> MeterDayBlock:
    if _text(reader.read(_DATA, _NAME, _VALUE)) != device:
        raise PeerError("module-foreign", "The module that answers is not the one that was paired.")
    columns = captures(reader.read(_PROFILE_GENERIC, _PROFILE, _CAPTURE_OBJECTS))
    period = reader.read(_PROFILE_GENERIC, _PROFILE, _CAPTURE_PERIOD).value
    scales = tuple(
        scaler_unit(reader.read(column.class_id, column.instance, _SCALER_UNIT))
        for column in columns
        if column.is_register
    )
    times = grid(day, QUARTER)
    buffer = reader.read(_PROFILE_GENERIC, _PROFILE, _BUFFER, RangeSelection(times[0], times[-1]))
    found = rows(buffer, columns, period if isinstance(period, int) else QUARTER)
    return Registers(columns=columns, scales=scales).block(device, day, found)


def _place(found: Iterable[Row], times: Sequence[int]) -> tuple[dict[int, Row], set[Flag]]:
    """The rows by instant. Rows of other days are none of this block's business and leave no flag."""
    placed: dict[int, Row] = {}
    flags: set[Flag] = set()
    instants = frozenset(times)
    last: int | None = None
    for row in found:
        if row.at is None or (last is not None and row.at <= last):
            flags.add(Flag.CLOCK)
        if row.at is None:
            continue
        last = row.at
        if row.at in instants:
            placed.setdefault(row.at, row)
            flags |= set() if row.readable else {Flag.GARBAGE}
        elif times[0] < row.at < times[-1]:
            flags.add(Flag.CLOCK)
    return placed, flags


def _runs_back(values: Iterable[int | None]) -> bool:
    known = [value for value in values if value is not None]
    return any(before > after for before, after in pairwise(known))


def _gaps(device: str, day: date, flag: Flag) -> MeterDayBlock:
    times = grid(day, QUARTER)
    empty: tuple[None, ...] = (None,) * len(times)
    return MeterDayBlock(
        device=device,
        medium=Medium.ELECTRICITY,
        day=day,
        times=times,
        columns=tuple(
            Column(obis=obis, unit=Unit.WATT_HOUR, scaler=0, values=empty) for obis in _IMPORT_EXPORT
        ),
        status=empty,
        flags=tuple(sorted((flag, Flag.MISSING))),
    )


def _text(data: Data) -> str:
    return data.value.decode("ascii", "replace") if isinstance(data.value, bytes) else str(data.value)
