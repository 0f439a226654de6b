"""What was refused, why, and where it still stands: one row and one log line for each case."""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, select

from meterkast.outside.database import schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One input that was refused.

    Attributes:
        at: Unix seconds of metering time.
        room: who refused, ``headend`` or ``mdm``.
        code: stable code of the cause.
        gateway: the identity that was claimed, where one was.
        position: where the message stands on the bus, where it got that far.
        detail: the code of the error underneath, or the name of a device; never content.
    """

    at: int
    room: str
    code: str
    gateway: str | None = None
    position: int | None = None
    detail: str = ""


def record(connection: Connection, refusals: Sequence[Refusal]) -> None:
    """Adds the refusals to the transaction of the caller, who announces them once it has succeeded."""
    if refusals:
        connection.execute(
            insert(schema.refusal),
            [
                {
                    "at": refusal.at,
                    "room": refusal.room,
                    "code": refusal.code,
                    "gateway": refusal.gateway,
                    "position": refusal.position,
                    "detail": refusal.detail[: schema.DETAIL_LENGTH],
                }
                for refusal in refusals
            ],
        )


def announce(refusals: Sequence[Refusal]) -> None:
    """Logs each refusal once, as a security event of the room that refused."""
    for refusal in refusals:
        logging.getLogger(f"meterkast.{refusal.room}").warning(
            "%s gateway=%s position=%s detail=%s",
            refusal.code,
            refusal.gateway,
            refusal.position,
            refusal.detail,
        )


def count(connection: Connection, room: str) -> dict[str | None, dict[str, int]]:
    """How often this room refused what, by claimed gateway and code."""
    table = schema.refusal
    rows = connection.execute(
        select(table.c.gateway, table.c.code, func.count())
        .where(table.c.room == room)
        .group_by(table.c.gateway, table.c.code)
        .order_by(table.c.gateway, table.c.code)
    )
    counts: dict[str | None, dict[str, int]] = {}
    for gateway, code, number in rows:
        counts.setdefault(gateway, {})[code] = number
    return counts


def total(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Several counts by code, added up."""
    added: Counter[str] = Counter()
    for count_by_code in counts:
        added.update(count_by_code)
    return dict(added)
