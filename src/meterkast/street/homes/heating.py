"""Warmth: what the home needs, what a heat pump takes of it in electricity, and the boiler in gas."""

from dataclasses import dataclass

import numpy as np

from meterkast.street.homes.chance import Chance, Values
from meterkast.street.homes.minutes import LocalDay
from meterkast.street.homes.runs import supper
from meterkast.street.homes.traits import Heating, Traits
from meterkast.street.homes.weather import Sky

LITRES_PER_KWH = 1000 / 9.77
"""Groningen quality gas: 35.17 MJ per cubic metre, gross."""

_INSIDE = 19.0
_AT_NIGHT = 16.5
_FREE_HEAT = 420.0
_BOILER = 0.95
_PUMP_HEAT = 5000.0
_SHOWER = 22_000.0
_BURNER = 2400.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Warmth:
    """Minute by minute: electric watts of the heat pump, litres of gas per minute of boiler and hob."""

    pump: Values
    gas: Values


def warmth(day: LocalDay, traits: Traits, sky: Sky, chance: Chance) -> Warmth:
    """How a home is warmed on a local day, with its hot water and, where it cooks on gas, its supper."""
    need = _need(day, traits, sky)
    share = _pump_share(sky.temperature) if traits.heating is Heating.HYBRID else np.zeros(len(need))
    by_pump = np.minimum(need * share, _PUMP_HEAT)
    performance = np.clip(3.1 + 0.09 * sky.temperature, 1.8, 5.0)
    water = _showers(day, traits, chance.of("water", day.date.toordinal()))
    burner = np.zeros(len(need)) if traits.induction else _hob(day, chance.of("runs"))
    heat = (need - by_pump + water) / _BOILER + burner
    return Warmth(pump=by_pump / performance, gas=heat / 60_000 * LITRES_PER_KWH)


def _need(day: LocalDay, traits: Traits, sky: Sky) -> Values:
    """Degree-minutes: loss to the outside, less what people, appliances and the sun bring in."""
    waking = (day.wall >= traits.rise - 30) & (day.wall < traits.bed - 20)
    wanted = np.where(waking, _INSIDE, _AT_NIGHT)
    gain = _FREE_HEAT + 1.6 * (sky.direct + sky.diffuse)
    return np.maximum(traits.loss * (wanted - sky.temperature) - gain, 0.0)


def _pump_share(temperature: Values) -> Values:
    """A hybrid leaves the cold days to the boiler: all heat above 5 degrees, none below -4."""
    return np.clip((temperature + 4.0) / 9.0, 0.0, 1.0)


def _showers(day: LocalDay, traits: Traits, chance: Chance) -> Values:
    """Watts of heat into hot water: a shower for most people, morning or evening, and the dishes."""
    heat = np.zeros(len(day.wall))
    for person in range(traits.persons):
        morning = chance.happens(0.6, 4 * person)
        wall = traits.rise + chance.between(0, 60, 4 * person + 1) if morning else traits.bed - 60
        first = int(np.argmax(day.wall >= wall))
        heat[first : first + int(chance.between(4, 9, 4 * person + 2))] += _SHOWER
    after_supper = int(np.argmax(day.wall >= 1150))
    heat[after_supper : after_supper + 2] += _SHOWER / 2
    return heat


def _hob(day: LocalDay, runs: Chance) -> Values:
    heat = np.zeros(len(day.wall))
    meal = supper(day, runs.of(day.date.toordinal(), "cooking"))
    if meal is not None:
        start, minutes = meal
        first = (start - day.start) // 60
        heat[first : first + minutes] = _BURNER
    return heat
