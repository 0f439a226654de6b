"""What real meters say goes into the store to the last digit, and once."""

from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Engine

from captures import captures_dir
from meterkast.mdm.access import Query, Readings
from meterkast.mdm.importer import import_explanation
from meterkast.model.errors import DataError, MeterkastError
from meterkast.model.reading import Reading
from meterkast.protocols.explain.detect import explain
from meterkast.protocols.explain.document import Explanation

pytestmark = pytest.mark.captures

NOW = 1_772_600_000


def explained(folder: Path) -> list[tuple[bytes, Explanation]]:
    found = []
    for path in sorted(folder.glob("*")):
        if path.suffix == ".json":
            continue
        octets = path.read_bytes()
        try:
            found.append((octets, explain(octets)))
        except MeterkastError:
            continue
    return found


def _counts(reading: Reading) -> bool:
    return reading.obis is not None and isinstance(reading.value, Decimal)


@pytest.mark.parametrize(("family", "least"), [("dlms-push", 10), ("p1", 10), ("mbus-wired", 25)])
def test_every_reading_taken_is_in_the_store_as_the_meter_gave_it(
    database: Engine, family: str, least: int
) -> None:
    imported = 0
    for octets, explanation in explained(captures_dir() / family):
        if explanation.crc == "bad" or not any(map(_counts, explanation.readings)):
            with pytest.raises(DataError):
                import_explanation(database, explanation, octets=octets, now=NOW)
            continue
        report = import_explanation(database, explanation, octets=octets, now=NOW)
        imported += 1
        assert report.readings + report.skipped == len(explanation.readings)
        told = {(str(reading.obis), reading.value) for reading in explanation.readings if _counts(reading)}
        stored = {
            (row["obis"], row["value"])
            for device in report.devices
            for row in Readings(database).rows(Query(device=device))
        }
        assert len(told & stored) >= min(report.readings, len(told))
        again = import_explanation(database, explanation, octets=octets, now=NOW + 60)
        assert (again.added, again.unchanged) == (0, report.added + report.unchanged)
    assert imported >= least
