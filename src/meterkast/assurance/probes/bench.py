"""A test bench: a clock that stands where it is put, and a load of which every watt is known."""

import numpy as np

from meterkast.street.home import Home
from meterkast.street.homes.household import Integers
from meterkast.street.supply import Supply

TAKEN_WATTS, GIVEN_WATTS = 1200, 900


class BenchClock:
    """Stands still until somebody puts it elsewhere."""

    def __init__(self, at: int) -> None:
        self.at = at

    def now(self) -> float:
        """Where it stands."""
        return self.at

    async def sleep_until(self, at: float) -> None:
        """Nobody sleeps on a bench."""
        self.at = int(at)


class BenchSupply(Supply):
    """Takes from the grid for a minute, gives to it for a minute, and so on: one direction at a time."""

    def __init__(self, home: Home) -> None:
        super().__init__(home.address.household)

    def power(self, start: int, end: int, step: int = 60) -> Integers:
        """As ``Supply.power``: all on the first phase."""
        minutes = np.arange(start // 60, end // 60, dtype=np.int64)
        watts = np.where(minutes % 2 == 0, TAKEN_WATTS, -GIVEN_WATTS)
        means = watts.reshape(-1, step // 60).mean(axis=1).astype(np.int64)
        return np.stack([means, means * 0, means * 0], axis=1)
