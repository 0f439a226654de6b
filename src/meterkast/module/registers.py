"""The registers of the module: what they stood at when it was installed, and what they stand at now."""

from collections.abc import Mapping
from hashlib import sha256

from meterkast.model.obis import Obis
from meterkast.module.measuring import Energy, EnergyMeter

WATT_HOUR = 3600

IMPORT = Obis(1, 0, 1, 8, 0)
IMPORT_LOW = Obis(1, 0, 1, 8, 1)
IMPORT_NORMAL = Obis(1, 0, 1, 8, 2)
EXPORT = Obis(1, 0, 2, 8, 0)
EXPORT_LOW = Obis(1, 0, 2, 8, 1)
EXPORT_NORMAL = Obis(1, 0, 2, 8, 2)

_TEST_BENCH = {
    IMPORT_LOW: (700, 900),
    IMPORT_NORMAL: (1100, 1900),
    EXPORT_LOW: (0, 40),
    EXPORT_NORMAL: (0, 90),
}
"""Where the factory's test bench may leave the counters: least and spread, watt-hours."""


class Registers:
    """Energy registers in whole watt-hours.

    Each rate is cut to whole watt-hours by itself, and a total is the sum of its two rates.
    """

    def __init__(self, meter: EnergyMeter, name: str) -> None:
        """Starts where the factory left the module called ``name``."""
        self._meter = meter
        self._start = _left_by_factory(name)

    def at(self, at: int) -> Mapping[Obis, int]:
        """All six registers at an instant (Unix seconds), watt-hours."""
        energy = self._meter.energy(at)
        counted = {
            obis: self._start[obis] + watt_seconds // WATT_HOUR for obis, watt_seconds in _counters(energy)
        }
        return {
            IMPORT: counted[IMPORT_LOW] + counted[IMPORT_NORMAL],
            EXPORT: counted[EXPORT_LOW] + counted[EXPORT_NORMAL],
            **counted,
        }


def _counters(energy: Energy) -> tuple[tuple[Obis, int], ...]:
    return (
        (IMPORT_LOW, energy.import_low),
        (IMPORT_NORMAL, energy.import_normal),
        (EXPORT_LOW, energy.export_low),
        (EXPORT_NORMAL, energy.export_normal),
    )


def _left_by_factory(name: str) -> Mapping[Obis, int]:
    digest = sha256(name.encode("ascii")).digest()
    return {
        obis: least + int.from_bytes(digest[4 * place : 4 * place + 4], "big") % (spread + 1)
        for place, (obis, (least, spread)) in enumerate(_TEST_BENCH.items())
    }
