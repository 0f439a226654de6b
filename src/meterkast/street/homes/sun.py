"""Where the sun stands over the middle of the Netherlands, and what it would give through a clear sky."""

from dataclasses import dataclass

import numpy as np

from meterkast.street.homes.chance import Instants, Values

LATITUDE = np.radians(52.1)
LONGITUDE = 5.2
_J2000 = 946_728_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SunPath:
    """Elevation above the horizon and azimuth from the south, west positive; both in radians."""

    elevation: Values
    azimuth: Values


def sun_path(instants: Instants) -> SunPath:
    """The low-precision formula of the Astronomical Almanac: within a hundredth of a degree until 2050."""
    days = (instants - _J2000) / 86400.0
    anomaly = np.radians(357.529 + 0.98560028 * days)
    longitude = np.radians(
        280.459 + 0.98564736 * days + 1.915 * np.sin(anomaly) + 0.020 * np.sin(2 * anomaly)
    )
    obliquity = np.radians(23.439)
    ascension = np.arctan2(np.cos(obliquity) * np.sin(longitude), np.cos(longitude))
    declination = np.arcsin(np.sin(obliquity) * np.sin(longitude))
    sidereal = np.radians((18.697375 + 24.065709824279 * days) * 15.0 + LONGITUDE)
    hour = sidereal - ascension
    elevation = np.arcsin(
        np.sin(LATITUDE) * np.sin(declination) + np.cos(LATITUDE) * np.cos(declination) * np.cos(hour)
    )
    azimuth = np.arctan2(
        np.sin(hour), np.cos(hour) * np.sin(LATITUDE) - np.tan(declination) * np.cos(LATITUDE)
    )
    return SunPath(elevation=elevation, azimuth=azimuth)


def clear_sky(elevation: Values) -> Values:
    """Irradiance on level ground under a clear sky, W/m2 (Haurwitz 1945); 0 while the sun is down."""
    height = np.maximum(np.sin(elevation), 1e-3)
    return np.where(elevation > 0, 1098.0 * height * np.exp(-0.057 / height), 0.0)
