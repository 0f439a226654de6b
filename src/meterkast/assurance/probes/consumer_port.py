"""Does the rest of the house hang on the module? Unplug it; listen to gas meter and consumer port."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date

from meterkast.assurance.evidence import Observation
from meterkast.assurance.probe import Finding
from meterkast.mdm.access import Query
from meterkast.model.block import Medium
from meterkast.model.calendar import HOUR, grid
from meterkast.model.errors import MeterkastError
from meterkast.model.obis import Obis
from meterkast.protocols.p1.readings import telegram_readings
from meterkast.protocols.p1.telegram import CrcVerdict, parse
from meterkast.street.home import Home
from meterkast.street.street import Street

_GAS = Obis(0, 1, 24, 2, 1)
_TELEGRAMS = 2


@asynccontextmanager
async def setting(street: Street, home: Home) -> AsyncIterator[Finding]:
    """A day with the module unplugged; it stays so while the consumer port is listened to."""
    day = street.today
    home.module_line.unplugged = True

    async def finding() -> Observation:
        return await _look(street, home, day)

    try:
        yield finding
    finally:
        home.module_line.unplugged = False
        await street.collect(home, day)


async def _look(street: Street, home: Home, day: date) -> Observation:
    found: list[str] = []
    told = 0
    for _ in range(_TELEGRAMS):
        try:
            found += _faults(await street.telegram(home), home)
            told += 1
        except MeterkastError as error:
            found.append(f"the consumer port is silent: {error.code}")
    query = Query(device=home.gas_meter.name, medium=Medium.GAS, first_day=day, last_day=day)
    hours = sum(
        value == home.gas_meter.index(at)
        for stored in street.centre.blocks(query)
        for at, value in zip(stored.block.times, stored.block.columns[0].values, strict=True)
    )
    wanted = len(grid(day, HOUR))
    if hours < wanted:
        found.append(f"{wanted - hours} hours of gas are missing from the store")
    detail = "; ".join(dict.fromkeys(found)) or (
        f"with the module unplugged {told} telegrams came out of the consumer port with the gas index, "
        f"and all {hours} hours of gas are in the store"
    )
    return Observation(holds=not found, observed=told + wanted, detail=detail)


def _faults(octets: bytes, home: Home) -> list[str]:
    """What is wrong with a telegram from a house whose module is unplugged."""
    telegram = parse(octets)
    gas = [reading for reading in telegram_readings(telegram) if reading.obis == _GAS]
    found = [] if telegram.crc is CrcVerdict.OK else ["a telegram with a wrong checksum"]
    true = [each.at is not None and _litres(each.value) == home.gas_meter.index(each.at) for each in gas]
    return found if any(true) else [*found, "a telegram without the gas index"]


def _litres(value: object) -> int:
    return round(float(str(value)) * 1000)
