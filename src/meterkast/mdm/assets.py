"""What meter data management reads in the register: gateways, the devices behind them, their certificates."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from meterkast.outside.database import schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A registered device and the capacity of its connection."""

    medium: str
    phases: int
    ampere: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayAssets:
    """A registered gateway: whose it is, and the devices behind it by name."""

    operator: str
    devices: Mapping[str, Asset]


def assets_of(connection: Connection, gateway: str) -> GatewayAssets | None:
    """What is registered under the title of this gateway; None where nothing is."""
    operator = connection.execute(
        select(schema.gateway.c.operator).where(schema.gateway.c.title == gateway)
    ).scalar_one_or_none()
    if operator is None:
        return None
    device, place = schema.device, schema.connection
    rows = connection.execute(
        select(device.c.name, device.c.medium, place.c.phases, place.c.ampere)
        .join(place, place.c.ean == device.c.ean)
        .where(device.c.gateway == gateway)
    )
    devices = {row.name: Asset(medium=row.medium, phases=row.phases, ampere=row.ampere) for row in rows}
    return GatewayAssets(operator=operator, devices=devices)


def certificate(connection: Connection, key_id: bytes, purpose: str) -> bytes | None:
    """The certificate with this key id, in DER, where one was registered for this purpose."""
    table = schema.certificate
    statement = select(table.c.der).where(table.c.key_id == key_id, table.c.purpose == purpose)
    return connection.execute(statement).scalar_one_or_none()


def key_ids(connection: Connection, holder: str, purpose: str) -> frozenset[bytes]:
    """The key ids of all certificates that this holder has for this purpose."""
    table = schema.certificate
    statement = select(table.c.key_id).where(table.c.holder == holder, table.c.purpose == purpose)
    return frozenset(connection.execute(statement).scalars())
