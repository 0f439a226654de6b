"""The register: what is added is found, twice is once, and a name never changes its meaning."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError

from mdm.one_home import EAN, GAS_METER, GATEWAY, MODULE, OPERATOR
from mdm.sealed import database_of
from meterkast.headend.registry import Device, Gateway, Registry
from meterkast.model.block import Medium
from meterkast.model.ean import Ean
from meterkast.model.errors import DataError
from meterkast.model.identity import SystemTitle
from meterkast.outside.database.engine import writing
from meterkast.pki.site import Site
from meterkast.protocols.x509 import Purpose

HOME = Gateway(title=GATEWAY, ean=Ean(EAN), operator=OPERATOR)
MODULE_THERE = Device(name=MODULE, ean=Ean(EAN), gateway=GATEWAY, medium=Medium.ELECTRICITY, vendor="KFM")
NEW = SystemTitle.of("MKG", 2)


@pytest.fixture
def database(site: Site) -> Iterator[Engine]:
    made = database_of(site.folder)
    yield made
    made.dispose()


@pytest.fixture
def connection(database: Engine) -> Iterator[Connection]:
    with writing(database) as opened:
        yield opened


def test_what_was_added_is_found(connection: Connection) -> None:
    registry = Registry(connection)
    assert registry.gateway(GATEWAY) == HOME
    assert registry.gateways() == [HOME]
    assert [device.name for device in registry.devices(GATEWAY)] == [MODULE, GAS_METER]
    assert registry.devices(GATEWAY)[0] == MODULE_THERE


def test_a_stranger_is_not_found(connection: Connection) -> None:
    assert Registry(connection).gateway(NEW) is None
    assert Registry(connection).devices(NEW) == []


ADDED: dict[str, tuple[Callable[[Registry], None], Callable[[Registry], None]]] = {
    "operator": (
        lambda registry: registry.add_operator(OPERATOR, "Alliander"),
        lambda registry: registry.add_operator(OPERATOR, "Somebody else"),
    ),
    "connection": (
        lambda registry: registry.add_connection(Ean(EAN), OPERATOR, phases=3, ampere=25),
        lambda registry: registry.add_connection(Ean(EAN), OPERATOR, phases=1, ampere=25),
    ),
    "gateway": (
        lambda registry: registry.add_gateway(HOME),
        lambda registry: registry.add_gateway(Gateway(title=GATEWAY, ean=Ean(EAN), operator="stedin")),
    ),
    "device": (
        lambda registry: registry.add_device(MODULE_THERE),
        lambda registry: registry.add_device(
            Device(name=MODULE, ean=Ean(EAN), gateway=GATEWAY, medium=Medium.GAS, vendor="KFM")
        ),
    ),
    "certificate": (
        lambda registry: registry.add_certificate(b"12345678", OPERATOR, Purpose.SIG, b"one", now=1),
        lambda registry: registry.add_certificate(b"12345678", OPERATOR, Purpose.SIG, b"two", now=1),
    ),
}


@pytest.mark.parametrize("kind", ADDED)
def test_the_same_again_changes_nothing_and_another_is_a_clash(connection: Connection, kind: str) -> None:
    same, other = ADDED[kind]
    same(Registry(connection))
    same(Registry(connection))
    with pytest.raises(DataError) as caught:
        other(Registry(connection))
    assert caught.value.code == "registry-clash"
    same(Registry(connection))


def test_a_certificate_again_at_another_time_is_the_same(connection: Connection) -> None:
    for now in (1, 2):
        Registry(connection).add_certificate(b"12345678", OPERATOR, Purpose.SIG, b"one", now=now)


def test_a_gateway_on_no_connection_is_refused(database: Engine) -> None:
    nowhere = Gateway(title=NEW, ean=Ean.from_number("871685900", 99), operator=OPERATOR)
    with pytest.raises(IntegrityError), writing(database) as connection:
        Registry(connection).add_gateway(nowhere)
