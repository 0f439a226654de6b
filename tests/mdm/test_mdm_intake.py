"""Intake: what is good is stored once; what is not is refused by name, recorded once, and changes nothing."""

import logging
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import MLKEM768X25519PublicKey
from sqlalchemy import Engine, select, text

from mdm.one_home import DAY, EAN, GAS_METER, GATEWAY, MODULE, OPERATOR, day_block, gas_block, with_value
from mdm.sealed import SealingGateway, database_of, equip, found, gateway_of, now, publish_lists
from meterkast.headend.registry import Gateway, Registry
from meterkast.mdm.access import Query, Readings
from meterkast.mdm.intake import Intake
from meterkast.mdm.status import GatewayStore, snapshot
from meterkast.model.ean import Ean
from meterkast.model.errors import LocalError
from meterkast.model.event import DeviceEvent
from meterkast.model.identity import SystemTitle
from meterkast.outside.bus import BusMessage
from meterkast.outside.bus.sqlite import SqliteBus
from meterkast.outside.clock import ScaledClock
from meterkast.outside.database import schema
from meterkast.outside.database.engine import reading, writing
from meterkast.outside.keystore import SoftwareKeystore
from meterkast.pki.site import Site
from meterkast.protocols.envelope import RecipientKey
from meterkast.protocols.x509 import key_id

STORED_AT = 1_772_600_000
OTHER = SystemTitle.of("MKG", 2)


@dataclass
class Centre:
    site: Site
    bus: SqliteBus
    database: Engine
    intake: Intake
    gateway: SealingGateway

    def deliver(self, *envelopes: bytes) -> int:
        self.bus.append([BusMessage(key=b"", body=envelope, at=STORED_AT - 5) for envelope in envelopes])
        return self.intake.step()

    def versions(self) -> list[tuple[str, int]]:
        return [(stored.block.device, stored.version) for stored in Readings(self.database).blocks(Query())]

    def refusals(self) -> list[tuple[str, str | None, int | None]]:
        table = schema.refusal.c
        with reading(self.database) as connection:
            rows = connection.execute(select(table.code, table.gateway, table.position).order_by(table.id))
            return [(row.code, row.gateway, row.position) for row in rows]

    def everything(self) -> dict[str, list[tuple[object, ...]]]:
        """All rows of all tables but the refusals, the quarantine and the position."""
        with reading(self.database) as connection:
            return {
                name: [tuple(row) for row in connection.execute(select(table))]
                for name, table in schema.metadata.tables.items()
                if name not in {"refusal", "quarantine", "intake_position"}
            }


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return found(tmp_path_factory.mktemp("site") / "template").folder


@pytest.fixture
def centre(template: Path, tmp_path: Path) -> Iterator[Centre]:
    folder = shutil.copytree(template, tmp_path / "site")
    site = Site(folder, operator=OPERATOR)
    bus, database = SqliteBus(folder / "bus" / "bus.sqlite"), database_of(folder)
    yield Centre(site, bus, database, intake_of(site, bus, database), gateway_of(site))
    bus.close()
    database.dispose()


def intake_of(site: Site, bus: SqliteBus, database: Engine, *, real: float | None = None) -> Intake:
    return Intake(
        bus=bus,
        database=database,
        keystore=SoftwareKeystore(site.folder / "mdm" / "keystore"),
        trust=site.trust,
        clock=ScaledClock(STORED_AT, 0),
        real_clock=None if real is None else ScaledClock(real, 0),
    )


def add_other(centre: Centre) -> SealingGateway:
    with writing(centre.database) as connection:
        Registry(connection).add_gateway(Gateway(title=OTHER, ean=Ean(EAN), operator=OPERATOR))
    return equip(centre.site, OTHER, centre.database)


def test_a_good_envelope_is_stored_with_everything_in_it(centre: Centre) -> None:
    event = DeviceEvent(code="module-silent", device=MODULE, at=STORED_AT - 60, detail="No answer.")
    assert centre.deliver(centre.gateway.envelope(1, day_block(), gas_block(), events=[event])) == 1
    stored = list(Readings(centre.database).blocks(Query()))
    assert [one.block for one in stored] == [day_block(), gas_block()]
    assert {(one.source, one.known_at) for one in stored} == {(f"{GATEWAY}/1", STORED_AT)}
    rows = centre.everything()
    assert [row[:2] for row in rows["envelope"]] == [(str(GATEWAY), f"{1:020d}")]
    assert [row[1:5] for row in rows["device_event"]] == [
        (MODULE, STORED_AT - 60, "module-silent", "No answer.")
    ]
    assert centre.refusals() == []
    assert centre.intake.step() == 0


def test_validation_flags_what_comes_in(centre: Centre) -> None:
    centre.deliver(centre.gateway.envelope(1, replace(with_value(day_block(), 9, None), flags=("SILENT",))))
    [stored] = Readings(centre.database).blocks(Query())
    assert stored.block.flags == ("MISSING", "SILENT")
    assert stored.block.columns[0].values[9] is None


def test_a_correction_is_a_second_version(centre: Centre) -> None:
    centre.deliver(centre.gateway.envelope(1, day_block()))
    centre.deliver(centre.gateway.envelope(2, day_block(start=2_000_000)))
    assert centre.versions() == [(MODULE, 2)]


def test_more_than_one_batch_is_taken_in_step_by_step(centre: Centre) -> None:
    envelopes = [centre.gateway.envelope(n, gas_block(DAY + timedelta(days=n))) for n in range(301)]
    assert centre.deliver(*envelopes) == 300
    assert centre.intake.step() == 1
    assert centre.intake.step() == 0
    assert len(centre.versions()) == 301


def foreign_key() -> RecipientKey:
    mlkem, x25519 = MLKEM768PrivateKey.generate(), X25519PrivateKey.generate()
    key = MLKEM768X25519PublicKey(mlkem.public_key(), x25519.public_key())
    return RecipientKey(key_id=b"vendor!!", key=key)


def flipped(envelope: bytes, place: int) -> bytes:
    changed = bytearray(envelope)
    changed[place] ^= 1
    return bytes(changed)


STRANGER = replace(day_block(), device="SAG0000000000001")
LIES: dict[str, tuple[Callable[[SealingGateway], bytes], str, bool]] = {
    "empty": (lambda _: b"", "envelope-malformed", False),
    "garbage": (lambda _: bytes(range(256)), "envelope-malformed", False),
    "truncated": (lambda gateway: gateway.envelope(1, day_block())[:-1], "envelope-malformed", False),
    "signature": (
        lambda gateway: flipped(gateway.envelope(1, day_block()), -1),
        "envelope-signature-wrong",
        True,
    ),
    "content": (
        lambda gateway: flipped(gateway.envelope(1, day_block()), -80),
        "envelope-signature-wrong",
        True,
    ),
    "unknown signer": (
        lambda gateway: gateway.envelope(1, day_block(), signer=b"nobody!!"),
        "certificate-unknown",
        True,
    ),
    "certificate for another purpose": (
        lambda gateway: gateway.envelope(1, day_block(), signer=tls_key_id(gateway)),
        "certificate-unknown",
        True,
    ),
    "vendor reads along": (
        lambda gateway: gateway.envelope(1, day_block(), recipients=[gateway.recipient(), foreign_key()]),
        "envelope-recipient-foreign",
        True,
    ),
    "vendor alone": (
        lambda gateway: gateway.envelope(1, day_block(), recipients=[foreign_key()]),
        "envelope-recipient-foreign",
        True,
    ),
    "another operator": (
        lambda gateway: gateway.envelope(1, day_block(), operator="stedin"),
        "envelope-recipient-foreign",
        True,
    ),
    "sealed for another key under our name": (
        lambda gateway: gateway.envelope(
            1,
            day_block(),
            recipients=[RecipientKey(key_id=gateway.recipient().key_id, key=foreign_key().key)],
        ),
        "envelope-not-opened",
        True,
    ),
    "payload": (lambda gateway: gateway.envelope(1, content=b"\x02\x03"), "payload-malformed", True),
    "flag": (
        lambda gateway: gateway.envelope(1, replace(day_block(), flags=("NO SUCH FLAG",))),
        "payload-malformed",
        True,
    ),
    "status octet": (
        lambda gateway: gateway.envelope(1, replace(day_block(), status=(256,) * 97)),
        "payload-malformed",
        True,
    ),
    "event text": (
        lambda gateway: gateway.envelope(1, events=[DeviceEvent(code="x" * 65, device=MODULE, at=0)]),
        "payload-malformed",
        True,
    ),
    "stranger": (lambda gateway: gateway.envelope(1, day_block(), STRANGER), "device-unknown", True),
    "event of a stranger": (
        lambda gateway: gateway.envelope(
            1, day_block(), events=[DeviceEvent(code="code", device="stranger", at=0)]
        ),
        "device-unknown",
        True,
    ),
    "medium": (
        lambda gateway: gateway.envelope(1, replace(gas_block(), device=MODULE)),
        "device-medium-wrong",
        True,
    ),
}


def tls_key_id(gateway: SealingGateway) -> bytes:
    return key_id(gateway.certificate("tls"))


@pytest.mark.parametrize("lie", LIES)
def test_a_refused_envelope_leaves_one_record_and_nothing_else(
    centre: Centre, lie: str, caplog: pytest.LogCaptureFixture
) -> None:
    make, code, claims = LIES[lie]
    before = centre.everything()
    with caplog.at_level(logging.INFO, "meterkast.mdm"):
        assert centre.deliver(make(centre.gateway)) == 1
        assert centre.intake.step() == 0
    assert centre.everything() == before
    assert centre.refusals() == [(code, str(GATEWAY) if claims else None, 1)]
    assert [record.getMessage().split()[0] for record in caplog.records] == [code]
    assert [message.body for _, message in centre.bus.find(b"")] != []
    assert centre.deliver(centre.gateway.envelope(2, day_block())) == 1
    assert centre.versions() == [(MODULE, 1)]


def test_a_bad_envelope_between_good_ones_harms_none_of_them(centre: Centre) -> None:
    good = [centre.gateway.envelope(n, gas_block(DAY + timedelta(days=n))) for n in range(3)]
    bad = flipped(centre.gateway.envelope(9, day_block()), 60)
    assert centre.deliver(good[0], bad, good[1], b"", good[2]) == 5
    assert centre.versions() == [(GAS_METER, 1)] * 3
    assert [position for _, _, position in centre.refusals()] == [2, 4]


def test_a_bit_flipped_in_any_octet_stores_nothing(centre: Centre) -> None:
    envelope = centre.gateway.envelope(1, gas_block())
    before = centre.everything()
    centre.deliver(*(flipped(envelope, place) for place in range(len(envelope))))
    while centre.intake.step():
        pass
    assert centre.everything() == before
    assert len(centre.refusals()) == len(envelope)
    assert centre.deliver(envelope) == 1
    assert centre.versions() == [(GAS_METER, 1)]


def test_a_replay_is_refused_in_the_same_batch_and_in_a_later_one(centre: Centre) -> None:
    envelope = centre.gateway.envelope(1, day_block())
    centre.deliver(envelope, envelope)
    before = centre.everything()
    centre.deliver(envelope)
    assert centre.everything() == before
    assert centre.refusals() == [("envelope-replayed", str(GATEWAY), n) for n in (2, 3)]
    assert centre.versions() == [(MODULE, 1)]


def test_another_envelope_with_a_counter_seen_before_is_refused(centre: Centre) -> None:
    centre.deliver(centre.gateway.envelope(1, day_block()), centre.gateway.envelope(1, gas_block()))
    centre.deliver(centre.gateway.envelope(1, gas_block()))
    assert [code for code, _, _ in centre.refusals()] == ["envelope-counter-clash"] * 2
    assert centre.versions() == [(MODULE, 1)]


def test_another_gateways_certificate_does_not_speak_for_this_one(centre: Centre) -> None:
    other = add_other(centre)
    centre.deliver(other.envelope(1, day_block(), title=GATEWAY))
    assert centre.refusals() == [("envelope-identity-mismatch", str(GATEWAY), 1)]
    assert centre.versions() == []


def test_a_device_that_is_registered_behind_another_gateway_is_elsewhere(centre: Centre) -> None:
    other = add_other(centre)
    centre.deliver(other.envelope(1, day_block()))
    assert centre.refusals() == [("device-elsewhere", str(OTHER), 1)]
    assert centre.versions() == []


def test_a_gateway_with_certificates_that_is_not_registered_is_unknown(centre: Centre) -> None:
    stranger = equip(centre.site, OTHER, centre.database)
    centre.deliver(stranger.envelope(1, day_block()))
    assert centre.refusals() == [("gateway-unknown", str(OTHER), 1)]


def test_a_gateway_of_another_operator_is_foreign(centre: Centre) -> None:
    with writing(centre.database) as connection:
        Registry(connection).add_operator("stedin", "Stedin")
        Registry(connection).add_gateway(Gateway(title=OTHER, ean=Ean(EAN), operator="stedin"))
    other = equip(centre.site, OTHER, centre.database)
    centre.deliver(other.envelope(1, gas_block()))
    assert centre.refusals() == [("envelope-recipient-foreign", str(OTHER), 1)]


def test_a_revoked_certificate_is_refused_from_the_next_step_on(centre: Centre) -> None:
    centre.deliver(centre.gateway.envelope(1, day_block()))
    centre.site.authority.revoke(centre.gateway.certificate().serial_number, now())
    centre.deliver(centre.gateway.envelope(2, gas_block()))
    assert centre.refusals() == [("certificate-revoked", str(GATEWAY), 2)]
    assert centre.versions() == [(MODULE, 1)]


def test_what_an_ended_certificate_signs_is_not_stored(centre: Centre) -> None:
    later = centre.gateway.certificate().not_valid_after_utc + timedelta(seconds=1)
    publish_lists(centre.site, later)
    centre.bus.append([BusMessage(key=b"", body=centre.gateway.envelope(1, day_block()), at=0)])
    intake_of(centre.site, centre.bus, centre.database, real=later.timestamp()).step()
    assert centre.refusals() == [("certificate-expired", str(GATEWAY), 1)]


def test_without_current_revocation_lists_the_intake_waits_and_then_goes_on(centre: Centre) -> None:
    later = (now() + timedelta(days=8)).timestamp()
    centre.bus.append(
        [
            BusMessage(key=b"", body=body, at=0)
            for body in (b"garbage", centre.gateway.envelope(1, day_block()))
        ]
    )
    waiting = intake_of(centre.site, centre.bus, centre.database, real=later)
    assert waiting.step() == 1
    with pytest.raises(LocalError) as caught:
        waiting.step()
    assert caught.value.code == "intake-revocation-unknown"
    assert [code for code, _, _ in centre.refusals()] == ["envelope-malformed"]
    assert centre.intake.step() == 1
    assert centre.versions() == [(MODULE, 1)]


def test_two_intakes_store_once(centre: Centre) -> None:
    second = intake_of(centre.site, centre.bus, centre.database)
    for number in range(3):
        centre.bus.append([BusMessage(key=b"", body=centre.gateway.envelope(number, gas_block()), at=0)])
        assert centre.intake.step() + second.step() == 1
    assert centre.refusals() == []


def test_an_intake_that_finds_the_position_moved_stores_nothing(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = intake_of(centre.site, centre.bus, centre.database)
    examine = Intake._examine

    def overtaken(self: Intake, *arguments: object) -> object:
        monkeypatch.setattr(Intake, "_examine", examine)
        second.step()
        return examine(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Intake, "_examine", overtaken)
    assert centre.deliver(centre.gateway.envelope(1, day_block())) == 0
    assert centre.versions() == [(MODULE, 1)]
    assert centre.refusals() == []


@pytest.mark.parametrize(
    "table", ["envelope", "meter_day_block", "refusal", "intake_position", "device_event"]
)
def test_where_one_part_cannot_be_written_none_is(centre: Centre, table: str) -> None:
    event = DeviceEvent(code="code", device=MODULE, at=0)
    with writing(centre.database) as connection:
        connection.execute(
            text(f"CREATE TRIGGER full BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'disk full'); END")
        )
    before = centre.everything()
    with pytest.raises(Exception, match="disk full"):
        centre.deliver(centre.gateway.envelope(1, day_block(), events=[event]), b"garbage")
    assert centre.everything() == before
    assert centre.refusals() == []
    with writing(centre.database) as connection:
        connection.execute(text("DROP TRIGGER full"))
    assert centre.intake.step() == 2
    assert centre.versions() == [(MODULE, 1)]
    assert len(centre.refusals()) == 1


def test_the_status_tells_what_is_stored_refused_and_waiting(centre: Centre) -> None:
    centre.deliver(centre.gateway.envelope(1, day_block()), centre.gateway.envelope(1, gas_block()), b"")
    centre.bus.append([BusMessage(key=b"", body=b"", at=0)])
    status = snapshot(centre.bus, centre.database)
    assert status.gateways == (
        GatewayStore(title=str(GATEWAY), stored=1, last_day=DAY, refused={"envelope-counter-clash": 1}),
    )
    assert status.refused_strangers == {"envelope-malformed": 1}
    assert (status.bus_position, status.intake_position, status.lag) == (4, 3, 1)
