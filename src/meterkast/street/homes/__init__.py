"""The homes of a street and the weather above them: pure functions of a seed, the home's number and the time.

Nothing here is a measurement. A value depends on no other call, so that any window of time, asked for in any
order or size, says the same.
"""

from meterkast.street.homes.household import Household, homes
from meterkast.street.homes.weather import Weather

__all__ = ["Household", "Weather", "homes"]
