"""Readings as files: JSON, CSV and Parquet, all three with the columns of ``access.Row``."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from decimal import Decimal
from enum import StrEnum
from itertools import islice
from types import ModuleType
from typing import BinaryIO, Protocol

from meterkast.mdm.access import Query, Readings, Row
from meterkast.model.errors import DataError, LocalError

_ROWS_PER_GROUP = 65_536
_DIGITS, _DECIMALS = 38, 9


class Format(StrEnum):
    """The kinds of file."""

    JSON = "json"
    CSV = "csv"
    PARQUET = "parquet"


def export(readings: Readings, query: Query, format_: Format, target: BinaryIO) -> int:
    """Writes the rows that the query asks for and returns how many there were.

    Raises:
        LocalError: ``export-needs-lake`` where Parquet is asked for and pyarrow is not installed.
        DataError: ``export-decimal-range`` where a value has more digits than a Parquet decimal.
    """
    table = open_table(format_, target)
    rows = readings.rows(query)
    count = 0
    while group := list(islice(rows, _ROWS_PER_GROUP)):
        table.write(group)
        count += len(group)
    table.close()
    return count


class Table(Protocol):
    """A file that grows by rows. It is whole once it is closed; the target stays open."""

    def write(self, rows: Sequence[Row]) -> None:
        """Adds the rows.

        Raises:
            DataError: ``export-decimal-range``.
        """
        ...

    def close(self) -> None:
        """Writes what belongs at the end."""
        ...


def open_table(format_: Format, target: BinaryIO) -> Table:
    """An empty table of this kind.

    Raises:
        LocalError: ``export-needs-lake``.
    """
    kinds: dict[Format, Callable[[BinaryIO], Table]] = {
        Format.JSON: _JsonTable,
        Format.CSV: _CsvTable,
        Format.PARQUET: _ParquetTable,
    }
    return kinds[format_](target)


class _JsonTable:
    """One array, one row per line; decimals are strings, so that no digit is lost on the way."""

    def __init__(self, target: BinaryIO) -> None:
        self._target = target
        self._separator = b"[\n"

    def write(self, rows: Sequence[Row]) -> None:
        for row in rows:
            self._target.write(self._separator + json.dumps(row, default=_plain, ensure_ascii=False).encode())
            self._separator = b",\n"

    def close(self) -> None:
        self._target.write(b"\n]\n" if self._separator == b",\n" else b"[]\n")


class _CsvTable:
    """RFC 4180 with a header line, in UTF-8; a missing value is an empty field."""

    def __init__(self, target: BinaryIO) -> None:
        self._text = io.TextIOWrapper(target, encoding="utf-8", newline="", write_through=True)
        self._writer = csv.DictWriter(self._text, fieldnames=list(Row.__annotations__))
        self._writer.writeheader()

    def write(self, rows: Sequence[Row]) -> None:
        for row in rows:
            self._writer.writerow({name: _plain(value) for name, value in row.items()})

    def close(self) -> None:
        self._text.detach()


class _ParquetTable:
    """Decimals as decimal128 with nine places, instants as the same texts as in the other formats."""

    def __init__(self, target: BinaryIO) -> None:
        try:
            import pyarrow
            from pyarrow import parquet
        except ImportError as error:
            raise LocalError(
                "export-needs-lake",
                "Parquet needs a part of Meterkast that is not installed.",
                hint="In a clone: ./mk setup. Elsewhere: pip install 'meterkast[lake]'. Or take json or csv.",
            ) from error
        self._arrow = pyarrow
        self._rows: list[Row] = []
        self._schema = _arrow_schema(pyarrow)
        self._writer = parquet.ParquetWriter(target, self._schema, compression="zstd")

    def write(self, rows: Sequence[Row]) -> None:
        self._rows.extend(rows)
        if len(self._rows) >= _ROWS_PER_GROUP:
            self._end_group()

    def close(self) -> None:
        if self._rows:
            self._end_group()
        self._writer.close()

    def _end_group(self) -> None:
        try:
            table = self._arrow.Table.from_pylist(self._rows, schema=self._schema)
        except self._arrow.ArrowInvalid as error:
            message = "A value has more digits than a Parquet decimal holds."
            raise DataError("export-decimal-range", message, hint="Export json or csv.") from error
        self._writer.write_table(table)
        self._rows.clear()


def _arrow_schema(pyarrow: ModuleType) -> object:
    text, number = pyarrow.string(), pyarrow.decimal128(_DIGITS, _DECIMALS)
    kinds = {"value": number, "consumption": number, "status": pyarrow.int16(), "version": pyarrow.int32()}
    return pyarrow.schema([(name, kinds.get(name, text)) for name in Row.__annotations__])


def _plain(value: object) -> object:
    """Decimals without exponent, as spreadsheets read them."""
    return f"{value:f}" if isinstance(value, Decimal) else value
