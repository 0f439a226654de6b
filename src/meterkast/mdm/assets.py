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
    """A registered gateway.

    Attributes:
        operator: whose it is.
        sealing_floor: the least sealing algorithm that its envelopes may use.
        devices: those behind it, by name.
    """

    operator: str
    sealing_floor: int
    devices: Mapping[str, Asset]


def assets_of(connection: Connection, gateway: str) -> GatewayAssets | None:
    """What is registered under the title of this gateway; None where nothing is."""
    table = schema.gateway
    registered = connection.execute(
        select(table.c.operator, table.c.sealing_floor).where(table.c.title == gateway)
    ).one_or_none()
    if registered is None:
        return None
    device, place = schema.device, schema.connection
    rows = connection.execute(
        select(device.c.name, device.c.medium, place.c.phases, place.c.ampere)
        .join(place, place.c.ean == device.c.ean)
        .where(device.c.gateway == gateway)
    )
    devices = {row.name: Asset(medium=row.medium, phases=row.phases, ampere=row.ampere) for row in rows}
    return GatewayAssets(
        operator=registered.operator, sealing_floor=registered.sealing_floor, devices=devices
    )


def is_registered(connection: Connection, device: str) -> bool:
    """Whether there is a device with this name, behind whatever gateway."""
    table = schema.device
    return connection.execute(select(table.c.name).where(table.c.name == device)).first() is not None


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
