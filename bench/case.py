"""The case on a street: how long all probes take, and how many mutants they catch."""

import asyncio
import tempfile
import time
from pathlib import Path

from bench.figure import Figure
from meterkast.assurance.probes import PROBES
from meterkast.assurance.probes.rounds import Sighting, observe
from meterkast.street.state import StreetSettings
from meterkast.street.street import Street

_HOMES = 12


def measure() -> list[Figure]:
    """All probes on a street of 12 homes that has lived a day, beside the building of that street."""
    building, probing, sightings = asyncio.run(_run())
    mutants = [seen for sighting in sightings for seen in sighting.mutants.values()]
    caught = sum(not seen.holds and seen.observed > 0 for seen in mutants)
    held = sum(sighting.genuine.holds and sighting.genuine.observed > 0 for sighting in sightings)
    return [
        Figure(
            name="case.full-12",
            value=round(building + probing, 1),
            unit="s",
            goal=180,
            against=f"{building:.1f} s of it for the street itself, with one day",
        ),
        Figure(
            name="case.probes-that-hold",
            value=held,
            unit="probes",
            goal=len(PROBES),
            against=f"{sum(sighting.genuine.observed for sighting in sightings)} things looked at",
            more_is_better=True,
        ),
        Figure(
            name="case.mutants-caught",
            value=caught,
            unit="mutants",
            goal=len(mutants),
            against=f"{len(mutants)} mutants of {len(PROBES)} probes",
            more_is_better=True,
        ),
    ]


async def _run() -> tuple[float, float, list[Sighting]]:
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        street = Street(StreetSettings(homes=_HOMES, days=1, site=Path(folder) / "site"))
        try:
            await street.build()
            await street.live_day()
            lived = time.monotonic()
            sightings = await observe(street, list(PROBES.values()))
        finally:
            await street.close()
    return lived - began, time.monotonic() - lived, sightings
