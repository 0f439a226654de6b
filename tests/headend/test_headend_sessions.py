"""Real connections: what is confirmed is on the bus; what is refused is recorded, and tells nothing."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from sqlalchemy import select

from headend.uplink import NOW, Uplink, confirmation, dial, notification, serving
from mdm.one_home import GATEWAY, OPERATOR, day_block, gas_block
from mdm.sealed import EAN, SealingGateway, database_of, equip, gateway_of, now
from meterkast.headend.registry import Gateway, Registry
from meterkast.headend.server import HeadEndSettings
from meterkast.headend.status import GatewayStatus, snapshot
from meterkast.model.ean import Ean
from meterkast.model.errors import LocalError, TrustError
from meterkast.model.identity import SystemTitle
from meterkast.outside.bus import BusMessage
from meterkast.outside.bus.sqlite import SqliteBus
from meterkast.outside.database import schema
from meterkast.outside.database.engine import reading, writing
from meterkast.pki.site import Site
from meterkast.protocols import axdr, wrapper
from meterkast.protocols.dlms.apdu import ExceptionResponse

OTHER = SystemTitle.of("MKG", 2)
REFUSED = ExceptionResponse(state_error=1, service_error=1)


@pytest.fixture
def settings(site: Site) -> HeadEndSettings:
    return HeadEndSettings(site=site.folder)


@pytest.fixture
def gateway(site: Site) -> SealingGateway:
    return gateway_of(site)


def bus_of(site: Site) -> SqliteBus:
    return SqliteBus(site.folder / "bus" / "bus.sqlite")


def bodies(site: Site) -> list[bytes]:
    return [message.body for _, message in bus_of(site).read(0, 1000)]


def refusals(site: Site) -> list[tuple[str, str | None]]:
    table = schema.refusal.c
    with reading(database_of(site.folder)) as connection:
        rows = connection.execute(select(table.code, table.gateway).order_by(table.id))
        return [(row.code, row.gateway) for row in rows]


def another(site: Site, *, registered: bool = True) -> SealingGateway:
    database = database_of(site.folder)
    if registered:
        with writing(database) as connection:
            Registry(connection).add_gateway(Gateway(title=OTHER, ean=Ean(EAN), operator=OPERATOR))
    return equip(site, OTHER, database)


async def test_a_confirmed_envelope_is_on_the_bus(
    site: Site, settings: HeadEndSettings, gateway: SealingGateway
) -> None:
    envelope = gateway.envelope(7, day_block())
    async with serving(settings):
        uplink = await dial(gateway, settings.endpoint)
        assert await uplink.deliver(3, envelope)
        [(_, message)] = bus_of(site).read(0, 10)
        assert message == BusMessage(key=GATEWAY.octets + (7).to_bytes(8, "big"), body=envelope, at=NOW)
        await uplink.link.close()
    assert refusals(site) == []


async def test_an_envelope_again_is_confirmed_again_and_kept_once(
    site: Site, settings: HeadEndSettings, gateway: SealingGateway
) -> None:
    envelope = gateway.envelope(1, day_block())
    async with serving(settings):
        for number in (1, 2):
            uplink = await dial(gateway, settings.endpoint)
            assert await uplink.deliver(number, envelope)
            await uplink.link.close()
    async with serving(settings):
        uplink = await dial(gateway, settings.endpoint)
        assert await uplink.deliver(3, envelope)
    assert bodies(site) == [envelope]


async def test_a_row_of_notifications_is_confirmed_in_order(
    site: Site, settings: HeadEndSettings, gateway: SealingGateway
) -> None:
    envelopes = [gateway.envelope(number, gas_block()) for number in range(40)]
    async with serving(settings):
        uplink = await dial(gateway, settings.endpoint)
        await uplink.send(*(notification(number, envelope) for number, envelope in enumerate(envelopes)))
        assert [await uplink.answer() for _ in envelopes] == [confirmation(number) for number in range(40)]
    assert bodies(site) == envelopes


async def test_a_notification_in_pieces_is_whole(
    site: Site, settings: HeadEndSettings, gateway: SealingGateway
) -> None:
    whole = wrapper.encode(1, 1, notification(1, gateway.envelope(1, gas_block())))
    async with serving(settings):
        uplink = await dial(gateway, settings.endpoint)
        for start in range(0, len(whole), 100):
            await uplink.link.send(whole[start : start + 100])
        assert await uplink.answer() == confirmation(1)
    assert len(bodies(site)) == 1


async def test_many_gateways_at_once(site: Site, settings: HeadEndSettings, gateway: SealingGateway) -> None:
    other = another(site)

    async def deliver(sender: SealingGateway) -> None:
        for first in (0, 5, 10):
            uplink = await dial(sender, settings.endpoint)
            for number in range(first, first + 5):
                assert await uplink.deliver(number, sender.envelope(number, gas_block()))

    async with serving(settings):
        await asyncio.gather(deliver(gateway), deliver(other))
    assert len(bodies(site)) == 30
    assert refusals(site) == []


LIES: dict[str, tuple[Callable[[SealingGateway], bytes], str]] = {
    "garbage": (lambda _: b"\xff\x00\x01", "headend-message-malformed"),
    "trailing octet": (
        lambda gateway: notification(1, gateway.envelope(1, gas_block())) + b"\x00",
        "headend-message-malformed",
    ),
    "another service": (
        lambda _: bytes.fromhex("c001c100080000010000ff0200"),
        "headend-message-unexpected",
    ),
    "not to be confirmed": (
        lambda gateway: notification(1, gateway.envelope(1, gas_block()), confirmed=False),
        "headend-message-unexpected",
    ),
    "no envelope": (lambda _: notification(1, b"", body=axdr.null()), "headend-message-unexpected"),
    "malformed envelope": (lambda _: notification(1, b"MKEV"), "envelope-malformed"),
    "cut envelope": (
        lambda gateway: notification(1, gateway.envelope(1, gas_block())[:-1]),
        "envelope-malformed",
    ),
    "another gateway's envelope": (
        lambda gateway: notification(1, gateway.envelope(1, gas_block(), title=OTHER)),
        "headend-identity-mismatch",
    ),
}


@pytest.mark.parametrize("lie", LIES)
async def test_a_refusal_is_recorded_once_and_the_connection_goes_on(
    site: Site, settings: HeadEndSettings, gateway: SealingGateway, lie: str
) -> None:
    make, code = LIES[lie]
    async with serving(settings):
        uplink = await dial(gateway, settings.endpoint)
        await uplink.send(make(gateway))
        assert await uplink.answer() == REFUSED
        assert bodies(site) == []
        assert refusals(site) == [(code, str(GATEWAY))]
        good = gateway.envelope(2, gas_block())
        assert await uplink.deliver(2, good)
    assert bodies(site) == [good]


async def test_a_second_envelope_under_a_counter_is_kept_for_judgement_and_a_third_refused(
    site: Site, settings: HeadEndSettings, gateway: SealingGateway
) -> None:
    first, second = gateway.envelope(1, day_block()), gateway.envelope(1, gas_block())
    async with serving(settings):
        uplink = await dial(gateway, settings.endpoint)
        assert await uplink.deliver(1, first)
        assert await uplink.deliver(2, second)
        await uplink.send(notification(3, gateway.envelope(1, gas_block())))
        assert await uplink.answer() == REFUSED
        assert await uplink.deliver(4, second)
    assert bodies(site) == [first, second]
    assert refusals(site) == [("envelope-counter-clash", str(GATEWAY))]


async def test_who_is_refused_too_often_is_hung_up_on(
    site: Site, settings: HeadEndSettings, gateway: SealingGateway
) -> None:
    async with serving(settings):
        uplink = await dial(gateway, settings.endpoint)
        for _ in range(8):
            await uplink.send(b"\xff")
            assert await uplink.answer() == REFUSED
        assert await uplink.answer() is None
    assert len(refusals(site)) == 8


async def test_a_stream_that_is_no_wrapper_is_hung_up_on(
    site: Site, settings: HeadEndSettings, gateway: SealingGateway
) -> None:
    async with serving(settings):
        uplink = await dial(gateway, settings.endpoint)
        await uplink.link.send(b"GET / HTTP/1.1\r\n\r\n")
        assert await uplink.answer() is None
    assert refusals(site) == [("wrapper-version", str(GATEWAY))]


async def test_a_gateway_with_certificates_that_is_not_registered_is_hung_up_on(
    site: Site, settings: HeadEndSettings
) -> None:
    stranger = another(site, registered=False)
    async with serving(settings):
        uplink = await dial(stranger, settings.endpoint)
        assert await uplink.answer() is None
    assert refusals(site) == [("headend-gateway-unknown", str(OTHER))]


async def test_a_certificate_revoked_during_the_connection_ends_its_right_at_once(
    site: Site, settings: HeadEndSettings, gateway: SealingGateway
) -> None:
    async with serving(settings):
        uplink = await dial(gateway, settings.endpoint)
        first = gateway.envelope(1, gas_block())
        assert await uplink.deliver(1, first)
        site.authority.revoke(gateway.certificate("tls").serial_number, now())
        await uplink.send(notification(2, gateway.envelope(2, gas_block())))
        assert await uplink.answer() == REFUSED
        with pytest.raises((TrustError, ConnectionError)):
            await hang_up(await dial(gateway, settings.endpoint))
    assert bodies(site) == [first]
    assert refusals(site) == [("certificate-revoked", str(GATEWAY))]


async def hang_up(uplink: Uplink) -> None:
    """With TLS 1.3 the client learns only after the handshake that its certificate was not accepted."""
    if await uplink.answer() is None:
        raise TrustError("tls-refused", "hung up")


async def test_a_certificate_for_signatures_does_not_open_a_connection(
    site: Site, settings: HeadEndSettings, gateway: SealingGateway
) -> None:
    for suffix in (".key.pem", ".crt.pem"):
        (gateway.keystore.folder / f"tls{suffix}").write_bytes(
            (gateway.keystore.folder / f"sig{suffix}").read_bytes()
        )
    async with serving(settings):
        with pytest.raises((TrustError, ConnectionError)):
            await hang_up(await dial(gateway, settings.endpoint))
    assert bodies(site) == []


async def test_silence_ends_the_connection(site: Site, gateway: SealingGateway) -> None:
    settings = HeadEndSettings(site=site.folder, idle=0.05)
    async with serving(settings):
        uplink = await dial(gateway, settings.endpoint)
        assert await uplink.answer() is None


async def test_connections_beyond_the_limit_are_closed_and_room_is_given_again(
    site: Site, gateway: SealingGateway
) -> None:
    settings = HeadEndSettings(site=site.folder, connections=1)
    async with serving(settings) as headend:
        first = await dial(gateway, settings.endpoint)
        assert await first.deliver(1, gateway.envelope(1, gas_block()))
        assert await (await dial(gateway, settings.endpoint)).answer() is None
        await first.link.close()
        async with asyncio.timeout(10):
            while headend._sessions:
                await asyncio.sleep(0.005)
        assert await (await dial(gateway, settings.endpoint)).deliver(2, gateway.envelope(2, gas_block()))


async def test_a_bus_that_cannot_keep_an_envelope_confirms_none(
    site: Site, settings: HeadEndSettings, gateway: SealingGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_bus: SqliteBus, _messages: Sequence[BusMessage]) -> list[int]:
        raise sqlite3.OperationalError("database or disk is full")

    envelope = gateway.envelope(1, gas_block())
    async with serving(settings):
        with monkeypatch.context() as patched:
            patched.setattr(SqliteBus, "append", full)
            uplink = await dial(gateway, settings.endpoint)
            await uplink.send(notification(1, envelope))
            assert await uplink.answer() is None
        assert bodies(site) == []
        assert await (await dial(gateway, settings.endpoint)).deliver(2, envelope)
    assert bodies(site) == [envelope]


async def test_a_trust_folder_that_cannot_be_read_lets_nobody_deliver_and_later_everybody(
    site: Site, settings: HeadEndSettings, gateway: SealingGateway, caplog: pytest.LogCaptureFixture
) -> None:
    path = site.trust.crl_files()[0]
    contents, envelope = path.read_bytes(), gateway.envelope(1, gas_block())
    async with serving(settings):
        uplink = await dial(gateway, settings.endpoint)
        _replace(path, b"not a list")
        await uplink.send(notification(1, envelope))
        assert await uplink.answer() is None
        assert [record.getMessage().split()[0] for record in caplog.records] == ["trust-malformed"]
        _replace(path, contents)
        assert await (await dial(gateway, settings.endpoint)).deliver(2, envelope)
    assert bodies(site) == [envelope]


def _replace(path: Path, contents: bytes) -> None:
    """Whole, as everybody publishes."""
    path.with_suffix(".new").write_bytes(contents)
    path.with_suffix(".new").replace(path)


async def test_the_endpoint_is_there_while_it_listens(
    site: Site, settings: HeadEndSettings, gateway: SealingGateway
) -> None:
    async with serving(settings):
        uplink = await dial(gateway, settings.endpoint)
    assert not settings.endpoint.exists()
    assert await uplink.answer() is None


async def test_without_its_certificate_the_head_end_does_not_start(site: Site) -> None:
    (site.folder / "headend" / "keystore" / "tls.crt.pem").unlink()
    settings = HeadEndSettings(site=site.folder)
    with pytest.raises(LocalError):
        async with serving(settings):
            pass


async def test_the_status_tells_what_is_confirmed_and_refused(
    site: Site, settings: HeadEndSettings, gateway: SealingGateway
) -> None:
    stranger = another(site, registered=False)
    async with serving(settings):
        uplink = await dial(gateway, settings.endpoint)
        assert await uplink.deliver(1, gateway.envelope(1, gas_block()))
        await uplink.send(b"\xff")
        await uplink.answer()
        assert await (await dial(stranger, settings.endpoint)).answer() is None
    status = snapshot(bus_of(site), database_of(site.folder))
    assert status.gateways == (
        GatewayStatus(title=str(GATEWAY), confirmed=1, refused={"headend-message-malformed": 1}),
    )
    assert status.refused_strangers == {"headend-gateway-unknown": 1}
    assert status.last_position == 1
