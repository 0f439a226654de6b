"""Can a component be replaced? Put another vendor's module in, change nothing else, compare its first day."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date

from meterkast.assurance.evidence import Observation
from meterkast.assurance.probe import Finding
from meterkast.mdm.access import Query
from meterkast.module.vendor import VENDORS
from meterkast.street.home import Home
from meterkast.street.street import Street

_MINUTE = 60
_VALUES_PER_DAY = 2 * 90
"""At least, of import and export: a new module does not know the first instants, and a day may be short."""


@asynccontextmanager
async def setting(street: Street, home: Home) -> AsyncIterator[Finding]:
    """A day with a module of the other vendor; then the first one comes back."""
    day, settings = street.today, home.gateway.settings
    around = _surroundings(street, home)
    other = next(vendor for vendor in VENDORS if vendor != home.module.settings.profile.manufacturer)
    now = int(street.clock.now()) // _MINUTE * _MINUTE
    old = await street.swap(home, home.new_module(other, now, spare=True))

    async def finding() -> Observation:
        found = [
            f"{name} changed" for name, was in around.items() if _surroundings(street, home)[name] != was
        ]
        if replace(home.gateway.settings, module=settings.module) != settings:
            found.append("the gateway was told more than which module it has")
        compared, wrong = _compare(street, home, day)
        if wrong or compared < _VALUES_PER_DAY:
            found.append(f"{compared} values of the new module are in the store, {wrong} of them wrong")
        detail = "; ".join(found) or (
            f"a module of {other} in place of {old.module.settings.profile.manufacturer}: {compared} values "
            "of its first day stored as measured; head-end, data management, applications and keys unchanged"
        )
        return Observation(holds=not found, observed=compared + len(around), detail=detail)

    try:
        yield finding
    finally:
        await street.swap(home, old)


def _surroundings(street: Street, home: Home) -> dict[str, object]:
    """What may not change because a module does."""
    keystore = home.gateway.settings.folder / "keystore"
    return {
        "the head-end": street.centre.headend.pid,
        "data management": street.centre.mdm.pid,
        "the gas meter": home.gas_meter.name,
        "the gateway's certificates": [path.read_bytes() for path in sorted(keystore.glob("*.crt.pem"))],
        "the application": home.gateway.status().layers,
    }


def _compare(street: Street, home: Home, day: date) -> tuple[int, int]:
    """How many values of the module now in place are stored of the day, and how many of them are wrong."""
    compared = wrong = 0
    for stored in street.centre.blocks(Query(device=home.module.name, first_day=day, last_day=day)):
        for column in stored.block.columns:
            for at, value in zip(stored.block.times, column.values, strict=True):
                if value is not None:
                    compared += 1
                    wrong += value != home.module.registers(at)[column.obis]
    return compared, wrong
