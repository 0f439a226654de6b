"""Ways to lie about a day of electricity, applied to a block as the meter would have told it."""

from collections.abc import Callable
from dataclasses import replace

from meterkast.model.block import Column, MeterDayBlock

Lie = Callable[[MeterDayBlock, MeterDayBlock], MeterDayBlock]
"""The day as it is told instead, from the true day and the true day before."""

Values = tuple[int | None, ...]
_BACK, _TOO_MUCH = 10_000, 1_000_000


def _each(change: Callable[[Column, Column], Values]) -> Lie:
    def lie(block: MeterDayBlock, before: MeterDayBlock) -> MeterDayBlock:
        told = tuple(
            replace(column, values=change(column, earlier))
            for column, earlier in zip(block.columns, before.columns, strict=True)
        )
        return replace(block, columns=told)

    return lie


def _from_noon(change: Callable[[int], int]) -> Lie:
    def values(column: Column, _before: Column) -> Values:
        noon = len(column.values) // 2
        return tuple(
            value if value is None or place < noon else change(value)
            for place, value in enumerate(column.values)
        )

    return _each(values)


def _scaled(percent: int) -> Lie:
    def values(column: Column, _before: Column) -> Values:
        first = column.values[0] or 0
        return tuple(
            None if value is None else first + (value - first) * percent // 100 for value in column.values
        )

    return _each(values)


def _frozen_from_noon(column: Column, _before: Column) -> Values:
    noon = len(column.values) // 2
    return (*column.values[:noon], *(column.values[noon],) * (len(column.values) - noon))


def _replayed(column: Column, before: Column) -> Values:
    """Yesterday's intervals on today's first value."""
    value = column.values[0] or 0
    values = [value]
    for step in before.differences():
        value += step or 0
        values.append(value)
    return tuple(values)


LIES: dict[str, Lie] = {
    "set back by 10 kWh at noon": _from_noon(lambda value: value - _BACK),
    "halved from noon": _from_noon(lambda value: value // 2),
    "frozen all day": _each(lambda column, _: (column.values[0],) * len(column.values)),
    "yesterday told again": _each(_replayed),
    "1 MWh more at noon": _from_noon(lambda value: value + _TOO_MUCH),
    "afternoon left out": _each(
        lambda column, _: tuple(
            value if place < len(column.values) // 2 else None for place, value in enumerate(column.values)
        )
    ),
    "frozen from noon": _each(_frozen_from_noon),
    "half told": _scaled(50),
    "5 % less": _scaled(95),
    "5 % more": _scaled(105),
}
"""Every lie, by its name."""

MUST_BE_NOTICED = tuple(LIES)[:6]
"""Those that the rules must notice in every home, each by itself."""

UNNOTICED = tuple(LIES)[6:]
"""Those that a single meter may get away with; it is counted how often."""
