"""A screwdriver: makes a module tell something else than it measured, as a thief or a worm would."""

from collections.abc import Callable, Mapping
from typing import Any

from meterkast.model.obis import Obis
from meterkast.module.module import Module

Lie = Callable[[int, Mapping[Obis, int]], Mapping[Obis, int]]
"""What is told instead, from the instant (Unix seconds) and the registers as measured (Wh)."""


def tamper(module: Module, lie: Lie | None) -> None:
    """Has the module tell this lie from now on, about all times and in everything it shows; None ends it.

    A lie told again replaces the one before. It reaches into the module with force: nothing in there is
    made for it.
    """
    registers: Any = module._registers
    vars(registers).pop("at", None)
    if lie is not None:
        genuine: Callable[[int], Mapping[Obis, int]] = registers.at
        registers.at = lambda at: lie(at, genuine(at))
