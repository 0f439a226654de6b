"""What runs for a while and stops: cooking, kettle, washing, car. A run may cross midnight."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from meterkast.street.homes.chance import Chance, Values
from meterkast.street.homes.minutes import LocalDay
from meterkast.street.homes.traits import Circuit, Traits

_DISHWASHER = np.repeat([2050.0, 90.0, 2050.0, 70.0], [18, 25, 14, 20])
_WASHING = np.repeat([2150.0, 180.0, 420.0], [16, 50, 9])
_DRYER = np.repeat([720.0], [75])
_KETTLE = np.repeat([2000.0], [3])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Run:
    """One appliance from switching on to off: watts per minute from ``start`` (Unix seconds) on."""

    circuit: Circuit
    start: int
    watts: Values


def runs_of(day: LocalDay, traits: Traits, chance: Chance) -> Iterator[Run]:
    """Everything that is switched on during a local day by the people of a home."""
    today = chance.of(day.date.toordinal())
    yield from _cooking(day, traits, today.of("cooking"))
    yield from _kettle(day, traits, today.of("kettle"))
    yield from _cleaning(day, traits, today.of("cleaning"))
    yield from _charging(day, traits, today.of("charging"))


def supper(day: LocalDay, chance: Chance) -> tuple[int, int] | None:
    """When supper is cooked, as start (Unix seconds) and minutes; None when they eat elsewhere.

    ``chance`` is that of the day's cooking, whatever the cooking is done on.
    """
    if chance.happens(0.1):
        return None
    begin = chance.between(1035, 1125, 1) + (30 if day.weekend else 0)
    return day.instant(begin), int(chance.between(22, 50, 2))


def _cooking(day: LocalDay, traits: Traits, chance: Chance) -> Iterator[Run]:
    meal = supper(day, chance)
    if meal is None:
        return
    start, minutes = meal
    heat = 900.0 + 250.0 * traits.persons if traits.induction else 140.0
    pulses = chance.of("pulse").draws(np.arange(minutes, dtype=np.int64)) < 0.6
    yield Run(circuit=Circuit.KITCHEN, start=start, watts=np.where(pulses, heat * 1.4, heat * 0.25))


def _kettle(day: LocalDay, traits: Traits, chance: Chance) -> Iterator[Run]:
    for cup in range(1 + traits.persons):
        wall = chance.between(traits.rise, traits.leave) if cup == 0 else chance.between(600, 1290, cup)
        yield Run(circuit=Circuit.KITCHEN, start=day.instant(wall), watts=_KETTLE)


def _cleaning(day: LocalDay, traits: Traits, chance: Chance) -> Iterator[Run]:
    if chance.happens(0.2 + 0.12 * traits.persons, 0):
        start = day.instant(chance.between(1140, 1320, 1))
        yield Run(circuit=Circuit.KITCHEN, start=start, watts=_DISHWASHER)
    if chance.happens((0.3 if day.weekend else 0.12) + 0.08 * traits.persons, 2):
        start = day.instant(chance.between(540, 1200, 3))
        yield Run(circuit=Circuit.LAUNDRY, start=start, watts=_WASHING)
        if chance.happens(0.4, 4):
            yield Run(circuit=Circuit.LAUNDRY, start=start + 60 * (len(_WASHING) + 10), watts=_DRYER)


def _charging(day: LocalDay, traits: Traits, chance: Chance) -> Iterator[Run]:
    car = traits.car
    if car is None or not chance.happens(0.35 if day.weekend else 0.7):
        return
    need = car.daily_need * chance.between(0.6, 2.2, 1)
    start = day.instant(traits.back + chance.between(-30, 150, 2))
    minutes = max(5, round(need * 60_000 / car.charger))
    yield Run(circuit=Circuit.CAR, start=start, watts=np.full(minutes, car.charger))
