"""Validation: each rule flags what it should, flags nothing else, and changes no value."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdm.one_home import day_block, gas_block, with_value
from meterkast.mdm.validation import Expectation, validate
from meterkast.model.block import MeterDayBlock
from meterkast.model.obis import Obis
from meterkast.model.unit import Unit

HOME = Expectation(interval_data=True, phases=3, ampere=25)
SMALL_HOME = Expectation(interval_data=True, phases=1, ampere=25)
ONCE = Expectation(interval_data=False)


def flags(block: MeterDayBlock, expected: Expectation = HOME) -> tuple[str, ...]:
    return validate(block, expected).flags


def cut(block: MeterDayBlock, first: int, last: int) -> MeterDayBlock:
    return replace(
        block,
        times=block.times[first:last],
        status=block.status[first:last],
        columns=tuple(replace(column, values=column.values[first:last]) for column in block.columns),
    )


def series(block: MeterDayBlock, *values: int) -> MeterDayBlock:
    """The block with these values at the start of its first column, and the last of them from there on."""
    first, *others = block.columns
    rest = len(first.values) - len(values)
    return replace(block, columns=(replace(first, values=(*values, *values[-1:] * rest)), *others))


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 3, 3), date(2026, 10, 25)])
def test_a_good_day_has_no_flags_whatever_its_length(day: date) -> None:
    assert flags(day_block(day)) == ()
    assert flags(gas_block(day)) == ()


def test_a_gap_is_missing() -> None:
    assert flags(with_value(day_block(), 40, None)) == ("MISSING",)


@pytest.mark.parametrize(("first", "last"), [(0, 96), (1, 97), (0, 0), (0, 1)])
def test_a_day_that_lacks_instants_is_missing(first: int, last: int) -> None:
    assert flags(cut(day_block(), first, last)) == ("MISSING",)


def test_another_day_than_the_block_says_is_missing() -> None:
    assert flags(replace(day_block(), day=date(2026, 3, 4))) == ("MISSING",)


def test_hours_are_too_coarse_for_electricity_and_right_for_gas() -> None:
    hours = replace(gas_block(), medium=day_block().medium)
    assert flags(hours) == ("MISSING",)
    assert flags(gas_block()) == ()


def test_a_frame_that_was_read_once_misses_nothing() -> None:
    assert flags(cut(day_block(), 3, 4), ONCE) == ()


@pytest.mark.parametrize("status", [0x01, 0x02, 0x04, 0x80, 0x81])
def test_trouble_in_the_status_is_flagged(status: int) -> None:
    block = day_block()
    assert flags(replace(block, status=(*block.status[:-1], status))) == ("STATUS",)


@pytest.mark.parametrize("status", [None, 0x00, 0x08, 0x20])
def test_summer_time_and_an_adjusted_clock_are_no_trouble(status: int | None) -> None:
    block = day_block()
    assert flags(replace(block, status=(*block.status[:-1], status))) == ()


def test_a_register_that_ran_back_is_flagged_and_kept() -> None:
    block = series(day_block(), 1000, 1040, 1039)
    checked = validate(block, HOME)
    assert checked.flags == ("REG_DECR",)
    assert checked.columns == block.columns


def test_a_register_that_ran_back_over_a_gap_is_flagged() -> None:
    assert flags(with_value(series(day_block(), 1000, 1000, 900), 1, None)) == ("MISSING", "REG_DECR")


@pytest.mark.parametrize(
    ("values", "flagged"),
    [
        ((999_999_990, 999_999_999, 7), False),
        ((999_999, 0), False),
        ((989_999, 0), True),
        ((999_999, 10_001), True),
        ((99_999, 0), True),
        ((999_999, -1), True),
    ],
)
def test_a_rollover_is_believed_only_near_a_power_of_ten(values: tuple[int, ...], flagged: bool) -> None:
    assert ("REG_DECR" in flags(series(day_block(), *values))) == flagged


def test_a_voltage_may_fall() -> None:
    block = series(day_block(), 2301, 2295)
    voltage = replace(block.columns[0], obis=Obis.parse("1-0:32.7.0"), unit=Unit.VOLT, scaler=-1)
    assert flags(replace(block, columns=(voltage,))) == ()


@pytest.mark.parametrize(
    ("expected", "limit"),
    [(HOME, 5196), (SMALL_HOME, 1725)],  # 1.2 x sqrt(3) x 400 V x 25 A, and 1.2 x 230 V x 25 A, for a quarter
)
def test_more_than_the_fuse_lets_through_is_flagged(expected: Expectation, limit: int) -> None:
    assert flags(series(day_block(), 0, limit), expected) == ()
    assert flags(series(day_block(), 0, limit + 1), expected) == ("CAP",)


def test_the_scaler_counts() -> None:
    block = series(day_block(), 0, 6)
    kilo = replace(block.columns[0], scaler=3)
    assert flags(replace(block, columns=(kilo,))) == ("CAP",)


def test_over_a_gap_the_longer_time_counts() -> None:
    assert flags(with_value(series(day_block(), 0, 0, 8000), 1, None)) == ("MISSING",)


def test_a_connection_of_unknown_capacity_has_no_limit() -> None:
    assert flags(series(day_block(), 0, 10**9), Expectation(interval_data=True)) == ()


def test_more_gas_than_the_largest_meter_passes_is_flagged() -> None:
    assert flags(series(gas_block(), 0, 12_000)) == ()
    assert flags(series(gas_block(), 0, 12_001)) == ("CAP",)


@given(
    place=st.integers(0, 96),
    value=st.none() | st.integers(-(2**63), 2**63 - 1),
    status=st.none() | st.integers(0, 255),
    before=st.sets(st.sampled_from(["CLOCK", "GARBAGE", "MISSING"])),
)
def test_no_rule_changes_a_value_or_takes_a_flag_away(
    place: int, value: int | None, status: int | None, before: set[str]
) -> None:
    block = replace(with_value(day_block(), place, value), status=(status,) * 97, flags=tuple(sorted(before)))
    checked = validate(block, HOME)
    assert replace(checked, flags=block.flags) == block
    assert before <= set(checked.flags)
    assert list(checked.flags) == sorted(checked.flags)
    assert validate(checked, HOME) == checked
