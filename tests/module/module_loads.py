"""Loads with known answers and modules that measure them, for tests of the module."""

import numpy as np
from numpy.typing import NDArray

from meterkast.model.calendar import QUARTER
from meterkast.module.measuring import Load
from meterkast.module.module import Module
from meterkast.module.settings import ModuleSettings
from meterkast.module.vendor import VendorProfile
from meterkast.outside.clock import ScaledClock

PAIRING_KEY = bytes(range(32))
SERIAL = 5_000_000_000_017


class Steady:
    """The same watts on each phase at any time."""

    def __init__(self, *watts: int) -> None:
        self._watts = watts

    def power(self, start: int, end: int, step: int = 60) -> NDArray[np.int64]:
        return np.tile(np.array(self._watts, dtype=np.int64), ((end - start) // step, 1))


class Swinging:
    """Between 6 kW taken and 4 kW given, another value every minute."""

    def power(self, start: int, end: int, step: int = 60) -> NDArray[np.int64]:
        assert step == 60
        minutes = np.arange(start // 60, end // 60, dtype=np.int64)
        first = minutes * 7919 % 10_001 - 4000
        second = minutes * 104_729 % 301 - 150
        return np.stack([first, second, minutes % 2], axis=1)


def make_module(
    *,
    vendor: str | VendorProfile = "KFM",
    installed_at: int = 1_774_000_800,
    now: int = 1_774_000_800 + 12 * 96 * QUARTER + 61,
    phases: int = 3,
    load: Load | None = None,
) -> Module:
    """A module whose clock stands still at ``now``."""
    settings = ModuleSettings(
        profile=VendorProfile.load(vendor) if isinstance(vendor, str) else vendor,
        serial=SERIAL,
        phases=phases,
        pairing_key=PAIRING_KEY,
        installed_at=installed_at,
    )
    return Module(settings, load or Swinging(), ScaledClock(now, speed=0))
