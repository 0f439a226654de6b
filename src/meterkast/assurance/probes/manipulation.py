"""Are manipulated readings noticed? Have the module lie for a day, and see what the store says of it.

Then every kind of lie is told about every home, and it is counted which the rules notice and which not.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date, timedelta

from meterkast.assurance.evidence import Observation
from meterkast.assurance.probe import Finding
from meterkast.assurance.probes.lies import LIES, MUST_BE_NOTICED, UNNOTICED
from meterkast.mdm.access import Query
from meterkast.mdm.plausibility import BALANCE_TOLERANCE, imbalance, is_replayed, is_stuck
from meterkast.mdm.validation import Expectation, validate
from meterkast.model.block import Column, Medium, MeterDayBlock
from meterkast.model.calendar import HOUR, QUARTER, day_bounds, day_start, grid
from meterkast.model.obis import Obis
from meterkast.model.quality import Flag
from meterkast.model.unit import Unit
from meterkast.module.module import Module
from meterkast.street.feeder import feeder_energy
from meterkast.street.home import Home
from meterkast.street.parts import Parts
from meterkast.street.street import Street
from meterkast.street.tamper import tamper

Days = tuple[MeterDayBlock, MeterDayBlock]
"""A home's day before, and its day."""

_REGISTERS = (Obis(1, 0, 1, 8, 0), Obis(1, 0, 2, 8, 0))


@asynccontextmanager
async def setting(street: Street, home: Home) -> AsyncIterator[Finding]:
    """A day on which the module's registers are halved at noon."""
    day = street.today
    noon = sum(day_bounds(day)) // 2
    module = home.module

    def lie(at: int, registers: Mapping[Obis, int]) -> Mapping[Obis, int]:
        return {name: value // 2 if at >= noon else value for name, value in registers.items()}

    tamper(module, lie)

    async def finding() -> Observation:
        told = [module.registers(at)[_REGISTERS[0]] for at in grid(day, QUARTER)]
        tamper(module, None)
        return _look(street, home, day, told)

    try:
        yield finding
    finally:
        tamper(module, None)


def _look(street: Street, home: Home, day: date, told: Sequence[int]) -> Observation:
    query = Query(device=home.module.name, first_day=day, last_day=day)
    stored = [each.block for each in street.centre.blocks(query)]
    found: list[str] = []
    if not any(Flag.REGISTER_DECREASED in block.flags for block in stored):
        found.append("the lie on the running chain was stored without a flag")
    if not any(list(block.columns[0].values) == list(told) for block in stored):
        found.append("the lie was not stored as it was told")
    homes = [each for each in street.homes if type(each.parts) is Parts] or [home]
    days = [_days(street, each) for each in homes]
    noticed = {name: _noticed(homes, days, name) for name in LIES}
    missed = [name for name in MUST_BE_NOTICED if noticed[name] < len(homes)]
    found += [f"{name}: noticed in {noticed[name]} of {len(homes)} homes" for name in missed]
    together = _balance(homes, days)
    detail = "; ".join(found) or (
        "on the chain: registers halved at noon, stored as told and flagged REG_DECR; by the rules, homes of "
        f"{len(homes)}: {', '.join(f'{name} {count}' for name, count in noticed.items())}; "
        f"by the balance of the street where one home does it: {together}"
    )
    return Observation(holds=not found, observed=len(stored) + len(homes) * len(LIES), detail=detail)


def _noticed(homes: Sequence[Home], days: Sequence[Days], lie: str) -> int:
    """In how many homes the rules notice this lie, each home on its own."""
    count = 0
    for home, (before, true) in zip(homes, days, strict=True):
        told = LIES[lie](true, before)
        household = home.address.household
        expected = Expectation(interval_data=True, phases=household.phases, ampere=household.fuse)
        count += bool(validate(told, expected).flags) or is_stuck(told, before) or is_replayed(told, [before])
    return count


def _balance(homes: Sequence[Home], days: Sequence[Days]) -> str:
    """Which lies the cable gives away: told by one home, and told by all."""
    feeder = feeder_energy(homes, *day_bounds(days[0][1].day))
    truth = [true for _, true in days]
    said = []
    for name in UNNOTICED:
        lies = [LIES[name](true, before) for before, true in days]
        alone = sum(
            _is_off([*truth[:liar], lies[liar], *truth[liar + 1 :]], feeder) for liar in range(len(homes))
        )
        said.append(
            f"{name} {alone} ({'noticed' if _is_off(lies, feeder) else 'not noticed'} where all do it)"
        )
    return ", ".join(said)


def _is_off(blocks: Sequence[MeterDayBlock], feeder: int) -> bool:
    return abs(imbalance(blocks, feeder)) > BALANCE_TOLERANCE


def _days(street: Street, home: Home) -> Days:
    """Two whole days as a module measures this home, with nothing changed."""
    first = street.settings.start
    vendor = home.address.household.vendor
    module = home.new_module(vendor, day_start(first) - HOUR, spare=True).module
    return _true_block(module, first), _true_block(module, first + timedelta(days=1))


def _true_block(module: Module, day: date) -> MeterDayBlock:
    times = grid(day, QUARTER)
    registers = [module.registers(at) for at in times]
    return MeterDayBlock(
        device=module.name,
        medium=Medium.ELECTRICITY,
        day=day,
        times=times,
        columns=tuple(
            Column(obis=name, unit=Unit.WATT_HOUR, scaler=0, values=tuple(each[name] for each in registers))
            for name in _REGISTERS
        ),
        status=(0,) * len(times),
    )
