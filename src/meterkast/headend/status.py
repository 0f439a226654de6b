"""What the head-end has confirmed and refused, at a glance."""

from dataclasses import dataclass

from sqlalchemy import Engine

from meterkast.headend.registry import Registry
from meterkast.outside.bus.sqlite import SqliteBus
from meterkast.outside.database.engine import reading
from meterkast.outside.database.refusal import count, total

_TITLE = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayStatus:
    """One registered gateway: how many of its envelopes are confirmed, and what was refused, by code."""

    title: str
    confirmed: int
    refused: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadEndStatus:
    """All registered gateways, the refusals of nobody known, and the newest position on the bus."""

    gateways: tuple[GatewayStatus, ...]
    refused_strangers: dict[str, int]
    last_position: int


def snapshot(bus: SqliteBus, database: Engine) -> HeadEndStatus:
    """How things stand; reads only."""
    confirmed = bus.tally(_TITLE)
    with reading(database) as connection:
        refused = count(connection, "headend")
        titles = [gateway.title for gateway in Registry(connection).gateways()]
    gateways = tuple(
        GatewayStatus(
            title=str(title),
            confirmed=confirmed.get(title.octets, 0),
            refused=refused.pop(str(title), {}),
        )
        for title in titles
    )
    return HeadEndStatus(
        gateways=gateways, refused_strangers=total(refused.values()), last_position=bus.last()
    )
