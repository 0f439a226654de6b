"""The digital meter: measures and shows, and has nothing with which it could tell anybody far away.

Who does not want to be read from afar may choose it. Its readings are read off its display, by the household.
"""

from collections.abc import Mapping

from meterkast.model.obis import Obis
from meterkast.module.module import Module


class DigitalMeter:
    """A measurement module with a display. There is no gateway, no line, no key of an operator."""

    def __init__(self, module: Module) -> None:
        self._module = module

    @property
    def name(self) -> str:
        """What is printed on it."""
        return self._module.name

    def display(self) -> Mapping[Obis, int]:
        """What its display shows at this moment: import and export apart, per rate and in total, in Wh."""
        return self._module.registers(self._module.now())
