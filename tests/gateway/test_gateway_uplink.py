"""Sealing and delivery: for the operator only, to the operator only, until it is confirmed."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.gateway_house import DAY, NOW, OPERATOR, TITLE, HeadEnd, House, living_in, settings_for
from meterkast.gateway.backoff import Backoff
from meterkast.gateway.gateway import Gateway
from meterkast.gateway.sealing import Sealer
from meterkast.gateway.settings import SLOT_SECONDS
from meterkast.model.calendar import day_start, local_day
from meterkast.model.errors import MeterkastError, TrustError
from meterkast.model.identity import SystemTitle
from meterkast.outside.clock import ScaledClock
from meterkast.outside.entropy import system_entropy
from meterkast.outside.journal import Journal
from meterkast.outside.keystore import KeyKind, SoftwareKeystore
from meterkast.outside.trust import OPERATOR_ENC, TrustFolder
from meterkast.pki.site import Site
from meterkast.protocols.envelope import parse
from meterkast.protocols.x509 import key_id


def _sealer(site: Site) -> Sealer:
    settings = settings_for(site, 1)
    keystore = SoftwareKeystore(settings.folder / "keystore")
    return Sealer(settings, keystore, TrustFolder(settings.trust), system_entropy)


def _sealed(site: Site, now: datetime | None = None) -> bytes:
    return _sealer(site).seal(b"content", counter=7, created=NOW, now=now or datetime.now(UTC))


def _keep(site: Site, *counters: int) -> Journal:
    """Puts sealed envelopes into the gateway's journal."""
    journal = Journal(settings_for(site, 1).folder / "journal.sqlite")
    for counter in counters:
        assert journal.reserve() == counter
        sealer = _sealer(site)
        octets = sealer.seal(b"content", counter=counter, created=NOW, now=datetime.now(UTC))
        journal.put(counter, NOW, octets)
    return journal


def _gateway(site: Site, port: int) -> Gateway:
    return Gateway(settings_for(site, port), clock=ScaledClock(NOW, speed=0))


def test_the_operator_is_the_only_recipient(site: Site) -> None:
    envelope = parse(_sealed(site))
    operator = site.trust.operator_enc()[0]
    keystore = SoftwareKeystore(settings_for(site, 1).folder / "keystore")
    signer = keystore.certificate("sig")[0]
    assert [recipient.key_id for recipient in envelope.recipients] == [key_id(operator)]
    header = envelope.header
    assert (header.gateway, header.operator, header.counter, header.created) == (TITLE, OPERATOR, 7, NOW)
    assert header.signer == key_id(signer)
    envelope.verify(signer.public_key())


def test_no_content_key_and_no_nonce_comes_twice(site: Site) -> None:
    sealer, now = _sealer(site), datetime.now(UTC)
    sealed = [parse(sealer.seal(b"content", counter=7, created=NOW, now=now)) for _ in range(20)]
    assert len({envelope.nonce for envelope in sealed}) == 20
    assert len({envelope.ciphertext for envelope in sealed}) == 20


def test_a_foreign_operators_certificate_seals_nothing(site: Site, tmp_path: Path) -> None:
    """Another operator's certificate, even under our own roots, is no recipient; one under others is less."""
    now = datetime.now(UTC)
    reader = SoftwareKeystore(site.folder / "mdm" / "keystore")
    liander = site.admit("Liander", now)
    reader.generate("theirs", KeyKind.HYBRID_KEM)
    key = reader.kem_public_key("theirs")
    liander.certify_operator("Liander", key, lambda sealed, info: reader.unseal("theirs", sealed, info), now)
    trust = site.folder / "trust"
    for name, ours in ((OPERATOR_ENC, OPERATOR_ENC), ("operator.crl.pem", "liander.crl.pem")):
        (trust / ours).write_bytes((liander.trust.path / name).read_bytes())
    with pytest.raises(TrustError) as caught:
        _sealed(site)
    assert caught.value.code == "recipient-foreign"
    other = Site.create(tmp_path / "other", operator=OPERATOR, now=now)
    (site.folder / "trust" / OPERATOR_ENC).write_bytes((other.folder / "trust" / OPERATOR_ENC).read_bytes())
    with pytest.raises(TrustError) as caught:
        _sealed(site)
    assert caught.value.code.startswith("certificate-")


@pytest.mark.parametrize("years", [-1, 30])
def test_a_gateway_whose_clock_is_wrong_seals_for_its_operator_and_nobody_else(
    site: Site, years: int
) -> None:
    """Readings do not wait for a clock (RQ-07, AT-21); what is revoked stays so at any time."""
    wrong = datetime.now(UTC) + timedelta(days=366 * years)
    operator = site.trust.operator_enc()[0]
    assert [each.key_id for each in parse(_sealed(site, wrong)).recipients] == [key_id(operator)]
    site.authority.revoke(operator.serial_number, datetime.now(UTC))
    with pytest.raises(TrustError) as caught:
        _sealed(site, wrong)
    assert caught.value.code == "certificate-revoked"


def test_a_revoked_recipient_seals_nothing_and_the_day_stays(site: Site) -> None:
    site.authority.revoke(site.trust.operator_enc()[0].serial_number, datetime.now(UTC))
    with pytest.raises(TrustError) as caught:
        _sealed(site)
    assert caught.value.code == "certificate-revoked"


async def test_nothing_is_lost_while_the_headend_is_away(site: Site) -> None:
    _keep(site, 1, 2, 3).close()
    headend = HeadEnd(site)
    async with headend.listening():
        pass
    gateway = _gateway(site, headend.port)
    assert await gateway.deliver() == 0
    assert gateway.status().trouble == "peer-unreachable"
    async with headend.listening():
        assert await gateway.deliver() == 3
        assert await gateway.deliver() == 0
    assert (gateway.status().pending, gateway.status().trouble) == (0, None)
    assert sorted(headend.envelopes) == [1, 2, 3]
    assert headend.connections == 1
    await gateway.stop()


async def test_a_refused_envelope_stays_and_holds_nothing_up(site: Site) -> None:
    _keep(site, 1, 2, 3).close()
    async with HeadEnd(site, refused={2}).listening() as headend:
        gateway = _gateway(site, headend.port)
        assert await gateway.deliver() == 2
        assert gateway.status().pending == 1
        headend.refused.clear()
        assert await gateway.deliver() == 1
        assert gateway.status().pending == 0
        journal = gateway._journal
        assert [event.code for _, event in journal.events()] == ["uplink-refused"]
        await gateway.stop()


async def test_an_unanswered_envelope_is_offered_again_unchanged(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("meterkast.gateway.uplink._CONFIRM_SECONDS", 0.2)
    _keep(site, 1).close()
    async with HeadEnd(site, silent=True).listening() as headend:
        gateway = _gateway(site, headend.port)
        assert await gateway.deliver() == 0
        assert gateway.status().trouble == "uplink-silent"
        headend.silent = False
        assert await gateway.deliver() == 1
        await gateway.stop()


async def test_a_confirmation_of_something_else_confirms_nothing(site: Site) -> None:
    _keep(site, 1, 2).close()
    async with HeadEnd(site, garbled=True).listening() as headend:
        gateway = _gateway(site, headend.port)
        assert await gateway.deliver() == 0
        assert (gateway.status().trouble, gateway.status().pending) == ("uplink-unexpected", 2)
        headend.garbled = False
        assert await gateway.deliver() == 2
        await gateway.stop()


async def test_a_revoked_headend_is_not_spoken_to(site: Site) -> None:
    _keep(site, 1).close()
    async with HeadEnd(site).listening() as headend:
        certificate = SoftwareKeystore(site.folder / "headend" / "keystore").certificate("tls")[0]
        site.authority.revoke(certificate.serial_number, datetime.now(UTC))
        gateway = _gateway(site, headend.port)
        assert await gateway.deliver() == 0
        assert gateway.status().trouble == "tls-refused"
        assert headend.envelopes == {}
        await gateway.stop()


async def test_deliveries_at_the_same_time_send_everything_once(site: Site) -> None:
    _keep(site, 1, 2).close()
    async with HeadEnd(site).listening() as headend:
        gateway = _gateway(site, headend.port)
        assert sum(await asyncio.gather(*(gateway.deliver() for _ in range(4)))) == 2
        assert [len(kept) for kept in headend.envelopes.values()] == [1, 1]
        await gateway.stop()


@pytest.mark.processes
async def test_events_of_the_gateway_travel_once(site: Site) -> None:
    async with living_in(site) as house:
        await _with_an_event(house)
        assert await house.gateway.collect(DAY - timedelta(days=1))
        assert await house.gateway.collect(DAY)
        assert await house.gateway.deliver() == 2
        told = [[event.code for event in payload.events] for payload in house.headend.opened()]
        assert told == [["mbus-start-wrong"], []]


async def _with_an_event(house: House) -> None:
    await house.gas_wire.send(b"\x00\x01\x02")
    await asyncio.sleep(0)
    await asyncio.sleep(0)


def test_waits_grow_and_are_never_the_same_for_two() -> None:
    waits = Backoff(system_entropy)
    seen = [waits.next() for _ in range(12)]
    bounds = [min(2.0**n, 300.0) for n in range(12)]
    assert all(bound / 2 <= wait <= bound for wait, bound in zip(seen, bounds, strict=True))
    waits.reset()
    assert waits.next() <= 1.0
    assert [Backoff(bytes).next(), Backoff(lambda n: b"\xff" * n).next()] == [
        0.5,
        pytest.approx(1.0),
    ]


def test_every_gateway_has_a_slot_of_its_own(site: Site) -> None:
    """the herd after an outage: slots of neighbours differ, lie after midnight and within the window."""
    midnight = day_start(local_day(NOW) + timedelta(days=1))
    slots = set()
    for number in range(20):
        settings = replace(settings_for(site, 1), title=SystemTitle.of("MKG", number))
        gateway = Gateway(settings, clock=ScaledClock(midnight - 1, speed=0))
        slots.add(gateway.next_slot() - midnight)
    assert len(slots) == 20
    assert all(0 <= slot < SLOT_SECONDS for slot in slots)
    assert max(slots) - min(slots) > SLOT_SECONDS / 2


def test_a_gateway_without_its_secrets_does_not_start(site: Site) -> None:
    settings = settings_for(site, 1)
    (settings.folder / "keystore" / "gas.secret").unlink()
    with pytest.raises(MeterkastError) as caught:
        Gateway(settings, clock=ScaledClock(NOW, speed=0))
    assert caught.value.code == "keystore-label-unknown"
