"""The whole chain, with its real processes, on virtual time."""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest

from meterkast.mdm.access import Query
from meterkast.model.block import Medium
from meterkast.street.state import ClaimState, Phase, StreetSettings, StreetState, Summary
from meterkast.street.street import Street
from meterkast.street.truth import compare

pytestmark = pytest.mark.processes

SPRING_FORWARD = date(2026, 3, 29)


async def nothing_to_prove(_street: Street) -> list[ClaimState]:
    return []


@pytest.fixture
async def street(tmp_path: Path) -> AsyncIterator[Street]:
    street = Street(StreetSettings(homes=3, days=2, seed=7, start=date(2026, 3, 28), site=tmp_path / "site"))
    yield street
    await street.close()


async def test_every_block_arrives_once_and_as_the_meters_have_it(street: Street) -> None:
    seen: list[StreetState] = []
    summary = await street.run(seen.append, nothing_to_prove)
    assert summary.holds
    assert (summary.stored_blocks, summary.stored_gas_blocks) == (6, 6)
    assert (summary.lost, summary.duplicates, summary.register_mismatches, summary.refused) == (0, 0, 0, 0)
    assert {"network-namespace", "seccomp"} & set(summary.sandbox)
    assert summary.memory_mb > 0
    assert [state.phase for state in (seen[0], seen[-1])] == [Phase.BUILDING, Phase.LIVING]
    assert seen[-1].stored == seen[-1].confirmed == seen[-1].sealed == 6
    assert all(home.import_wh and home.gas_l is not None for home in seen[-1].homes)
    short = street.centre.blocks(Query(first_day=SPRING_FORWARD, last_day=SPRING_FORWARD))
    lengths = {(each.block.medium, len(each.block.times)) for each in short}
    assert lengths == {(Medium.ELECTRICITY, 93), (Medium.GAS, 24)}


async def test_the_comparison_sees_a_single_watt_hour(street: Street) -> None:
    await street.build()
    await street.live_day()
    blocks = street.centre.blocks(Query())
    assert compare(blocks, street.homes).mismatches == 0
    home = street.homes[0]
    genuine = home.module.registers

    def one_more(at: int) -> dict[object, int]:
        return {obis: value + 1 for obis, value in genuine(at).items()}

    home.module.registers = one_more  # type: ignore[method-assign, assignment]
    assert compare(blocks, street.homes).mismatches == 2 * 97


async def test_same_seed_same_readings_and_another_seed_others(tmp_path: Path) -> None:
    async def digest(seed: int, name: str) -> Summary:
        street = Street(StreetSettings(homes=2, days=1, seed=seed, site=tmp_path / name))
        try:
            return await street.run(lambda _state: None, nothing_to_prove)
        finally:
            await street.close()

    first, again, other = await digest(1, "a"), await digest(1, "b"), await digest(2, "c")
    assert first.readings_digest == again.readings_digest
    assert first.readings_digest != other.readings_digest


async def test_a_large_street_shares_applications_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("meterkast.street.hosts.OWN_APPLICATION_UP_TO", 2)
    street = Street(StreetSettings(homes=3, days=1, site=tmp_path / "site"))
    try:
        summary = await street.run(lambda _state: None, nothing_to_prove)
    finally:
        await street.close()
    assert summary.holds
    assert summary.applications == "2 sandboxed processes, shared by all homes"
