"""The operator's invocation counter towards one meter, kept in a file before it is used."""

import os
from pathlib import Path

from meterkast.model.errors import DataError
from meterkast.protocols.dlms.counter import Counter


def kept_counter(path: Path) -> Counter:
    """The counter that goes on where it was left; 1 where there is no file yet.

    Raises:
        DataError: ``meter-counter-damaged`` where the file holds something else than a number.
    """
    try:
        first = int(path.read_text("ascii")) if path.exists() else 1
    except ValueError:
        raise DataError(
            "meter-counter-damaged", "The file does not hold a counter.", where=str(path)
        ) from None

    def reserve(limit: int) -> None:
        aside = path.with_suffix(".new")
        with aside.open("w", encoding="ascii") as file:
            file.write(f"{limit}\n")
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)

    return Counter(first, reserve)
