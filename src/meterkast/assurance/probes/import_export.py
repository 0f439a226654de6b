"""Are import and export counted apart? Put the home's module and a digital meter on a bench that does both.

Then the blocks of the home in the store are compared with its registers, both directions.
"""

from collections.abc import Mapping

from meterkast.assurance.evidence import Observation
from meterkast.assurance.probes.bench import GIVEN_WATTS, TAKEN_WATTS, BenchClock, BenchSupply
from meterkast.assurance.workbench import Workbench
from meterkast.mdm.access import Query
from meterkast.model.block import Medium
from meterkast.model.obis import Obis
from meterkast.module.module import Module
from meterkast.outside.entropy import system_entropy
from meterkast.protocols.dlms.apdu import AttributeDescriptor
from meterkast.protocols.dlms.event import Result
from meterkast.street.home import Home
from meterkast.street.street import Street

_IMPORT, _EXPORT = Obis(1, 0, 1, 8, 0), Obis(1, 0, 2, 8, 0)
_HOUR, _HOURS = 3600, 4
_ROUNDED = 2
"""A total is the sum of two rates, each cut to whole watt-hours."""
_KEY = 32


async def look(street: Street, home: Home) -> Observation:
    """Four hours on the bench, read over the line and off the display; then the store."""
    start = int(street.clock.now()) // _HOUR * _HOUR - 2 * _HOURS * _HOUR
    wanted = {_IMPORT: TAKEN_WATTS * _HOURS // 2, _EXPORT: GIVEN_WATTS * _HOURS // 2}
    found: list[str] = []
    looked = 0
    for meter, counted in (
        ("module", await _on_the_line(home, start)),
        ("digital meter", _on_the_display(home, start)),
    ):
        for register, amount in wanted.items():
            looked += 1
            if abs(counted[register] - amount) > _ROUNDED:
                found.append(f"the {meter} counted {counted[register]} Wh in {register}, not {amount}")
    compared, wrong = _in_the_store(street, home)
    if wrong:
        found.append(f"{wrong} of {compared} stored values differ from the registers of the supply")
    detail = "; ".join(found) or (
        f"on the bench {wanted[_IMPORT]} Wh taken and {wanted[_EXPORT]} Wh given were counted apart by "
        f"module and digital meter; {compared} stored values of both directions are those of the home"
    )
    return Observation(holds=not found, observed=looked + compared, detail=detail)


async def _on_the_line(home: Home, start: int) -> Mapping[Obis, int]:
    clock, key = BenchClock(start), system_entropy(_KEY)
    settings = home.module_settings(home.address.household.vendor, start, key)
    module = home.parts.module(settings, BenchSupply(home), clock)
    before = await _read(module, key)
    clock.at = start + _HOURS * _HOUR
    after = await _read(module, key)
    return {register: after[register] - before[register] for register in after}


async def _read(module: Module, key: bytes) -> Mapping[Obis, int]:
    values = {}
    async with Workbench(module, key) as bench:
        for register in (_IMPORT, _EXPORT):
            answer = await bench.ask(bench.client.get(AttributeDescriptor(3, register, 2)))
            assert isinstance(answer, Result)
            assert isinstance(answer.data.value, int)
            values[register] = answer.data.value
    return values


def _on_the_display(home: Home, start: int) -> Mapping[Obis, int]:
    clock = BenchClock(start)
    settings = home.module_settings(home.address.household.vendor, start, system_entropy(_KEY))
    meter = home.parts.digital_meter(settings, BenchSupply(home), clock)
    before = meter.display()
    clock.at = start + _HOURS * _HOUR
    after = meter.display()
    return {register: after[register] - before[register] for register in (_IMPORT, _EXPORT)}


def _in_the_store(street: Street, home: Home) -> tuple[int, int]:
    """How many stored values there are, and how many differ from what the home took and gave."""
    compared = wrong = 0
    for stored in street.centre.blocks(Query(device=home.module.name, medium=Medium.ELECTRICITY)):
        for column in stored.block.columns:
            direction = 1 if column.obis == _IMPORT else -1
            for begin, end, change in zip(
                stored.block.times, stored.block.times[1:], column.differences(), strict=False
            ):
                watts = home.supply.power(begin, end).sum(axis=1) * direction
                amount = int(watts.clip(0).sum()) // 60
                if change is not None:
                    compared += 1
                    wrong += abs(change - amount) > _ROUNDED
    return compared, wrong
