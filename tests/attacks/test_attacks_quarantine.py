"""What is authentic and cannot be used as it is: kept, flagged, and used once somebody has decided.

A certificate that was revoked (AT-08) or has ended (AT-09), one identity in two places (AT-16), a device
where it does not belong (AT-17).
"""

from dataclasses import replace
from datetime import timedelta

import pytest

from attacks.attacked import OTHER, Chain
from headend.uplink import confirmation, dial, notification
from mdm.one_home import EAN, GATEWAY, MODULE, OPERATOR, day_block, gas_block
from mdm.sealed import now, publish_lists
from meterkast.headend.registry import Device, Gateway, Registry
from meterkast.model.block import Medium
from meterkast.model.ean import Ean
from meterkast.model.errors import DataError, LocalError
from meterkast.outside.database import quarantine
from meterkast.outside.database.engine import reading, writing
from meterkast.outside.database.quarantine import Standing

LATER = 2_000_000
"""A register that no honest message of these tests begins with."""


def suspected(chain: Chain) -> dict[str, str]:
    with reading(chain.database) as connection:
        return {title: each.code for title, each in quarantine.suspects(connection).items()}


def starts(chain: Chain) -> list[int | None]:
    """The first register of each block that a reader sees."""
    return [block.columns[0].values[0] for block, _ in chain.stored()]


async def test_at_08_readings_under_a_revoked_certificate_wait(chain: Chain) -> None:
    """Its certificate for TLS still counts: the head-end keeps, the intake does not use. Nothing is lost."""
    await chain.takes(chain.gateway.envelope(1, gas_block()))
    chain.site.authority.revoke(chain.gateway.certificate().serial_number, now())
    message = notification(2, chain.gateway.envelope(2, day_block()))
    await chain.rejects(message, "certificate-revoked", quarantined=True)
    assert starts(chain) == []
    (waiting,) = chain.waiting()
    chain.decide(waiting.position, Standing.RELEASING)
    assert chain.intake.step() == 1
    assert (starts(chain), chain.waiting()) == ([1_000_000], [])
    assert len(chain.events()) == 1
    assert chain.intake.step() == 0


async def test_at_08_a_forged_signature_of_a_revoked_gateway_does_not_wait(chain: Chain) -> None:
    await chain.takes(chain.gateway.envelope(1, gas_block()))
    chain.site.authority.revoke(chain.gateway.certificate().serial_number, now())
    forged = chain.gateway.envelope(2, day_block())[:-64] + bytes(63) + b"\x01"
    await chain.rejects(notification(2, forged), "envelope-signature-wrong")


async def test_at_09_what_an_ended_certificate_signs_waits(chain: Chain) -> None:
    """A gateway that had no network for long: what it measured is not used unseen, and not lost."""
    await chain.takes(chain.gateway.envelope(1, gas_block()))
    assert await chain.deliver(chain.gateway.envelope(2, day_block()))
    later = chain.gateway.certificate().not_valid_after_utc + timedelta(days=70)
    publish_lists(chain.site, later)
    intake = chain.intake_at(later.timestamp())
    assert intake.step() == 1
    (waiting,) = chain.waiting()
    assert (waiting.code, starts(chain)) == ("certificate-expired", [])
    chain.decide(waiting.position, Standing.RELEASING)
    assert intake.step() == 1
    assert (starts(chain), chain.waiting()) == ([1_000_000], [])


async def test_at_08_what_is_dropped_stays_on_the_bus_and_is_never_used(chain: Chain) -> None:
    await chain.takes(chain.gateway.envelope(1, gas_block()))
    chain.site.authority.revoke(chain.gateway.certificate().serial_number, now())
    envelope = chain.gateway.envelope(2, day_block())
    await chain.rejects(notification(2, envelope), "certificate-revoked", quarantined=True)
    (waiting,) = chain.waiting()
    chain.decide(waiting.position, Standing.DROPPED)
    assert (chain.intake.step(), starts(chain)) == (0, [])
    assert chain.bus.read(waiting.position - 1, 1)[0][1].body == envelope
    for standing in (Standing.RELEASING, Standing.DROPPED):
        with pytest.raises(LocalError) as caught:
            chain.decide(waiting.position, standing)
        assert caught.value.code == "quarantine-not-waiting"


async def test_at_16_two_messages_with_one_counter(chain: Chain) -> None:
    """Diverging counters: the second waits and names the first, and all that follows waits with it."""
    await chain.takes(chain.gateway.envelope(1, gas_block()))
    await chain.takes(chain.gateway.envelope(2, day_block()))
    clone = chain.gateway.envelope(2, day_block(start=LATER))
    await chain.rejects(notification(3, clone), "envelope-counter-clash", quarantined=True)
    (second,) = chain.waiting()
    assert (second.counter, second.disputes) == (2, 2)
    assert suspected(chain) == {str(GATEWAY): "envelope-counter-clash"}
    following = chain.gateway.envelope(3, day_block(start=LATER))
    await chain.rejects(notification(4, following), "envelope-counter-clash", quarantined=True)
    assert starts(chain) == [1_000_000]

    with writing(chain.database) as connection:
        quarantine.clear(connection, str(GATEWAY), by="j.jansen", now=0)
    await chain.takes(chain.gateway.envelope(4, gas_block()))
    chain.decide(second.position, Standing.RELEASING)
    assert chain.intake.step() == 1
    assert (starts(chain), chain.stored()[0][1]) == ([LATER], f"{GATEWAY}/2@{second.position}")


async def test_at_16_a_clash_in_one_batch_holds_what_follows_in_it(chain: Chain) -> None:
    for number, start in ((1, 1_000_000), (1, LATER), (2, LATER + 1)):
        assert await chain.deliver(chain.gateway.envelope(number, day_block(start=start)))
    assert chain.intake.step() == 3
    assert (starts(chain), [each.counter for each in chain.waiting()]) == ([1_000_000], [1, 2])
    assert [event.code for event in chain.events()] == ["envelope-counter-clash"] * 2


async def test_at_16_a_third_message_with_one_counter_is_refused_at_the_door(chain: Chain) -> None:
    assert await chain.deliver(chain.gateway.envelope(1, day_block()))
    assert await chain.deliver(chain.gateway.envelope(1, day_block(start=LATER)))
    third = notification(1, chain.gateway.envelope(1, day_block(start=LATER + 1)))
    chain.intake.step()
    await chain.rejects(third, "envelope-counter-clash", room="headend")


async def test_at_16_one_identity_in_two_places(chain: Chain) -> None:
    """The clone has the same keys and counts on: only that both are there at once gives it away."""
    await chain.takes(chain.gateway.envelope(1, day_block()))
    clone = await dial(chain.gateway, chain.settings.endpoint)
    assert await clone.deliver(1, chain.gateway.envelope(2, gas_block()))
    assert chain.intake.step() == 1
    assert (suspected(chain), chain.events()) == ({}, [])  # a gateway that has reconnected looks the same
    message = notification(3, chain.gateway.envelope(3, day_block(start=LATER)))
    await chain.rejects(message, "gateway-in-two-places", quarantined=True)
    assert suspected(chain) == {str(GATEWAY): "gateway-in-two-places"}
    await clone.send(notification(4, chain.gateway.envelope(4, day_block(start=LATER))))
    assert await clone.answer() == confirmation(4)
    assert chain.intake.step() == 1
    assert [each.counter for each in chain.waiting()] == [3, 4]
    assert starts(chain) == [1_000_000]
    await clone.link.close()


async def test_at_16_the_control_what_a_lost_connection_brings_late_is_no_clone(chain: Chain) -> None:
    """The same envelope over the old connection once more, after the new one has brought it."""
    await chain.takes(chain.gateway.envelope(1, gas_block()))
    envelope = chain.gateway.envelope(2, day_block())
    again = await dial(chain.gateway, chain.settings.endpoint)
    assert await again.deliver(1, envelope)
    assert await chain.deliver(envelope)
    assert chain.intake.step() == 1
    assert (suspected(chain), chain.events(), starts(chain)) == ({}, [], [1_000_000])
    await again.link.close()


async def test_at_17_a_module_behind_a_second_gateway(chain: Chain) -> None:
    """Until the operator pairs it there, and releases what has come."""
    other = chain.other()
    await chain.takes(other.envelope(1), by=other)
    message = notification(2, other.envelope(2, day_block()))
    await chain.rejects(message, "device-elsewhere", by=other, claimed=str(OTHER), quarantined=True)
    (waiting,) = chain.waiting()
    chain.decide(waiting.position, Standing.RELEASING)
    chain.intake.step()
    assert (starts(chain), len(chain.waiting())) == ([], 1)  # released, and still not where it belongs
    with writing(chain.database) as connection:
        Registry(connection).pair(MODULE, OTHER)
    chain.decide(waiting.position, Standing.RELEASING)
    chain.intake.step()
    assert (starts(chain), chain.waiting()) == ([1_000_000], [])
    await chain.takes(other.envelope(3, day_block(start=LATER)), by=other)


async def test_at_17_a_module_that_nobody_has_registered(chain: Chain) -> None:
    await chain.takes(chain.gateway.envelope(1))
    swapped = replace(day_block(), device="SAG0000000000001")
    message = notification(2, chain.gateway.envelope(2, swapped))
    await chain.rejects(message, "device-unknown", quarantined=True)
    with writing(chain.database) as connection:
        Registry(connection).add_device(
            Device(
                name=swapped.device, ean=Ean(EAN), gateway=GATEWAY, medium=Medium.ELECTRICITY, vendor="SAG"
            )
        )
    (waiting,) = chain.waiting()
    chain.decide(waiting.position, Standing.RELEASING)
    assert chain.intake.step() == 1
    assert chain.waiting() == []
    assert chain.everything()["meter_day_block"][0][:2] == (swapped.device, 20260303)


def test_at_17_a_device_never_moves_to_another_connection(chain: Chain) -> None:
    """What is stored of it would go with it, and be read there."""
    elsewhere = str(Ean.from_number("871685900", 18))
    with writing(chain.database) as connection:
        register = Registry(connection)
        register.add_connection(Ean(elsewhere), OPERATOR)
        register.add_gateway(Gateway(title=OTHER, ean=Ean(elsewhere), operator=OPERATOR))
        with pytest.raises(DataError) as caught:
            register.pair(MODULE, OTHER)
    assert caught.value.code == "registry-other-connection"
