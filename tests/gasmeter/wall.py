"""A gas meter on the wall, for the tests."""

import itertools
from collections.abc import Iterator

from meterkast.gasmeter.index import STEP
from meterkast.gasmeter.meter import GasMeter
from meterkast.gasmeter.settings import GasMeterSettings

START = 1_767_225_600
HOUR = 3600
KEY = bytes(range(16))
EQUIPMENT = "G0042000012345626"
SETTINGS = GasMeterSettings(
    identification="12345678", user_key=KEY, equipment=EQUIPMENT, start=START, start_index=5_000_000
)


def flow(start: int, end: int, step: int = STEP) -> Iterator[float]:
    """Between 0 and 7.4 litres, different in every step, and the same whoever asks."""
    return ((at // step * 37 % 75) / 10 + 0.0004 for at in range(start, end, step))


def no_flow(start: int, end: int, step: int = STEP) -> list[float]:
    """Breaks its promise: gives no value for any step."""
    return []


def a_meter() -> GasMeter:
    """The meter with a frame counter from 1."""
    return GasMeter(SETTINGS, flow, itertools.count(1).__next__)
