"""The register of operators, connections, gateways, devices and certificates: who may deliver what."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, insert, select, update

from meterkast.model.block import Medium
from meterkast.model.ean import Ean
from meterkast.model.errors import DataError, LocalError
from meterkast.model.identity import SystemTitle
from meterkast.outside.database import schema
from meterkast.protocols.x509 import Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """A gateway, where it hangs and whose it is."""

    title: SystemTitle
    ean: Ean
    operator: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A device that delivers through a gateway."""

    name: str
    ean: Ean
    gateway: SystemTitle
    medium: Medium
    vendor: str


class Registry:
    """The register, inside a transaction of the caller's.

    Adding what is there already changes nothing.

    Raises:
        DataError: ``registry-clash`` where a name to be added already stands for something else.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add_operator(self, code: str, name: str) -> None:
        """An operator, by the code that envelopes carry (at most 48 characters)."""
        self._add(schema.operator, {"code": code}, {"name": name})

    def add_connection(self, ean: Ean, operator: str, *, phases: int = 3, ampere: int = 25) -> None:
        """A connection to the grid of a registered operator, with its main fuse."""
        self._add(
            schema.connection,
            {"ean": str(ean)},
            {"operator": operator, "phases": phases, "ampere": ampere},
        )

    def add_gateway(self, gateway: Gateway) -> None:
        """A gateway on a registered connection."""
        self._add(
            schema.gateway,
            {"title": str(gateway.title)},
            {"ean": str(gateway.ean), "operator": gateway.operator},
        )

    def add_device(self, device: Device) -> None:
        """A device behind a registered gateway."""
        self._add(
            schema.device,
            {"name": device.name},
            {
                "ean": str(device.ean),
                "gateway": str(device.gateway),
                "medium": device.medium.value,
                "vendor": device.vendor,
            },
        )

    def pair(self, device: str, gateway: SystemTitle) -> None:
        """Puts a device behind another gateway of its connection: the operator's word after a swap (RQ-22).

        What is stored of a device stays with its connection, so it never moves to another one.

        Raises:
            DataError: ``registry-unknown``, or ``registry-other-connection``.
        """
        known, to = self._device(device), self.gateway(gateway)
        if known is None or to is None:
            raise DataError(
                "registry-unknown",
                "It is not registered.",
                where=device if known is None else str(gateway),
                hint="Register it first.",
            )
        if known.ean != to.ean:
            raise DataError(
                "registry-other-connection",
                "The gateway hangs on another connection, and so would what is stored of the device.",
                where=device,
                hint="Register the device under a name of its own there.",
            )
        table = schema.device
        self._connection.execute(update(table).where(table.c.name == device).values(gateway=str(gateway)))

    def raise_sealing_floor(self, gateway: SystemTitle, floor: int) -> None:
        """From now on this gateway's envelopes need at least this sealing algorithm (RQ-12).

        Raises:
            LocalError: ``registry-floor-falls`` where the floor stands higher, or the gateway is unknown.
        """
        table = schema.gateway
        raised = self._connection.execute(
            update(table)
            .where(table.c.title == str(gateway), table.c.sealing_floor <= floor)
            .values(sealing_floor=floor)
        )
        if raised.rowcount == 0:
            raise LocalError("registry-floor-falls", "A floor only rises.", where=str(gateway))

    def add_certificate(self, key_id: bytes, holder: str, purpose: Purpose, der: bytes, *, now: int) -> None:
        """The certificate of a gateway (``holder`` is its title) or an operator (its code), once issued.

        Args:
            key_id: first eight octets of SHA-256 over the certificate, ``x509.key_id``.
            holder: whose it is.
            purpose: what it is for.
            der: the certificate.
            now: Unix seconds of real time.
        """
        values = {"holder": holder, "purpose": purpose.value, "der": der}
        self._add(schema.certificate, {"key_id": key_id}, values, {"added_at": now})

    def gateway(self, title: SystemTitle) -> Gateway | None:
        """The gateway with this title, where it is registered."""
        return next((gateway for gateway in self._gateways(str(title))), None)

    def gateways(self) -> list[Gateway]:
        """All gateways, by title."""
        return self._gateways(None)

    def devices(self, gateway: SystemTitle) -> list[Device]:
        """The devices behind a gateway, by name."""
        return self._devices(schema.device.c.gateway == str(gateway))

    def _device(self, name: str) -> Device | None:
        return next(iter(self._devices(schema.device.c.name == name)), None)

    def _devices(self, condition: ColumnElement[bool]) -> list[Device]:
        table = schema.device
        return [
            Device(
                name=row.name,
                ean=Ean(row.ean),
                gateway=SystemTitle.parse(row.gateway),
                medium=Medium(row.medium),
                vendor=row.vendor,
            )
            for row in self._connection.execute(select(table).where(condition).order_by(table.c.name))
        ]

    def _gateways(self, title: str | None) -> list[Gateway]:
        table = schema.gateway
        statement = select(table).order_by(table.c.title)
        if title is not None:
            statement = statement.where(table.c.title == title)
        return [
            Gateway(title=SystemTitle.parse(row.title), ean=Ean(row.ean), operator=row.operator)
            for row in self._connection.execute(statement)
        ]

    def _add(
        self,
        table: Table,
        key: Mapping[str, Any],
        values: Mapping[str, Any],
        unchecked: Mapping[str, Any] | None = None,
    ) -> None:
        """``unchecked`` values are stored with the first and may differ later."""
        found = self._connection.execute(
            select(*(table.c[name] for name in values)).where(
                and_(*(table.c[name] == value for name, value in key.items()))
            )
        ).first()
        if found is None:
            self._connection.execute(insert(table).values(**key, **values, **(unchecked or {})))
        elif found._asdict() != values:
            raise DataError(
                "registry-clash", "It is registered already, as something else.", where=table.name
            )
