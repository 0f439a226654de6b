"""The weather over the street: one temperature and one sky for all homes, by season, hour and chance."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np

from meterkast.model.calendar import HOUR
from meterkast.street.homes.chance import Chance, Values
from meterkast.street.homes.minutes import LocalDay, minutes_of
from meterkast.street.homes.sun import SunPath, clear_sky, sun_path

_YEAR = 365.25 * 86400
_COLDEST = 17 * 86400
_HOTTEST_HOUR = 15.5 * 60


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sky:
    """The weather of one local day, minute by minute.

    Attributes:
        temperature: outside air, degrees Celsius.
        cloud: part of the sky that is covered, 0 to 1.
        sun: where it stands.
        direct: irradiance straight from the sun on level ground, W/m2.
        diffuse: irradiance from the rest of the sky on level ground, W/m2.
    """

    temperature: Values
    cloud: Values
    sun: SunPath
    direct: Values
    diffuse: Values


class Weather:
    """The weather of a seed, for any day."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def sky(self, day: date) -> Sky:
        """The weather of one local day. Its columns are shared and read-only."""
        return _sky(self._seed, day)


@lru_cache(maxsize=64)
def _sky(seed: int, day: date) -> Sky:
    minutes = minutes_of(day)
    chance = Chance(seed, "weather")
    cloud = _cloud(minutes, chance)
    sun = sun_path(minutes.instants)
    level = clear_sky(sun.elevation) * (1.0 - 0.75 * cloud**3.4)  # Kasten and Czeplak 1980
    diffuse = level * (0.15 + 0.85 * cloud)
    sky = Sky(
        temperature=_temperature(minutes, chance),
        cloud=cloud,
        sun=sun,
        direct=level - diffuse,
        diffuse=diffuse,
    )
    for column in (sky.temperature, sky.cloud, sky.direct, sky.diffuse):
        column.flags.writeable = False
    return sky


def _cloud(minutes: LocalDay, chance: Chance) -> Values:
    """Fronts of a day and a half, banks of hours, and single clouds of minutes."""
    cover = (
        0.62
        + 0.33 * chance.of("cloud", "front").drift(minutes.instants, 36 * HOUR)
        + 0.17 * chance.of("cloud", "bank").drift(minutes.instants, 4 * HOUR)
        + 0.10 * chance.of("cloud", "single").drift(minutes.instants, 12 * 60)
    )
    return np.clip(cover, 0.0, 1.0)


def _temperature(minutes: LocalDay, chance: Chance) -> Values:
    """De Bilt in rough outline: 3.5 degrees in January, 18 in July, nights colder when clear."""
    season = np.cos(2 * np.pi * ((minutes.instants - _COLDEST) % _YEAR) / _YEAR)
    front = chance.of("cloud", "front").drift(minutes.instants, 36 * HOUR)
    swing: Values = (3.2 - 1.6 * season) * (1.0 - 0.3 * np.tanh(front))
    hour = np.cos(2 * np.pi * (minutes.wall - _HOTTEST_HOUR) / 1440)
    spell = chance.of("spell").drift(minutes.instants, 84 * HOUR)
    ripple = 0.6 * chance.of("ripple").drift(minutes.instants, 5 * HOUR)
    temperature: Values = 10.6 - 7.2 * season + swing * hour + 3.6 * spell + ripple
    return temperature
