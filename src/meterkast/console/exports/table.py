"""CSV and Parquet, with the columns of stored readings."""

import sys
from collections.abc import Sequence
from pathlib import Path

from meterkast.console.exports.measurement import Measurement, as_row
from meterkast.mdm.export import Format, open_table
from meterkast.model.errors import DataError


class TableSink:
    """Rows into a file, or onto standard output where the name is ``-``.

    Raises:
        DataError: ``file-unwritable``.
        LocalError: ``export-needs-lake``.
    """

    def __init__(self, name: str, form: Format) -> None:
        try:
            self._file = None if name == "-" else Path(name).open("wb")  # noqa: SIM115
        except OSError as error:
            raise DataError(
                "file-unwritable", f"The file cannot be written: {error.strerror}.", where=name
            ) from error
        self._table = open_table(form, self._file or sys.stdout.buffer)

    def write(self, measurements: Sequence[Measurement]) -> None:
        """Adds a row for each.

        Raises:
            DataError: ``export-decimal-range``.
        """
        self._table.write([as_row(each) for each in measurements])
        (self._file or sys.stdout).flush()

    def close(self) -> None:
        """Ends the table."""
        self._table.close()
        if self._file is not None:
            self._file.close()
