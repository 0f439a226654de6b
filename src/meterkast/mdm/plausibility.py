"""Plausibility beyond one block: against the meter's own past, and against the cable that feeds the street.

A suspicion is a reason to look, not a verdict, and changes no value. What no rule here and in ``validation``
can see is a lie that stays small, plausible and alone: one meter that tells 5 % less looks like a thrifty
household.
"""

from collections.abc import Iterable, Sequence
from itertools import chain

from meterkast.model.block import Column, Medium, MeterDayBlock
from meterkast.model.unit import Unit

BALANCE_TOLERANCE = 0.02
"""Of all energy that passed the meters in either direction: what may be missing without a suspicion."""


def is_stuck(block: MeterDayBlock, before: MeterDayBlock) -> bool:
    """Whether no register moved all day, though at least one did the day before (V11)."""
    return not _moved(block) and _moved(before)


def is_replayed(block: MeterDayBlock, earlier: Iterable[MeterDayBlock]) -> bool:
    """Whether the day repeats an earlier one, interval for interval, to the last digit."""
    steps = _steps(block)
    return _moved(block) and any(_steps(other) == steps for other in earlier)


def imbalance(blocks: Sequence[MeterDayBlock], feeder: int) -> float:
    """What the meters of a street leave unexplained of what its cable brought in, as a share (V18).

    Args:
        blocks: electricity of one day, a block for each meter on the cable.
        feeder: net energy that came through the cable that day, Wh.

    Returns:
        The difference over everything that passed the meters in either direction; suspicious beyond
        ``BALANCE_TOLERANCE`` on either side. Positive where meters tell too little.
    """
    taken = sum(_total(block, 1) for block in blocks)
    given = sum(_total(block, 2) for block in blocks)
    return (feeder - (taken - given)) / max(taken + given, 1)


def _total(block: MeterDayBlock, direction: int) -> int:
    columns = (column for column in block.columns if (column.obis.c, column.obis.e) == (direction, 0))
    return sum(step or 0 for step in chain.from_iterable(column.differences() for column in columns))


def _moved(block: MeterDayBlock) -> bool:
    return any(step for steps in _steps(block) for step in steps)


def _steps(block: MeterDayBlock) -> list[tuple[int | None, ...]]:
    return [tuple(column.differences()) for column in _registers(block)]


def _registers(block: MeterDayBlock) -> Iterable[Column]:
    unit = Unit.WATT_HOUR if block.medium is Medium.ELECTRICITY else Unit.CUBIC_METRE
    return (column for column in block.columns if column.unit is unit)
