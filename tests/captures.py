"""Where the frames of real meters are, when they are there at all."""

import csv
from pathlib import Path

import pytest

_FOLDER = Path(__file__).resolve().parents[2] / "shared" / "captures"


def captures_dir() -> Path:
    """The folder of captures beside the repository; skips the calling test where it is absent."""
    if not _FOLDER.is_dir():
        pytest.skip("no captures: the folder ../shared/captures is absent")
    return _FOLDER


def capture_index(family: str) -> list[dict[str, str]]:
    """The rows of one family; empty where the folder is absent, so that collection never fails."""
    index = _FOLDER / "INDEX.csv"
    if not index.is_file():
        return []
    with index.open(newline="") as file:
        return [row for row in csv.DictReader(file) if row["family"] == family]
