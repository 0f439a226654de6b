"""Validation: what is wrong with a block is said in its flags. No value is changed and nothing is refused.

The rules are those of the VEE table: V01 completeness, V05 status, V06 monotone, V08 capacity.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from math import sqrt

from meterkast.model.block import Column, Medium, MeterDayBlock
from meterkast.model.calendar import HOUR, QUARTER, grid
from meterkast.model.quality import Flag, ProfileStatus
from meterkast.model.unit import Unit

_MARGIN = 1.2
_PHASE_VOLTS = 230
_LINE_VOLTS = 400
_CUBIC_METRES_PER_HOUR = 10  # the maximum flow of a G6 meter, the largest in an ordinary home

_TROUBLE = (
    ProfileStatus.CRITICAL_ERROR
    | ProfileStatus.CLOCK_INVALID
    | ProfileStatus.NOT_VALID
    | ProfileStatus.POWER_DOWN
)
_VOLUMES = frozenset({Unit.CUBIC_METRE, Unit.CUBIC_METRE_CORRECTED})
_CUMULATIVE = _VOLUMES | {Unit.WATT_HOUR, Unit.VAR_HOUR, Unit.VOLT_AMPERE_HOUR, Unit.JOULE}
_LEAST_ROLLOVER_DIGITS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What the registers say a block should look like.

    Attributes:
        interval_data: whether the block should fill the grid of its day; a frame that was read once does not.
        phases: of the connection, where known.
        ampere: main fuse of the connection, where known.
    """

    interval_data: bool
    phases: int | None = None
    ampere: int | None = None

    def limit(self, unit: Unit) -> float | None:
        """The most that may pass in an hour, in this unit; None where nothing is known about it.

        Meetcode elektriciteit: energy per period stays below 120 % of what the installation allows.
        """
        if unit in _VOLUMES:
            return _MARGIN * _CUBIC_METRES_PER_HOUR
        if unit is not Unit.WATT_HOUR or self.phases is None or self.ampere is None:
            return None
        volts = _PHASE_VOLTS if self.phases == 1 else sqrt(3) * _LINE_VOLTS
        return _MARGIN * volts * self.ampere


Rule = Callable[[MeterDayBlock, Expectation], bool]


def validate(block: MeterDayBlock, expected: Expectation) -> MeterDayBlock:
    """The same block with the flags of every rule it fails added to those it came with."""
    failed = {flag.value for flag, fails in RULES.items() if fails(block, expected)}
    return replace(block, flags=tuple(sorted(failed.union(block.flags))))


def _incomplete(block: MeterDayBlock, expected: Expectation) -> bool:
    if not expected.interval_data:
        return False
    steps = (after - before for before, after in pairwise(block.times))
    period = min((_longest_period(block.medium), *steps))
    return block.times != grid(block.day, period) or block.missing > 0


def _longest_period(medium: Medium) -> int:
    return QUARTER if medium is Medium.ELECTRICITY else HOUR


def _troubled(block: MeterDayBlock, _expected: Expectation) -> bool:
    return any(status is not None and status & _TROUBLE for status in block.status)


def _ran_back(block: MeterDayBlock, _expected: Expectation) -> bool:
    return any(
        after < before and not _rolled_over(before, after)
        for column in _cumulative(block)
        for _, before, after in _steps(block, column)
    )


def _too_much(block: MeterDayBlock, expected: Expectation) -> bool:
    for column in _cumulative(block):
        limit = expected.limit(column.unit)
        if limit is None:
            continue
        for seconds, before, after in _steps(block, column):
            if (after - before) * 10.0**column.scaler > limit * seconds / HOUR:
                return True
    return False


def _rolled_over(before: int, after: int) -> bool:
    """Whether the register went through its last digit: just below a power of ten before, near zero after."""
    digits = len(str(abs(before)))
    end = 10**digits
    margin = end // 100
    return digits >= _LEAST_ROLLOVER_DIGITS and before >= end - margin and 0 <= after <= margin


def _cumulative(block: MeterDayBlock) -> Iterator[Column]:
    return (column for column in block.columns if column.unit in _CUMULATIVE)


def _steps(block: MeterDayBlock, column: Column) -> Iterator[tuple[int, int, int]]:
    """From each value that is there to the next: seconds between, value before, value after."""
    present = [(at, value) for at, value in zip(block.times, column.values, strict=True) if value is not None]
    for (began, before), (ended, after) in pairwise(present):
        yield ended - began, before, after


RULES: dict[Flag, Rule] = {
    Flag.MISSING: _incomplete,
    Flag.STATUS: _troubled,
    Flag.REGISTER_DECREASED: _ran_back,
    Flag.CAPACITY: _too_much,
}
"""Flag and test of each rule; a test says whether the block fails it."""
