"""Does anything but measuring pass the module? Unplug it for a day, and see what goes on without it.

Then the line is plugged in again, and the day the module kept in its buffer is collected after all.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date

from meterkast.assurance.evidence import Observation
from meterkast.assurance.probe import Finding
from meterkast.mdm.access import Query
from meterkast.model.block import Medium
from meterkast.model.calendar import HOUR, grid
from meterkast.protocols.hdlc import Deframer, Frame
from meterkast.street.home import Home
from meterkast.street.street import Street

_LLC = (b"\xe6\xe6\x00", b"\xe6\xe7\x00")
_MEASURING = frozenset({0x60, 0x61, 0xC0, 0xC4, 0xC3, 0xC7, 0xC1, 0xC5, 0x62, 0x63, 0xD8})
"""Association, get, set, action, release, and their answers: no notification, no push, no ciphered APDU."""


@asynccontextmanager
async def setting(street: Street, home: Home) -> AsyncIterator[Finding]:
    """A day with the module unplugged; then its gas readings and envelopes are looked for in the store."""
    day = street.today
    before = home.gateway.status().confirmed
    home.module_line.unplugged = True

    async def finding() -> Observation:
        return await _look(street, home, day, before)

    try:
        yield finding
    finally:
        home.module_line.unplugged = False


async def _look(street: Street, home: Home, day: date, before: int) -> Observation:
    home.module_line.unplugged = False
    found: list[str] = []
    if home.gateway.status().confirmed == before:
        found.append("nothing was sent while the module was unplugged")
    hours = await _gas_hours(street, home, day)
    expected = {at: home.gas_meter.index(at) for at in grid(day, HOUR)}
    if hours != expected:
        found.append(f"{len(expected) - len(hours)} gas readings missing while the module was unplugged")
    await street.collect(home, day)
    await street.stored()
    foreign = _foreign_services(home)
    if foreign:
        found.append(f"{len(foreign)} services other than measuring on the module's line")
    detail = "; ".join(found) or (
        f"{len(hours)} gas readings sealed, sent and stored with the module unplugged; "
        f"{len(home.passages)} passages on its line, all of them measuring"
    )
    return Observation(holds=not found, observed=len(expected) + len(home.passages), detail=detail)


async def _gas_hours(street: Street, home: Home, day: date) -> dict[int, int]:
    """The gas index per hour that the store has of the day."""
    await street.stored()
    query = Query(device=home.gas_meter.name, medium=Medium.GAS, first_day=day, last_day=day)
    stored = street.centre.blocks(query)
    if not stored:
        return {}
    block = stored[-1].block
    values = zip(block.times, block.columns[0].values, strict=True)
    return {at: value for at, value in values if value is not None}


def _foreign_services(home: Home) -> set[int]:
    """Tags of APDUs on the module's line that have nothing to do with reading it."""
    tags: set[int] = set()
    for direction in {passage.direction for passage in home.passages}:
        deframer = Deframer()
        octets = b"".join(each.octets for each in home.passages if each.direction is direction)
        for frame in deframer.receive(octets):
            if isinstance(frame, Frame) and frame.information[:3] in _LLC:
                tags.add(frame.information[3])
    return tags - _MEASURING
