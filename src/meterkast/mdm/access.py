"""Access to the readings: one query, answered as blocks or as flat rows, also as known at an earlier time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypedDict

from sqlalchemy import ColumnElement, Engine

from meterkast.mdm.store import StoredBlock, known
from meterkast.model.block import Column, Medium
from meterkast.model.calendar import grid, iso_local, utc
from meterkast.outside.database import schema
from meterkast.outside.database.engine import reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Which readings; whatever is None does not narrow the answer.

    Attributes:
        ean: the connection, as 18 digits.
        device: the device's own name.
        first_day: first local day.
        last_day: last local day, included.
        medium: what is measured.
        known_at: Unix seconds; the answer is the one that was right at that time.
    """

    ean: str | None = None
    device: str | None = None
    first_day: date | None = None
    last_day: date | None = None
    medium: Medium | None = None
    known_at: int | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """The query as conditions on the tables, without ``known_at``."""
        blocks = schema.meter_day_block.c
        conditions: list[ColumnElement[bool]] = []
        if self.ean is not None:
            conditions.append(schema.device.c.ean == self.ean)
        if self.device is not None:
            conditions.append(blocks.device == self.device)
        if self.first_day is not None:
            conditions.append(blocks.day >= schema.day_number(self.first_day))
        if self.last_day is not None:
            conditions.append(blocks.day <= schema.day_number(self.last_day))
        if self.medium is not None:
            conditions.append(blocks.medium == self.medium.value)
        return conditions


class Row(TypedDict):
    """One value of one register, flat, for people and other programs.

    For interval data ``start`` and ``end`` bound the interval, ``value`` is the register at its end and
    ``consumption`` the difference over it; both are None where a value is missing. For a value that was read
    once the two instants are the same and there is no consumption. ``start`` and ``end`` are in local time
    with offset, their namesakes in UTC; numbers are exact decimals in ``unit``.
    """

    ean: str | None
    device: str
    medium: str
    obis: str
    start: str
    start_utc: str
    end: str
    end_utc: str
    value: Decimal | None
    consumption: Decimal | None
    unit: str
    status: int | None
    flags: str
    version: int
    known_at: str


class Readings:
    """The readings in a database, to whoever may see them: authorisation is the caller's."""

    def __init__(self, database: Engine) -> None:
        self._database = database

    def blocks(self, query: Query) -> Iterator[StoredBlock]:
        """The newest version of each meter-day in question, by device and day."""
        with reading(self._database) as connection:
            yield from known(connection, *query.conditions(), known_at=query.known_at)

    def rows(self, query: Query) -> Iterator[Row]:
        """The same as rows, by device, day, register and time."""
        for stored in self.blocks(query):
            yield from rows_of(stored)


def rows_of(stored: StoredBlock) -> Iterator[Row]:
    """The rows of one block: one per interval for interval data, else one per value that is there."""
    times = stored.block.times
    interval_data = len(times) > 1 and times == grid(stored.block.day, times[1] - times[0])
    for column in stored.block.columns:
        for place, value in enumerate(column.values):
            if interval_data and place > 0:
                yield _row(stored, column, place - 1, place)
            elif not interval_data and value is not None:
                yield _row(stored, column, place, place)


def _row(stored: StoredBlock, column: Column, first: int, last: int) -> Row:
    block = stored.block
    start, end = block.times[first], block.times[last]
    before, after = column.values[first], column.values[last]
    return Row(
        ean=stored.ean,
        device=block.device,
        medium=block.medium.value,
        obis=str(column.obis),
        start=iso_local(start),
        start_utc=_iso_utc(start),
        end=iso_local(end),
        end_utc=_iso_utc(end),
        value=_scaled(after, column.scaler),
        consumption=None if first == last else _scaled(_difference(before, after), column.scaler),
        unit=column.unit.symbol,
        status=block.status[last],
        flags=" ".join(block.flags),
        version=stored.version,
        known_at=_iso_utc(stored.known_at),
    )


def _difference(before: int | None, after: int | None) -> int | None:
    return None if before is None or after is None else after - before


def _scaled(value: int | None, scaler: int) -> Decimal | None:
    return None if value is None else Decimal(value).scaleb(scaler)


def _iso_utc(at: int) -> str:
    return utc(at).strftime("%Y-%m-%dT%H:%M:%SZ")
