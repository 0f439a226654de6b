"""What is stored and what was refused, at a glance."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, Engine, func, select

from meterkast.mdm.intake import position
from meterkast.outside.bus.sqlite import SqliteBus
from meterkast.outside.database import schema
from meterkast.outside.database.engine import reading
from meterkast.outside.database.refusal import count, total


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayStore:
    """One gateway: envelopes in the store, the last day that any of its devices has, refusals by code."""

    title: str
    stored: int
    last_day: date | None
    refused: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class MdmStatus:
    """All registered gateways, the refusals of nobody known, and how far the intake is behind the bus.

    Attributes:
        gateways: by title.
        refused_strangers: refusals where no registered gateway was claimed, by code.
        bus_position: newest message on the bus.
        intake_position: newest message taken in.
    """

    gateways: tuple[GatewayStore, ...]
    refused_strangers: dict[str, int]
    bus_position: int
    intake_position: int

    @property
    def lag(self) -> int:
        """How many messages wait on the bus."""
        return self.bus_position - self.intake_position


def snapshot(bus: SqliteBus, database: Engine) -> MdmStatus:
    """How things stand; reads only."""
    with reading(database) as connection:
        taken = position(connection)
        refused = count(connection, "mdm")
        stored, last_days = _stored(connection), _last_days(connection)
        titles = connection.execute(select(schema.gateway.c.title).order_by(schema.gateway.c.title))
        gateways = tuple(
            GatewayStore(
                title=title,
                stored=stored.get(title, 0),
                last_day=last_days.get(title),
                refused=refused.pop(title, {}),
            )
            for title in titles.scalars()
        )
    return MdmStatus(
        gateways=gateways,
        refused_strangers=total(refused.values()),
        bus_position=bus.last(),
        intake_position=taken,
    )


def _stored(connection: Connection) -> dict[str, int]:
    table = schema.envelope
    rows = connection.execute(select(table.c.gateway, func.count().label("number")).group_by(table.c.gateway))
    return {row.gateway: row.number for row in rows}


def _last_days(connection: Connection) -> dict[str, date]:
    device, block = schema.device, schema.meter_day_block
    rows = connection.execute(
        select(device.c.gateway, func.max(block.c.day))
        .join(block, block.c.device == device.c.name)
        .group_by(device.c.gateway)
    )
    return {gateway: schema.day_of(number) for gateway, number in rows}
