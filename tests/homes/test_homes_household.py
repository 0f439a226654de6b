"""Homes are believable, and the same whoever asks."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meterkast.model.calendar import day_bounds, day_start
from meterkast.model.errors import LocalError
from meterkast.street.homes import Household, Weather, homes
from meterkast.street.homes.minutes import minutes_of
from meterkast.street.homes.traits import VOLT

START = day_start(date(2026, 3, 27))
MINUTES = 4 * 1440
"""Around the short day of 29 March 2026."""


def _whole() -> tuple[np.ndarray, np.ndarray]:
    home = Household(11, 1)
    return home.power(START, START + MINUTES * 60), home.gas_flow(START, START + MINUTES * 60)


POWER, GAS = _whole()
HOME = Household(11, 1)


@given(begin=st.integers(0, MINUTES - 1), length=st.integers(1, 2000))
@settings(max_examples=60)
def test_any_window_in_any_order_says_the_same(begin: int, length: int) -> None:
    end = min(begin + length, MINUTES)
    assert np.array_equal(HOME.power(START + begin * 60, START + end * 60), POWER[begin:end])


@given(begin=st.integers(0, MINUTES // 5 - 1), length=st.integers(1, 400))
@settings(max_examples=30)
def test_gas_windows_too(begin: int, length: int) -> None:
    end = min(begin + length, MINUTES // 5)
    assert np.array_equal(HOME.gas_flow(START + begin * 300, START + end * 300), GAS[begin:end])


def test_longer_steps_are_means_and_sums() -> None:
    day = START + 1440 * 60
    assert np.array_equal(HOME.power(START, day, 900), np.rint(POWER[:1440].reshape(-1, 15, 3).mean(axis=1)))
    assert np.array_equal(HOME.gas_flow(START, day, 3600), GAS[:288].reshape(-1, 12).sum(axis=1))


def test_seed_and_number_make_the_home() -> None:
    end = START + 86400

    def day(seed: int, number: int) -> list[list[int]]:
        return Household(seed, number).power(START, end).tolist()  # type: ignore[no-any-return]

    assert day(1, 4) == day(1, 4)
    assert day(1, 4) != day(1, 5)
    assert day(1, 4) != day(2, 4)


@pytest.mark.parametrize(
    ("start", "end", "step"),
    [(30, 90, 60), (0, 0, 60), (60, 0, 60), (0, 90, 60), (0, 120, 90), (0, 60, 0), (0, 300, 180)],
)
def test_windows_are_whole(start: int, end: int, step: int) -> None:
    with pytest.raises(LocalError) as refused:
        HOME.power(start, end, step)
    assert refused.value.code == "homes-window"


@pytest.mark.parametrize(("day", "quarters"), [(date(2026, 3, 29), 92), (date(2026, 10, 25), 100)])
def test_days_of_23_and_25_hours(day: date, quarters: int) -> None:
    start, end = day_bounds(day)
    assert HOME.power(start, end, 900).shape == (quarters, 3)
    assert HOME.gas_flow(start, end).shape == (quarters * 3,)


def test_a_year_in_the_street_is_plausible() -> None:
    street = homes(1, 16)
    every_fifth = [day_bounds(date(2026, 1, 1) + timedelta(days=day)) for day in range(0, 365, 5)]
    imports = []
    for home in street:
        watts = np.concatenate([home.power(*bounds) for bounds in every_fifth])
        net = watts.sum(axis=1)
        imported, exported = net.clip(0).sum() / 12_000, (-net).clip(0).sum() / 12_000
        gas = sum(home.gas_flow(*bounds).sum() for bounds in every_fifth) / 200
        imports.append(imported)
        assert 700 < imported < 9000
        assert (exported > 500) if home.traits.roof else (exported == 0)
        assert 60 < gas < 2600
        assert np.abs(watts).max() <= home.fuse * VOLT
        if home.phases == 1:
            assert not watts[:, 1:].any()
    assert 1500 < float(np.mean(imports)) < 4500


def test_export_needs_daylight_and_follows_one_sky() -> None:
    seed, day = 1, date(2026, 6, 10)
    sunny = [home for home in homes(seed, 40) if home.traits.roof]
    start, end = day_bounds(day)
    elevation = Weather(seed).sky(day).sun.elevation
    exports = []
    for home in sunny:
        net = home.power(start, end).sum(axis=1)
        assert (elevation[net < 0] > 0).all()
        exports.append((-net).clip(0).reshape(-1, 15).mean(axis=1))
    assert len(sunny) > 10
    assert np.corrcoef(exports).mean() > 0.5


def test_cold_days_ask_for_gas_and_hybrids_for_less() -> None:
    street = homes(1, 40)
    january, july = (day_bounds(date(2026, month, 15)) for month in (1, 7))
    for home in street:
        assert home.gas_flow(*january).sum() > home.gas_flow(*july).sum() > 0
    by_kind = {
        kind: np.mean(
            [h.gas_flow(*january).sum() / h.traits.loss for h in street if h.traits.heating is kind]
        )
        for kind in {home.traits.heating for home in street}
    }
    assert len(by_kind) == 2
    boiler, hybrid = (by_kind[kind] for kind in sorted(by_kind))
    assert hybrid < boiler


def test_evenings_differ_from_nights_and_cars_show() -> None:
    days = [date(2026, 11, 2) + timedelta(days=number) for number in range(14)]
    profile = np.zeros(1440)
    for home in homes(2, 20):
        for day in days:
            profile += home.power(*day_bounds(day)).sum(axis=1)
    assert profile[1080:1200].mean() > 2 * profile[150:300].mean()
    cars = [home for home in homes(2, 40) if home.traits.car]
    assert cars
    start, end = day_bounds(days[0])
    peaks = [home.power(start, end + 6 * 86400).max() for home in cars]
    assert min(peaks) > 2500


def test_what_crosses_midnight_goes_on() -> None:
    evening, morning = 0, 0
    for home in homes(3, 60):
        car = home.traits.car
        if car is None:
            continue
        for number in range(10):
            day = date(2026, 11, 2) + timedelta(days=number)
            midnight = minutes_of(day).start
            before, after = home.power(midnight - 300, midnight + 300).sum(axis=1).reshape(2, 5).mean(axis=1)
            evening += before > 0.7 * car.charger
            morning += after > 0.7 * car.charger
    assert evening > 0
    assert morning >= evening * 0.5


def test_the_books_of_the_street() -> None:
    street = homes(1, 100)
    assert sum(home.vendor == "KFM" for home in street) == 60
    assert sum(home.vendor == "SAG" for home in street) == 40
    assert len({home.ean for home in street}) == 100
    assert all(str(home.ean).startswith("871687") for home in street)
    assert {(home.phases, home.fuse) for home in street} == {(1, 35), (3, 25)}
    assert homes(1, 3)[2].ean == street[2].ean
