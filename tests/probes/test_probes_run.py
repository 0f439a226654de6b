"""Every probe on a running street: the genuine home holds, each mutant is caught, the street is as before."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from meterkast.assurance.evidence import Observation
from meterkast.assurance.probe import Probe
from meterkast.assurance.probes import PROBES
from meterkast.assurance.probes.rounds import observe
from meterkast.model.errors import UnreachableError
from meterkast.street.home import Home
from meterkast.street.parts import Parts
from meterkast.street.state import StreetSettings
from meterkast.street.street import Street

pytestmark = [pytest.mark.processes, pytest.mark.timeout(300)]


@pytest.fixture
async def street(tmp_path: Path) -> AsyncIterator[Street]:
    street = Street(StreetSettings(homes=3, days=1, site=tmp_path / "site"))
    await street.build()
    await street.live_day()
    yield street
    await street.close()


async def test_every_probe_holds_and_every_mutant_is_caught(street: Street) -> None:
    modules = [home.module for home in street.homes]
    settings = [home.gateway.settings for home in street.homes]
    sightings = await observe(street, list(PROBES.values()))
    assert [sighting.probe.name for sighting in sightings] == list(PROBES)
    for sighting in sightings:
        assert sighting.genuine.holds, f"{sighting.probe.name}: {sighting.genuine.detail}"
        assert sighting.genuine.observed > 0
        assert list(sighting.mutants) == [mutant.name for mutant in sighting.probe.mutants]
        for name, seen in sighting.mutants.items():
            assert not seen.holds, f"{sighting.probe.name} did not catch: {name}"
            assert seen.observed > 0, f"{sighting.probe.name} saw nothing of: {name}"
    assert [home.module for home in street.homes] == modules
    assert [home.gateway.settings for home in street.homes] == settings
    assert not any(home.module_line.unplugged or home.module_line.fault for home in street.homes)
    await street.live_day()  # the day on which a silent gateway was ordered to speak is not told yet
    await street.live_day()
    state = street.state()
    assert all(home.flags == () and home.module_state == "associated" for home in state.homes)
    assert state.sealed == state.confirmed == state.stored
    assert not any((street.settings.site / "vendors").rglob("stolen*"))


async def test_a_probe_that_cannot_look_proves_nothing(street: Street) -> None:
    async def blind(_street: Street, home: Home) -> Observation:
        if type(home.parts) is Parts:
            return Observation(holds=True, observed=1, detail="fine")
        raise UnreachableError("module-silent", "It is gone.")

    mutants = PROBES["no_switch"].mutants
    (sighting,) = await observe(street, [Probe(name="blind", look=blind, mutants=mutants)])
    assert sighting.genuine.holds
    (mutant,) = sighting.mutants.values()
    assert (mutant.holds, mutant.observed) == (False, 0)
    assert "module-silent" in mutant.detail


async def test_a_mutant_that_is_genuine_is_not_caught(street: Street) -> None:
    """The probe itself looks: without a change there is nothing to catch."""

    class Unchanged(Parts):
        name = "nothing changed"

    probes = [replace(PROBES[name], mutants=(Unchanged,)) for name in ("tenancy", "comms_off", "swap")]
    for sighting in await observe(street, probes):
        assert sighting.mutants["nothing changed"].holds
