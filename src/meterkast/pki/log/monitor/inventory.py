"""The operator's own list of what is to have certificates, kept apart from the authority that issues them."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from meterkast.model.errors import DataError

_COLUMNS = ["holder", "released"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """Whom the operator expects certificates for.

    Attributes:
        operator: whose it is.
        releases: by system title, DNS name or role: when the operator let it enrol anew.
    """

    operator: str
    releases: Mapping[str, tuple[datetime, ...]]

    @classmethod
    def read(cls, path: Path, *, operator: str) -> "Inventory":
        """Reads a table with the columns ``holder`` and ``released`` (moments as ISO 8601, between spaces).

        Raises:
            DataError: ``inventory-unreadable`` or ``inventory-malformed``, with the line.
        """
        releases: dict[str, tuple[datetime, ...]] = {}
        try:
            with path.open(newline="", encoding="utf-8") as file:
                rows = csv.DictReader(file)
                if rows.fieldnames != _COLUMNS:
                    raise _malformed(path, 1, f"its columns are not {', '.join(_COLUMNS)}")
                for row in rows:
                    if None in row or row["released"] is None or not row["holder"]:
                        raise _malformed(path, rows.line_num, "it has not two fields")
                    releases[row["holder"]] = _moments(row["released"], path, rows.line_num)
        except (OSError, UnicodeDecodeError, csv.Error) as cause:
            message = "The inventory cannot be read."
            raise DataError("inventory-unreadable", message, where=str(path)) from cause
        return cls(operator=operator, releases=releases)


def _moments(text: str, path: Path, line: int) -> tuple[datetime, ...]:
    try:
        found = tuple(datetime.fromisoformat(each) for each in text.split())
    except ValueError as cause:
        raise _malformed(path, line, "a moment is no ISO 8601") from cause
    if any(each.tzinfo is None for each in found):
        raise _malformed(path, line, "a moment is without its offset from UTC")
    return tuple(each.astimezone(UTC) for each in found)


def _malformed(path: Path, line: int, cause: str) -> DataError:
    return DataError(
        "inventory-malformed", f"The inventory does not hold: {cause}.", where=f"{path}, line {line}"
    )
