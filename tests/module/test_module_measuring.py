"""Counting is exact, whoever asks and whenever, and the registers add up."""

from datetime import date, datetime
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meterkast.model.calendar import AMSTERDAM, day_bounds, day_start, grid
from meterkast.module.measuring import Energy, EnergyMeter
from meterkast.module.registers import (
    EXPORT,
    EXPORT_LOW,
    EXPORT_NORMAL,
    IMPORT,
    IMPORT_LOW,
    IMPORT_NORMAL,
    Registers,
)
from meterkast.module.tariff import Rate, rate_at
from module.module_loads import Steady, Swinging

INSTALLED = day_start(date(2026, 3, 26)) + 600
DAYS = 6 * 86400


def _by_hand(load: Swinging, start: int, at: int) -> Energy:
    """Second by second in plain Python: the long way round to the same counters."""
    counted = dict.fromkeys(("import_low", "import_normal", "export_low", "export_normal"), 0)
    for minute in range(start, at, 60):
        watts = int(load.power(minute, minute + 60).sum())
        side = "import" if watts > 0 else "export"
        rate = "low" if rate_at(minute) is Rate.LOW else "normal"
        counted[f"{side}_{rate}"] += abs(watts) * min(60, at - minute)
    return Energy(**counted)


@pytest.mark.parametrize("seconds", [0, 1, 59, 60, 61, 3600, 47_000, 86_400, 200_017])
def test_counters_equal_the_long_way_round(seconds: int) -> None:
    meter = EnergyMeter(Swinging(), INSTALLED)
    assert meter.energy(INSTALLED + seconds) == _by_hand(Swinging(), INSTALLED, INSTALLED + seconds)


@given(st.lists(st.integers(-1000, DAYS), min_size=1, max_size=8))
@settings(max_examples=40)
def test_the_order_of_questions_changes_nothing(seconds: list[int]) -> None:
    meter = EnergyMeter(Swinging(), INSTALLED)
    for second in seconds:
        assert meter.energy(INSTALLED + second) == EnergyMeter(Swinging(), INSTALLED).energy(
            INSTALLED + second
        )


@given(st.integers(0, DAYS), st.integers(0, DAYS))
@settings(max_examples=40)
def test_registers_never_run_back_and_add_up(one: int, other: int) -> None:
    registers = Registers(EnergyMeter(Swinging(), INSTALLED), "KFM0000000000001")
    before, after = (registers.at(INSTALLED + second) for second in sorted((one, other)))
    assert all(before[obis] <= after[obis] for obis in before)
    for values in (before, after):
        assert values[IMPORT] == values[IMPORT_LOW] + values[IMPORT_NORMAL]
        assert values[EXPORT] == values[EXPORT_LOW] + values[EXPORT_NORMAL]


def test_a_steady_kilowatt_for_a_working_day() -> None:
    start, end = day_bounds(date(2026, 11, 4))
    registers = Registers(EnergyMeter(Steady(1000, 0, 0), start), "KFM0000000000001")
    before, after = registers.at(start), registers.at(end)
    gained = {obis: after[obis] - before[obis] for obis in after}
    assert gained == {
        IMPORT: 24_000,
        IMPORT_LOW: 8_000,
        IMPORT_NORMAL: 16_000,
        EXPORT: 0,
        EXPORT_LOW: 0,
        EXPORT_NORMAL: 0,
    }


def test_phases_are_summed_before_the_direction_is_decided() -> None:
    start = day_start(date(2026, 11, 4))
    energy = EnergyMeter(Steady(2000, -2000, -30), start).energy(start + 3600)
    assert energy == Energy(export_low=30 * 3600)


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)])
def test_days_on_which_the_clock_changes(day: date, hours: int) -> None:
    start, end = day_bounds(day)
    registers = Registers(EnergyMeter(Steady(400, 0, 0), start), "KFM0000000000001")
    values = [registers.at(at)[IMPORT] for at in grid(day, 900)]
    assert len(values) == hours * 4 + 1
    assert values[-1] - values[0] == 400 * hours
    assert {after - before for before, after in pairwise(values)} == {100}
    assert end - start == hours * 3600


def test_nothing_before_installation() -> None:
    meter = EnergyMeter(Steady(1000, 0, 0), INSTALLED)
    assert meter.energy(INSTALLED - 86_400 * 400) == meter.energy(INSTALLED) == Energy()


def test_a_factory_start_belongs_to_the_serial() -> None:
    meter = EnergyMeter(Steady(0, 0, 0), INSTALLED)
    starts = [Registers(meter, f"KFM{serial:013d}").at(INSTALLED) for serial in range(30)]
    assert len({start[IMPORT] for start in starts}) > 20
    assert all(1800 <= start[IMPORT] <= 4600 and 0 <= start[EXPORT] <= 130 for start in starts)
    assert starts[3] == Registers(meter, "KFM0000000000003").at(INSTALLED)


@pytest.mark.parametrize(
    ("local", "rate"),
    [
        ("2026-11-04T06:59:59", Rate.LOW),
        ("2026-11-04T07:00:00", Rate.NORMAL),
        ("2026-11-04T22:59:59", Rate.NORMAL),
        ("2026-11-04T23:00:00", Rate.LOW),
        ("2026-11-07T12:00:00", Rate.LOW),
        ("2026-11-08T12:00:00", Rate.LOW),
        ("2026-07-06T07:00:00", Rate.NORMAL),
    ],
)
def test_the_dutch_rates(local: str, rate: Rate) -> None:
    assert rate_at(int(datetime.fromisoformat(local).replace(tzinfo=AMSTERDAM).timestamp())) is rate


def test_phase_readings_keep_ohms_law() -> None:
    start = day_start(date(2026, 11, 4))
    first, second, third = EnergyMeter(Steady(2300, -1150, 0), start).phases(start + 3 * 3600 + 17)
    assert first.power == 2300
    assert first.voltage == pytest.approx(229.5, abs=0.1)
    assert first.current == pytest.approx(10.0, abs=0.1)
    assert second.voltage > third.voltage > first.voltage
    assert second.current == pytest.approx(4.9, abs=0.1)
    assert third.current == 0
