"""What a home is like: drawn once from the seed and the number of the home, and kept for ever."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from meterkast.street.homes.chance import Chance, Values

VOLT = 230.0


class Circuit(IntEnum):
    """Where a load hangs in the fuse box; also the column of the wiring."""

    SOCKETS = 0
    KITCHEN = 1
    LAUNDRY = 2
    HEATING = 3
    CAR = 4
    ROOF = 5


class Heating(IntEnum):
    """What warms the home. Every home has a gas connection."""

    BOILER = 0
    HYBRID = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Roof:
    """Solar panels: peak power in watts, tilt from level and azimuth from the south, both in radians."""

    peak: float
    tilt: float
    azimuth: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Car:
    """An electric car that charges at home.

    Attributes:
        charger: power of the charger over all its phases, watts.
        phases: 1 or 3.
        daily_need: energy of an ordinary day's driving, kWh.
    """

    charger: float
    phases: int
    daily_need: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Traits:
    """The lasting character of one home.

    Attributes:
        phases: 1 or 3.
        fuse: main fuse per phase, amperes.
        persons: who live there.
        standby: what is never switched off besides the refrigerator, watts.
        fridge_period: from one start of the refrigerator to the next, seconds.
        rise, leave, back, bed: the habits of a working day, minutes since midnight.
        homework: days of the week (Monday 0) that somebody works at home.
        induction: whether they cook on electricity rather than gas.
        heating: what warms the home.
        loss: heat lost per degree between inside and outside, W/K.
        car: None without an electric car.
        roof: None without solar panels.
        wiring: part of each circuit (row) on each phase (column); rows add up to 1.
    """

    phases: int
    fuse: int
    persons: int
    standby: float
    fridge_period: float
    rise: float
    leave: float
    back: float
    bed: float
    homework: frozenset[int]
    induction: bool
    heating: Heating
    loss: float
    car: Car | None
    roof: Roof | None
    wiring: Values


def draw_traits(chance: Chance) -> Traits:
    """A home out of a Dutch street of some years from now: half have panels, a quarter charge a car."""
    heating = Heating.HYBRID if chance.of("heating").happens(0.25) else Heating.BOILER
    car = _draw_car(chance.of("car"))
    needs_three = (car is not None and car.phases == 3) or heating is Heating.HYBRID
    phases = 3 if needs_three or chance.of("phases").happens(0.35) else 1
    day = chance.of("day")
    return Traits(
        phases=phases,
        fuse=25 if phases == 3 else 35,
        persons=1 + int(4 * chance.of("persons").draw() ** 1.3),
        standby=chance.of("standby").between(40, 150),
        fridge_period=chance.of("fridge").between(2100, 4200),
        rise=day.between(375, 450, 0),
        leave=day.between(470, 530, 1),
        back=day.between(990, 1090, 2),
        bed=day.between(1330, 1415, 3),
        homework=frozenset(weekday for weekday in range(5) if day.happens(0.35, 4 + weekday)),
        induction=heating is Heating.HYBRID or chance.of("kitchen").happens(0.45),
        heating=heating,
        loss=chance.of("loss").between(85, 190),
        car=car,
        roof=_draw_roof(chance.of("roof"), phases),
        wiring=_wire(phases, car, chance.of("wiring")),
    )


def _draw_car(chance: Chance) -> Car | None:
    if not chance.happens(0.27):
        return None
    three = chance.happens(0.55, 1)
    return Car(
        charger=11000.0 if three else 3700.0, phases=3 if three else 1, daily_need=chance.between(4, 13, 2)
    )


def _draw_roof(chance: Chance, phases: int) -> Roof | None:
    if not chance.happens(0.5):
        return None
    return Roof(
        peak=chance.between(2200, 6200 if phases == 3 else 4200, 1),
        tilt=np.radians(chance.between(15, 45, 2)),
        azimuth=np.radians(chance.between(-95, 95, 3)),
    )


def _wire(phases: int, car: Car | None, chance: Chance) -> Values:
    wiring = np.zeros((len(Circuit), 3))
    if phases == 1:
        wiring[:, 0] = 1.0
        return wiring
    first = int(chance.between(0, 3))
    for circuit in Circuit:
        wiring[circuit, (first + circuit) % 3] = 1.0
    cooker = (first + Circuit.KITCHEN) % 3
    wiring[Circuit.KITCHEN, [cooker, (cooker + 1) % 3]] = 0.5  # a perilex socket: two groups of 16 A
    if car is not None and car.phases == 3:
        wiring[Circuit.CAR] = 1 / 3
    wiring.flags.writeable = False
    return wiring
