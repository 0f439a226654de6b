"""What the panels on a roof give."""

import numpy as np

from meterkast.street.homes.chance import Chance, Values
from meterkast.street.homes.minutes import LocalDay
from meterkast.street.homes.traits import Roof
from meterkast.street.homes.weather import Sky

_SYSTEM = 0.87
_INVERTER = 0.9
_LOW_SUN = np.sin(np.radians(4.0))


def solar(day: LocalDay, roof: Roof, sky: Sky, chance: Chance) -> Values:
    """Watts fed in, minute by minute: the street's sky on this roof, with its own small clouds and shade."""
    height = np.sin(sky.sun.elevation)
    incidence = height * np.cos(roof.tilt) + np.cos(sky.sun.elevation) * np.sin(roof.tilt) * np.cos(
        sky.sun.azimuth - roof.azimuth
    )
    beam = sky.direct * np.clip(incidence, 0.0, None) / np.maximum(height, _LOW_SUN)
    on_roof = beam + sky.diffuse * (1.0 + np.cos(roof.tilt)) / 2
    own = np.clip(1.0 + 0.08 * chance.drift(day.instants, 5 * 60), 0.7, 1.15)
    warm = 1.0 - 0.004 * (sky.temperature + 0.025 * on_roof - 25.0)
    given: Values = roof.peak * on_roof / 1000 * own * warm * _SYSTEM
    return np.minimum(given, roof.peak * _INVERTER)
