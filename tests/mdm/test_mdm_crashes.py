"""The intake is killed at any point: after the next start everything is in the store, and nothing twice."""

import random
import signal
import time
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from mdm.one_home import DAY, GAS_METER, MODULE, day_block, gas_block
from mdm.sealed import SealingGateway, database_of, found, gateway_of
from mdm.zygote import Zygote
from meterkast.mdm.access import Query, Readings
from meterkast.mdm.intake import Intake
from meterkast.outside.bus import BusMessage
from meterkast.outside.bus.sqlite import SqliteBus
from meterkast.outside.clock import SystemClock
from meterkast.outside.database import schema
from meterkast.outside.database.engine import reading
from meterkast.outside.keystore import SoftwareKeystore
from meterkast.pki.site import Site

pytestmark = pytest.mark.processes

ROUNDS = 40
PER_ROUND = 15


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return found(tmp_path / "site")


def day(number: int) -> date:
    return DAY + timedelta(days=number)


def append(bus: SqliteBus, gateway: SealingGateway, *numbers: int) -> None:
    bus.append(
        [
            BusMessage(key=b"", body=gateway.envelope(n, day_block(day(n)), gas_block(day(n))), at=0)
            for n in numbers
        ]
    )


def finish(site: Site, bus: SqliteBus) -> None:
    """Takes in the rest, in this process."""
    intake = Intake(
        bus=bus,
        database=database_of(site.folder),
        keystore=SoftwareKeystore(site.folder / "mdm" / "keystore"),
        trust=site.trust,
        clock=SystemClock(),
    )
    while intake.step():
        pass


def require_stored_once(site: Site, count: int) -> None:
    database = database_of(site.folder)
    stored = [(one.block.device, one.block.day, one.version) for one in Readings(database).blocks(Query())]
    assert stored == [(device, day(n), 1) for device in (MODULE, GAS_METER) for n in range(count)]
    with reading(database) as connection:
        assert connection.execute(select(func.count()).select_from(schema.envelope)).scalar() == count
        assert connection.execute(select(schema.refusal)).all() == []
        assert connection.execute(select(schema.intake_position.c.position)).scalar() == count


def counts(site: Site) -> list[int | None]:
    with reading(database_of(site.folder)) as connection:
        return [
            connection.execute(select(func.count()).select_from(table)).scalar()
            for table in (schema.envelope, schema.meter_day_block, schema.intake_position)
        ]


def taken(site: Site) -> int:
    with reading(database_of(site.folder)) as connection:
        return connection.execute(select(schema.intake_position.c.position)).scalar() or 0


def test_killed_before_any_statement_the_step_is_whole_or_has_not_been(site: Site) -> None:
    append(SqliteBus(site.folder / "bus" / "bus.sqlite"), gateway_of(site), 0, 1, 2)
    with Zygote("mdm.crashes") as zygote:
        for statement in range(1, 100):
            code = zygote.start("step_and_die", site.folder, statement).wait()
            if code == 0:
                break
            assert code == -signal.SIGKILL
            assert counts(site) == [0, 0, 0]
    assert statement > 10
    assert counts(site) == [3, 6, 1]
    require_stored_once(site, 3)


def test_killed_at_random_moments_nothing_is_lost_and_nothing_double(site: Site) -> None:
    chance = random.Random(2)
    bus, gateway = SqliteBus(site.folder / "bus" / "bus.sqlite"), gateway_of(site)
    behind = 0
    with Zygote("mdm.crashes") as zygote:
        for _ in range(ROUNDS):
            child = zygote.start("serve_forever", site.folder)
            for _ in range(PER_ROUND):
                append(bus, gateway, bus.last())
                time.sleep(chance.uniform(0.0, 0.02))
            child.kill()
            behind += 0 < taken(site) < bus.last()
    assert behind > 0
    finish(site, bus)
    require_stored_once(site, ROUNDS * PER_ROUND)
