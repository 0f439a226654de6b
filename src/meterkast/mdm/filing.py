"""Filing: the envelopes whose content is in the store, and how that of further ones comes there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, tuple_

from meterkast.mdm.examination import Delivery
from meterkast.mdm.store import put
from meterkast.outside.database import schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """An envelope in the store: SHA-256 of the message, and where it stands on the bus."""

    sha256: bytes
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """A delivery that is to be stored.

    Attributes:
        delivery: what it holds.
        position: where its message stands on the bus.
        received_at: when the head-end took it in, Unix seconds of metering time.
        disputed: another envelope with its counter is in the store already, and keeps the counter.
    """

    delivery: Delivery
    position: int
    received_at: int
    disputed: bool = False

    @property
    def source(self) -> str:
        """What the blocks say they came from."""
        name = f"{self.delivery.gateway}/{self.delivery.counter}"
        return f"{name}@{self.position}" if self.disputed else name


def filed(connection: Connection, deliveries: Iterable[Delivery]) -> dict[tuple[str, int], Filed]:
    """The envelopes in the store that carry a counter of these deliveries, by gateway and counter."""
    table = schema.envelope
    wanted = [(delivery.gateway, schema.counter_text(delivery.counter)) for delivery in deliveries]
    rows = connection.execute(
        select(table.c.gateway, table.c.counter, table.c.sha256, table.c.position).where(
            tuple_(table.c.gateway, table.c.counter).in_(wanted)
        )
    )
    return {(row.gateway, int(row.counter)): Filed(sha256=row.sha256, position=row.position) for row in rows}


def file(connection: Connection, filings: Sequence[Filing], *, now: int) -> None:
    """Stores blocks, events and envelopes, in the transaction of the caller; ``now`` is metering time."""
    envelopes = [_envelope(each, now) for each in filings if not each.disputed]
    if envelopes:
        connection.execute(insert(schema.envelope), envelopes)
    put(
        connection,
        [(block, each.source) for each in filings for block in each.delivery.blocks],
        known_at=now,
    )
    events = [event for each in filings for event in _events(each.delivery)]
    if events:
        connection.execute(insert(schema.device_event), events)


def _envelope(filing: Filing, now: int) -> dict[str, object]:
    return {
        "gateway": filing.delivery.gateway,
        "counter": schema.counter_text(filing.delivery.counter),
        "sha256": filing.delivery.sha256,
        "position": filing.position,
        "received_at": filing.received_at,
        "stored_at": now,
    }


def _events(delivery: Delivery) -> Iterable[dict[str, object]]:
    for event in delivery.events:
        yield {
            "device": event.device,
            "at": event.at,
            "code": event.code,
            "detail": event.detail,
            "gateway": delivery.gateway,
            "counter": schema.counter_text(delivery.counter),
        }
