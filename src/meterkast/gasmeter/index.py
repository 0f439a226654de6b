"""The register of the gas meter: flow, added up exactly."""

from collections.abc import Iterable
from typing import Protocol

from meterkast.model.errors import LocalError

STEP = 300
_DAY = 86400
_MILLILITRES = 1000
_CAPACITY = 10**8
"""Litres at which the eight digits of the register roll over."""


class Flow(Protocol):
    """What the household burns, a pure function of time."""

    def __call__(self, start: int, end: int, step: int = STEP) -> Iterable[float]:
        """Litres in each ``step`` seconds from ``start`` to ``end`` (Unix seconds)."""
        ...


class Index:
    """Litres since the start, known every five minutes and asked of the flow once.

    Each step is rounded to a millilitre and then added as an integer, so that the index does not depend on
    when and how often it was read.
    """

    def __init__(self, flow: Flow, start: int, start_index: int) -> None:
        self._flow = flow
        self._start = start
        self._millilitres = [start_index * _MILLILITRES]

    def at(self, at: int) -> int:
        """Litres on the register at the last whole five minutes.

        Raises:
            LocalError: ``gasmeter-before-start``, or ``gasmeter-flow-wrong`` where the flow runs back or does
                not give one value per step.
        """
        if at < self._start:
            raise LocalError("gasmeter-before-start", "The gas meter was not there yet.")
        step = (at - self._start) // STEP
        while len(self._millilitres) <= step:
            self._extend(min(step + 1 - len(self._millilitres), _DAY // STEP))
        return self._millilitres[step] // _MILLILITRES % _CAPACITY

    def _extend(self, steps: int) -> None:
        begin = self._start + (len(self._millilitres) - 1) * STEP
        added = [round(litres * _MILLILITRES) for litres in self._flow(begin, begin + steps * STEP, STEP)]
        if len(added) != steps or min(added) < 0:
            raise LocalError(
                "gasmeter-flow-wrong", "A gas flow gives one value per step and never runs back."
            )
        for millilitres in added:
            self._millilitres.append(self._millilitres[-1] + millilitres)
