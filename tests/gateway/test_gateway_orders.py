"""Communication off and on again: by signed order, with receipt; silence is silence, also afterwards."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from gateway.gateway_house import DAY, OPERATOR, TITLE, House, found_site, living_in
from meterkast.gateway.communication import Communication
from meterkast.gateway.gateway import journal_path
from meterkast.model.calendar import day_start
from meterkast.model.errors import MeterkastError
from meterkast.model.identity import SystemTitle
from meterkast.outside.journal import Journal
from meterkast.outside.keystore import SoftwareKeystore
from meterkast.pki.site import Site
from meterkast.protocols.order import Order, SignedOrder, Speech, digest, parse_receipt
from meterkast.protocols.x509 import Purpose

NEIGHBOUR = SystemTitle.parse("MKG0000000002")


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with living_in(found_site(tmp_path / "site")) as house:
        yield house


def order(site: Site, number: int, speech: Speech, *, title: SystemTitle = TITLE) -> bytes:
    keystore = SoftwareKeystore(site.folder / "orders" / "keystore")
    unsigned = Order(gateway=title, number=number, issued=1_700_000_000, speech=speech)
    certificate = keystore.certificate("order")[0].public_bytes(Encoding.DER)
    signature = keystore.sign("order", unsigned.encode())
    return SignedOrder(order=unsigned, signature=signature, certificate=certificate).encode()


async def refused(house: House, octets: bytes) -> str:
    with pytest.raises(MeterkastError) as caught:
        await house.gateway.obey(octets)
    assert house.gateway.status().communicating
    return caught.value.code


async def test_off_means_nobody_is_dialled_and_on_means_all_goes_on(house: House) -> None:
    await house.gateway.collect(DAY - timedelta(days=1))
    off = order(house.site, 1, Speech.OFF)
    receipt = await house.gateway.obey(off)
    assert not house.gateway.status().communicating
    assert await house.gateway.deliver() == 0
    assert not await house.gateway.collect(DAY)
    assert (house.headend.connections, house.gateway.status().sealed) == (0, 1)
    keystore = SoftwareKeystore(house.site.folder / "gateways" / str(TITLE) / "keystore")
    said = parse_receipt(receipt, keystore.public_key("sig"))
    assert (said.gateway, said.order, said.speech) == (TITLE, digest(off), Speech.OFF)
    assert await house.gateway.obey(off) == receipt
    await house.gateway.obey(order(house.site, 2, Speech.ON))
    assert await house.gateway.collect(DAY)
    assert await house.gateway.deliver() == 2
    (first, second) = house.headend.opened()
    assert not first.events
    assert {event.code for event in second.events} == {"communication-off", "communication-on"}


async def test_an_order_that_is_not_for_us_changes_nothing(house: House, tmp_path: Path) -> None:
    site, other = house.site, found_site(tmp_path / "other")
    good = order(site, 1, Speech.OFF)
    assert await refused(house, good[:60]) == "order-malformed"
    assert await refused(house, good + b"x" * 5000) == "order-malformed"
    assert await refused(house, order(site, 1, Speech.OFF, title=NEIGHBOUR)) == "order-foreign"
    assert await refused(house, order(other, 1, Speech.OFF)) == "certificate-untrusted"
    for place in (20, 28, 29, 40, 90):
        changed = bytearray(good)
        changed[place] ^= 1
        assert await refused(house, bytes(changed)) in {"order-signature-wrong", "order-malformed"}
    wrong = SoftwareKeystore(site.folder / "gateways" / str(TITLE) / "keystore")
    unsigned = Order(gateway=TITLE, number=1, issued=0, speech=Speech.OFF)
    forged = SignedOrder(
        order=unsigned,
        signature=wrong.sign("sig", unsigned.encode()),
        certificate=wrong.certificate("sig")[0].public_bytes(Encoding.DER),
    )
    assert await refused(house, forged.encode()) in {"certificate-purpose", "certificate-identity"}
    version_4 = good.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x03", 1)
    assert version_4 != good
    assert await refused(house, version_4) == "order-malformed"


async def test_an_old_order_does_not_come_back(house: House) -> None:
    off, on = order(house.site, 1, Speech.OFF), order(house.site, 2, Speech.ON)
    await house.gateway.obey(off)
    await house.gateway.obey(on)
    assert await refused(house, off) == "order-replayed"


async def test_an_order_signed_with_a_revoked_certificate_is_refused(house: House) -> None:
    (issued,) = [
        each for each in house.site.authority.issued(OPERATOR) if each.purpose is Purpose.OPERATOR_ORDER
    ]
    house.site.authority.revoke(issued.certificate.serial_number, datetime.now(UTC))
    assert await refused(house, order(house.site, 1, Speech.OFF)) == "certificate-revoked"


async def test_silence_outlives_the_process_and_its_days_never_leave(tmp_path: Path) -> None:
    site = found_site(tmp_path / "site")
    async with living_in(site) as house:
        await house.gateway.obey(order(site, 1, Speech.OFF))
    async with living_in(site) as house:
        assert not house.gateway.status().communicating
        journal = Journal(journal_path(house.gateway.settings.folder))
        (kept,) = journal.obeyed()
        assert not kept.speaks
        journal.close()


@pytest.mark.parametrize(
    ("times", "covered"),
    [
        ([], [True, True, True]),
        ([12], [False, False, False]),
        ([12, 13], [True, False, True]),
        ([0, 24], [True, False, True]),
        ([-3, 30], [False, False, False]),
        ([-3, 3, 20, 22], [False, False, True]),
    ],
)
async def test_a_day_that_was_silent_for_a_moment_is_not_covered(
    house: House, times: list[int], covered: list[bool]
) -> None:
    settings = house.gateway.settings
    keystore, journal = SoftwareKeystore(settings.folder / "keystore"), Journal(tmp_journal(house))
    communication = Communication(settings, keystore, house.site.trust, journal)
    speeches = [Speech.OFF, Speech.ON] * 2
    for number, (hour, speech) in enumerate(zip(times, speeches, strict=False), 1):
        at = day_start(DAY) + hour * 3600
        communication.obey(order(house.site, number, speech), at=at, now=datetime.now(UTC))
    days = [DAY + timedelta(days=offset) for offset in (-1, 0, 1)]
    assert [communication.covers(day) for day in days] == covered
    journal.close()


def tmp_journal(house: House) -> Path:
    return house.site.folder / "another-journal.sqlite"
