"""Everything the module can show, by the words that vendor profiles use."""

from collections.abc import Callable, Mapping

from meterkast.model.calendar import QUARTER
from meterkast.model.errors import DataError
from meterkast.module.events import EventLog
from meterkast.module.measuring import EnergyMeter, PhaseReading
from meterkast.module.quarters import LoadProfile
from meterkast.module.registers import (
    EXPORT,
    EXPORT_LOW,
    EXPORT_NORMAL,
    IMPORT,
    IMPORT_LOW,
    IMPORT_NORMAL,
    Registers,
)
from meterkast.module.settings import ModuleSettings
from meterkast.module.tariff import rate_at

Shown = int | float | str
Reading = Callable[[int], Shown]

REGISTERS = {
    "import": IMPORT,
    "import-low": IMPORT_LOW,
    "import-normal": IMPORT_NORMAL,
    "export": EXPORT,
    "export-low": EXPORT_LOW,
    "export-normal": EXPORT_NORMAL,
}


class Display:
    """Gives values at an instant: numbers in base units (Wh, V, A, W), or text."""

    def __init__(
        self,
        settings: ModuleSettings,
        *,
        registers: Registers,
        meter: EnergyMeter,
        profile: LoadProfile,
        events: EventLog,
    ) -> None:
        self._meter = meter
        self._readings: Mapping[str, Reading] = {
            "serial": lambda _: f"{settings.serial:013d}",
            "model": lambda _: settings.profile.model,
            "firmware": lambda _: settings.profile.firmware,
            "rate": lambda at: f"{rate_at(at):04d}",
            "profile-status": lambda at: int(profile.status(at - at % QUARTER)),
            "last-event": lambda _: int(events.last),
            "error-register": lambda _: 0,
            "power": self._power,
            "power-import": lambda at: max(self._power(at), 0),
            "power-export": lambda at: max(-self._power(at), 0),
            **{word: _register(registers, word) for word in REGISTERS},
            **{word: reading for number in (1, 2, 3) for word, reading in self._phase_readings(number)},
        }

    def reading(self, word: str) -> Reading:
        """What gives the value behind a word, for any instant in Unix seconds.

        Raises:
            DataError: ``module-profile-malformed`` for a word that the module does not know.
        """
        reading = self._readings.get(word)
        if reading is None:
            raise DataError("module-profile-malformed", "The module shows no such thing.", where=word)
        return reading

    def _power(self, at: int) -> int:
        return sum(phase.power for phase in self._meter.phases(at))

    def _phase_readings(self, number: int) -> tuple[tuple[str, Reading], ...]:
        def phase(at: int) -> PhaseReading:
            return self._meter.phases(at)[number - 1]

        return (
            (f"voltage-{number}", lambda at: phase(at).voltage),
            (f"current-{number}", lambda at: phase(at).current),
            (f"power-import-{number}", lambda at: max(phase(at).power, 0)),
            (f"power-export-{number}", lambda at: max(-phase(at).power, 0)),
        )


def _register(registers: Registers, word: str) -> Reading:
    return lambda at: registers.at(at)[REGISTERS[word]]
