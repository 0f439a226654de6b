"""Import: what a message of a real meter holds goes into the same store, flagged as unsigned."""

from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import Connection, Engine, select

from meterkast.mdm.collation import collate
from meterkast.mdm.device_day import DeviceDay
from meterkast.mdm.store import known, put
from meterkast.mdm.validation import Expectation, validate
from meterkast.model.block import MeterDayBlock
from meterkast.model.errors import DataError
from meterkast.model.quality import Flag
from meterkast.outside.database import schema
from meterkast.outside.database.engine import writing
from meterkast.protocols.explain.document import Explanation

_ONCE = Expectation(interval_data=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What an import did.

    Attributes:
        devices: the names under which the values are kept.
        added: meter-days that got a new version.
        unchanged: meter-days that held all of it already.
        readings: values that were taken.
        skipped: readings without a number, without an OBIS code, or given twice for one instant.
    """

    devices: tuple[str, ...]
    added: int
    unchanged: int
    readings: int
    skipped: int


def import_explanation(
    database: Engine, explanation: Explanation, *, octets: bytes, now: int
) -> ImportReport:
    """Stores the numeric readings of a message by device and local day.

    What the store holds of that meter-day stays in the new version; where both have a value for the same
    register and instant, the message's counts. The same octets a second time change nothing.

    Args:
        database: the centre's database.
        explanation: the message, explained.
        octets: the message itself; its hash names the source, and the meter where the message does not.
        now: Unix seconds; stands in for the time of a value where the message carries none.

    Raises:
        DataError: ``import-broken`` where a checksum or a code of the message does not hold,
            ``import-no-readings``, ``import-value-range``, or ``import-over-sealed`` where the store holds
            sealed readings of that meter-day.
    """
    if explanation.crc == "bad" or explanation.mac == "failed":
        raise DataError("import-broken", "The message is damaged: its checksum does not hold.")
    digest = sha256(octets).hexdigest()
    collation = collate(explanation, fallback=f"{explanation.supplier or 'unknown'}-{digest[:12]}", now=now)
    if not collation.days:
        raise DataError("import-no-readings", "The message holds no number that has an OBIS code.")
    source = f"import:{digest}"
    with writing(database) as connection:
        seen_before = _holds(connection, source)
        blocks = [] if seen_before else [_united(connection, collated) for collated in collation.days]
        added = put(connection, [(block, source) for block in blocks], known_at=now)
    return ImportReport(
        devices=tuple(dict.fromkeys(day.device for day in collation.days)),
        added=len(added),
        unchanged=len(collation.days) - len(added),
        readings=collation.taken,
        skipped=collation.skipped,
    )


def _holds(connection: Connection, source: str) -> bool:
    table = schema.meter_day_block
    return (
        connection.execute(select(table.c.version).where(table.c.source == source).limit(1)).first()
        is not None
    )


def _united(connection: Connection, day: DeviceDay) -> MeterDayBlock:
    table = schema.meter_day_block.c
    stored = next(
        known(connection, table.device == day.device, table.day == schema.day_number(day.day)), None
    )
    before = None if stored is None else stored.block
    if before is not None and Flag.UNSIGNED.value not in before.flags:
        raise DataError(
            "import-over-sealed",
            "The store holds sealed readings of that meter and day; an import does not touch them.",
            where=day.day.isoformat(),
        )
    return validate(day.onto(before), _ONCE)
