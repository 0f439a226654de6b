"""A load profile as the module has it: what its columns are, and its rows at their instants (class 7)."""

from collections.abc import Iterator
from dataclasses import dataclass

from meterkast.model.errors import DataError, PeerError
from meterkast.model.obis import Obis
from meterkast.model.unit import Unit
from meterkast.protocols.axdr import Data
from meterkast.protocols.datetime import CosemDateTime

_CLOCK_CLASS, _DATA_CLASS, _REGISTER_CLASSES = 8, 1, frozenset({3, 4})
_VALUE = 2
_INT64 = range(-(1 << 63), 1 << 63)
_SCALERS = range(-128, 128)
_UNITS = frozenset(map(int, Unit))
MAX_REGISTERS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """One column: which attribute of which object goes into each row."""

    class_id: int
    instance: Obis
    attribute: int

    @property
    def is_clock(self) -> bool:
        """Whether this column says when."""
        return self.class_id == _CLOCK_CLASS and self.attribute == _VALUE

    @property
    def is_status(self) -> bool:
        """Whether this column is the profile status, 0-0:96.10.x."""
        return self.class_id == _DATA_CLASS and (self.instance.c, self.instance.d) == (96, 10)

    @property
    def is_register(self) -> bool:
        """Whether this column is what a register stood at."""
        return self.class_id in _REGISTER_CLASSES and self.attribute == _VALUE


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One entry. A value that is no whole number of 64 bits, or was not given, is None.

    Attributes:
        at: Unix seconds; None where the module's clock gave no instant.
        status: profile status octet; None where there is none.
        values: one per register column.
        readable: False where a value stood there that is no number.
    """

    at: int | None
    status: int | None
    values: tuple[int | None, ...]
    readable: bool


def captures(attribute: Data) -> tuple[Capture, ...]:
    """The columns, from attribute 3.

    Raises:
        PeerError: ``module-garbage`` where it is no list of columns with one clock and at least one register.
    """
    columns = tuple(_capture(item) for item in attribute.items)
    clocks = sum(column.is_clock for column in columns)
    registers = sum(column.is_register for column in columns)
    if clocks != 1 or not 1 <= registers <= MAX_REGISTERS:
        raise _garbage("The load profile has no clock, or no registers, or too many.")
    return columns


def scaler_unit(attribute: Data) -> tuple[int, Unit]:
    """Scaler and unit, from attribute 3 of a register.

    Raises:
        PeerError: ``module-garbage``.
    """
    scaler, unit = map(_number, _fields(attribute, 2))
    if scaler not in _SCALERS or unit not in _UNITS:
        raise _garbage("A register has a scaler or a unit that nobody knows.")
    return scaler, Unit(unit)


def rows(buffer: Data, columns: tuple[Capture, ...], period: int) -> Iterator[Row]:
    """The entries, from attribute 2. Null-data means: as before, and for the clock one period later.

    Raises:
        PeerError: ``module-garbage`` where an entry does not have the columns.
    """
    before: dict[int, Data] = {}
    at: int | None = None
    for entry in buffer.items:
        cells = _fields(entry, len(columns))
        at = _instant(cells, columns, at, period)
        before |= {place: cell for place, cell in enumerate(cells) if cell.value is not None}
        yield _row(at, [before.get(place, cell) for place, cell in enumerate(cells)], columns)


def _row(at: int | None, cells: list[Data], columns: tuple[Capture, ...]) -> Row:
    named = list(zip(columns, cells, strict=True))
    registers = [cell for column, cell in named if column.is_register]
    values = tuple(_whole(cell) for cell in registers)
    unreadable = any(
        value is None and cell.value is not None for value, cell in zip(values, registers, strict=True)
    )
    status = next((_whole(cell) for column, cell in named if column.is_status), None)
    in_range = status is None or 0 <= status <= 255
    return Row(
        at=at, status=status if in_range else None, values=values, readable=in_range and not unreadable
    )


def _instant(
    cells: tuple[Data, ...], columns: tuple[Capture, ...], last: int | None, period: int
) -> int | None:
    cell = next(cell for cell, column in zip(cells, columns, strict=True) if column.is_clock)
    if cell.value is None:
        return None if last is None else last + period
    if not isinstance(cell.value, bytes):
        raise _garbage("An entry of the load profile has no time.")
    return CosemDateTime.parse(cell.value).unix()


def _capture(item: Data) -> Capture:
    class_id, name, attribute, _ = _fields(item, 4)
    if not isinstance(name.value, bytes):
        raise _garbage("A column of the load profile has no name.")
    try:
        instance = Obis.from_bytes(name.value)
    except DataError as error:
        raise PeerError("module-garbage", "A column of the load profile has no name.") from error
    return Capture(class_id=_number(class_id), instance=instance, attribute=_number(attribute))


def _fields(data: Data, count: int) -> tuple[Data, ...]:
    if len(data.items) != count:
        raise _garbage("A structure of the load profile has another number of fields.")
    return data.items


def _number(data: Data) -> int:
    value = _whole(data)
    if value is None:
        raise _garbage("A number of the load profile is none.")
    return value


def _whole(data: Data) -> int | None:
    whole = isinstance(data.value, int) and not isinstance(data.value, bool) and data.value in _INT64
    return data.value if whole and isinstance(data.value, int) else None


def _garbage(message: str) -> PeerError:
    return PeerError("module-garbage", message)
