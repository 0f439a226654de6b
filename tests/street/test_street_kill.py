"""``kill -9`` of head-end and intake while a street delivers: nothing is lost, nothing stored twice."""

import asyncio
import contextlib
import random
from pathlib import Path

import pytest

from meterkast.mdm.access import Query
from meterkast.street.process import ComponentProcess
from meterkast.street.state import StreetSettings
from meterkast.street.street import Street
from meterkast.street.truth import compare

pytestmark = pytest.mark.processes

DAYS = 5


async def keep_killing(component: ComponentProcess, chance: random.Random, kills: list[str]) -> None:
    """Kills at random moments, from before it is ready to long after, and starts it again at once."""
    while True:
        await asyncio.sleep(chance.uniform(0.05, 1.5))
        await component.kill()
        kills.append(component.name)
        await component.start()


async def test_head_end_and_intake_killed_at_random_points(tmp_path: Path) -> None:
    chance = random.Random(20260302)
    street = Street(StreetSettings(homes=4, days=DAYS, site=tmp_path / "site"))
    kills: list[str] = []
    try:
        await street.build()
        killers = [
            asyncio.create_task(keep_killing(component, chance, kills))
            for component in (street.centre.headend, street.centre.mdm)
        ]
        for _ in range(DAYS):
            await street.live_day()
        for killer in killers:
            killer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await killer
        for component in (street.centre.headend, street.centre.mdm):
            if not component.running:
                await component.start()
        for home in street.homes:
            await home.gateway.deliver()
        status = await street.stored()
        found = compare(street.centre.blocks(Query()), street.homes)
        confirmed = sum(home.gateway.status().confirmed for home in street.homes)
    finally:
        await street.close()
    assert len(kills) >= 5
    assert set(kills) == {"headend", "mdm"}
    assert confirmed == sum(store.stored for store in status.gateways) == 4 * DAYS
    assert (found.electricity, found.gas) == (4 * DAYS, 4 * DAYS)
    assert (found.duplicates, found.mismatches) == (0, 0)
