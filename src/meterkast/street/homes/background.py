"""What goes on all day: standby, the refrigerator, light, and whatever people have switched on."""

import numpy as np

from meterkast.street.homes.chance import Chance, Values
from meterkast.street.homes.minutes import LocalDay
from meterkast.street.homes.traits import Traits
from meterkast.street.homes.weather import Sky

_FRIDGE_WATTS = 95.0
_FRIDGE_DUTY = 0.32
_DUSK = 90.0


def presence(day: LocalDay, traits: Traits, chance: Chance) -> Values:
    """1 for the minutes in which somebody is home and awake, else 0."""
    today = chance.of(day.date.toordinal())
    late = 55 if day.weekend else 0
    awake = (day.wall >= traits.rise + late + today.between(-15, 15, 0)) & (
        day.wall < traits.bed + late / 2 + today.between(-15, 15, 1)
    )
    at_home = day.date.weekday() in traits.homework or today.happens(0.6 if day.weekend else 0.1, 2)
    out = (day.wall >= traits.leave + late) & (day.wall < traits.back + today.between(-25, 40, 3))
    return np.where(awake & ~(out & (not at_home)), 1.0, 0.0)


def background(day: LocalDay, traits: Traits, sky: Sky, chance: Chance) -> Values:
    """Watts on the sockets, minute by minute."""
    active = presence(day, traits, chance.of("presence"))
    busy = 1.0 + 0.45 * chance.of("busy").drift(day.instants, 25 * 60)
    dark = np.clip(1.0 - (sky.direct + sky.diffuse) / _DUSK, 0.0, 1.0)
    people = active * np.clip(busy, 0.2, None) * (55.0 + 45.0 * traits.persons)
    light = active * dark * (35.0 + 20.0 * traits.persons)
    return traits.standby + _fridge(day, traits) + people + light


def _fridge(day: LocalDay, traits: Traits) -> Values:
    phase = (day.instants % traits.fridge_period) / traits.fridge_period
    return np.where(phase < _FRIDGE_DUTY, _FRIDGE_WATTS, 2.0)
