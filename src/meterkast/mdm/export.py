"""Readings as files: JSON, CSV and Parquet, all three with the columns of ``access.Row``."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from enum import StrEnum
from itertools import islice
from types import ModuleType
from typing import BinaryIO

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
    counted = _Counted(readings.rows(query))
    _WRITERS[format_](counted, target)
    return counted.count


class _Counted:
    """Rows on their way out, counted."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows = rows
        self.count = 0

    def __iter__(self) -> Iterator[Row]:
        for row in self._rows:
            self.count += 1
            yield row


def _write_json(rows: Iterable[Row], target: BinaryIO) -> None:
    """One array, one row per line; decimals are strings, so that no digit is lost on the way."""
    separator = b"[\n"
    for row in rows:
        target.write(separator + json.dumps(row, default=_plain, ensure_ascii=False).encode())
        separator = b",\n"
    target.write(b"\n]\n" if separator == b",\n" else b"[]\n")


def _write_csv(rows: Iterable[Row], target: BinaryIO) -> None:
    """RFC 4180 with a header line, in UTF-8; a missing value is an empty field."""
    text = io.TextIOWrapper(target, encoding="utf-8", newline="", write_through=True)
    writer = csv.DictWriter(text, fieldnames=list(Row.__annotations__))
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _plain(value) for name, value in row.items()})
    text.detach()


def _write_parquet(rows: Iterable[Row], target: BinaryIO) -> None:
    """Decimals as decimal128 with nine places, instants as the same texts as in the other formats."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise LocalError(
            "export-needs-lake",
            "Parquet needs a part of Meterkast that is not installed.",
            hint="In a clone: ./mk setup. Elsewhere: pip install 'meterkast[lake]'. Or export json or csv.",
        ) from error
    schema = _arrow_schema(pyarrow)
    remaining = iter(rows)
    with parquet.ParquetWriter(target, schema, compression="zstd") as writer:
        while group := list(islice(remaining, _ROWS_PER_GROUP)):
            try:
                table = pyarrow.Table.from_pylist(group, schema=schema)
            except pyarrow.ArrowInvalid as error:
                message = "A value has more digits than a Parquet decimal holds."
                raise DataError("export-decimal-range", message, hint="Export json or csv.") from error
            writer.write_table(table)


def _arrow_schema(pyarrow: ModuleType) -> object:
    text, number = pyarrow.string(), pyarrow.decimal128(_DIGITS, _DECIMALS)
    kinds = {"value": number, "consumption": number, "status": pyarrow.int16(), "version": pyarrow.int32()}
    return pyarrow.schema([(name, kinds.get(name, text)) for name in Row.__annotations__])


def _plain(value: object) -> object:
    """Decimals without exponent, as spreadsheets read them."""
    return f"{value:f}" if isinstance(value, Decimal) else value


_WRITERS: dict[Format, Callable[[Iterable[Row], BinaryIO], None]] = {
    Format.JSON: _write_json,
    Format.CSV: _write_csv,
    Format.PARQUET: _write_parquet,
}
