"""The store of meter-day blocks: a correction is a new version; what was known at any time stays known."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, insert, select, tuple_

from meterkast.mdm.packing import FORMAT, pack, unpack
from meterkast.model.block import Medium, MeterDayBlock
from meterkast.outside.database import schema

_BLOCKS = schema.meter_day_block
_DEVICES = schema.device
_KEYS_PER_QUERY = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBlock:
    """One version of a meter-day block in the store.

    Attributes:
        block: the values, with the flags of validation.
        version: 1 for the first, rising by one.
        known_at: Unix seconds from which on the store knew it; never less than that of an earlier version.
        source: the envelope (gateway and counter) or import it came from.
        ean: the connection of the device, where the device is registered.
    """

    block: MeterDayBlock
    version: int
    known_at: int
    source: str
    ean: str | None = None


def put(
    connection: Connection, sourced: Sequence[tuple[MeterDayBlock, str]], *, known_at: int
) -> list[StoredBlock]:
    """Adds each block, given with its source, as the newest version of its meter-day; returns what was added.

    A block equal to the newest version adds nothing. ``known_at`` is taken up to that of the newest version
    where the clock has been set back, so that versions and their times rise together.

    Raises:
        DataError: ``block-too-wide``.
    """
    newest = _newest(connection, [_key(block) for block, _ in sourced])
    added: list[StoredBlock] = []
    for block, source in sourced:
        before = newest.get(_key(block))
        if before is not None and before.block == block:
            continue
        added.append(_following(before, block, source, known_at))
        newest[_key(block)] = added[-1]
    if added:
        connection.execute(insert(_BLOCKS), [_row(stored) for stored in added])
    return added


def known(
    connection: Connection, *conditions: ColumnElement[bool], known_at: int | None = None
) -> Iterator[StoredBlock]:
    """The newest version of each meter-day that meets the conditions, as known at the given time (None: now).

    Ordered by device and day. The conditions may use the tables ``meter_day_block`` and ``device``.
    """
    statement = (
        select(_BLOCKS, _DEVICES.c.ean)
        .outerjoin(_DEVICES, _DEVICES.c.name == _BLOCKS.c.device)
        .where(*conditions)
        .order_by(_BLOCKS.c.device, _BLOCKS.c.day, _BLOCKS.c.version.desc())
    )
    if known_at is not None:
        statement = statement.where(_BLOCKS.c.known_at <= known_at)
    last: tuple[str, int] | None = None
    for row in connection.execute(statement, execution_options={"yield_per": 500}):
        if (row.device, row.day) != last:
            last = (row.device, row.day)
            yield _stored(row)


def _newest(connection: Connection, keys: Sequence[tuple[str, date]]) -> dict[tuple[str, date], StoredBlock]:
    found: dict[tuple[str, date], StoredBlock] = {}
    for start in range(0, len(keys), _KEYS_PER_QUERY):
        some = keys[start : start + _KEYS_PER_QUERY]
        wanted = [(device, schema.day_number(day)) for device, day in some]
        for stored in known(connection, tuple_(_BLOCKS.c.device, _BLOCKS.c.day).in_(wanted)):
            found[_key(stored.block)] = stored
    return found


def _following(before: StoredBlock | None, block: MeterDayBlock, source: str, known_at: int) -> StoredBlock:
    if before is None:
        return StoredBlock(block=block, version=1, known_at=known_at, source=source)
    return StoredBlock(
        block=block,
        version=before.version + 1,
        known_at=max(known_at, before.known_at),
        source=source,
    )


def _key(block: MeterDayBlock) -> tuple[str, date]:
    return block.device, block.day


def _row(stored: StoredBlock) -> dict[str, Any]:
    return {
        "device": stored.block.device,
        "day": schema.day_number(stored.block.day),
        "version": stored.version,
        "known_at": stored.known_at,
        "medium": stored.block.medium.value,
        "source": stored.source,
        "quality": " ".join(stored.block.flags),
        "format": FORMAT,
        "payload": pack(stored.block),
    }


def _stored(row: Row[Any]) -> StoredBlock:
    block = unpack(
        row.payload,
        device=row.device,
        medium=Medium(row.medium),
        day=schema.day_of(row.day),
        flags=tuple(row.quality.split()),
    )
    return StoredBlock(
        block=block, version=row.version, known_at=row.known_at, source=row.source, ean=row.ean
    )
