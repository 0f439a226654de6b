"""Plausibility: frozen, replayed, and out of balance with the cable; and what stays unseen."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from mdm.one_home import DAY, day_block, gas_block
from meterkast.mdm.plausibility import BALANCE_TOLERANCE, imbalance, is_replayed, is_stuck
from meterkast.model.block import MeterDayBlock

BEFORE = day_block(DAY - timedelta(days=1))


def with_steps(block: MeterDayBlock, steps: list[int]) -> MeterDayBlock:
    first, *others = block.columns
    start = first.values[0] or 0
    values = tuple(start + sum(steps[:place]) for place in range(len(first.values)))
    return replace(block, columns=(replace(first, values=values), *others))


def test_a_day_without_any_movement_is_stuck_only_after_one_with() -> None:
    frozen = with_steps(day_block(), [0] * 96)
    assert is_stuck(frozen, BEFORE)
    assert not is_stuck(frozen, frozen)
    assert not is_stuck(with_steps(day_block(), [0] * 95 + [1]), BEFORE)
    assert not is_stuck(day_block(), BEFORE)
    assert is_stuck(
        replace(gas_block(), columns=(replace(gas_block().columns[0], values=(7,) * 25),)), gas_block()
    )


@given(st.lists(st.integers(0, 500), min_size=96, max_size=96).filter(any))
def test_a_day_told_again_is_replayed_and_one_that_differs_by_a_watt_hour_is_not(steps: list[int]) -> None:
    earlier, again = with_steps(BEFORE, steps), with_steps(day_block(start=9_000_000), steps)
    assert is_replayed(again, [BEFORE, earlier])
    steps = [steps[0] + 1, *steps[1:]]
    assert not is_replayed(with_steps(again, steps), [earlier])
    assert not is_replayed(with_steps(again, [0] * 96), [with_steps(earlier, [0] * 96)])


def test_the_cable_gives_away_what_is_missing_from_the_meters() -> None:
    street = [day_block(step=40) for _ in range(10)]
    feeder = 10 * 96 * 40
    assert imbalance(street, feeder) == 0
    one_tells_half = [day_block(step=20), *street[1:]]
    assert imbalance(one_tells_half, feeder) > BALANCE_TOLERANCE
    one_tells_5_percent_less = [day_block(step=38), *street[1:]]
    assert 0 < imbalance(one_tells_5_percent_less, feeder) < BALANCE_TOLERANCE
    assert imbalance([day_block(step=60), *street[1:]], feeder) < -BALANCE_TOLERANCE
    assert imbalance([], 0) == 0
