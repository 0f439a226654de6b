"""The sun stands where almanacs say; the weather is Dutch."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from meterkast.street.homes import Weather
from meterkast.street.homes.minutes import minutes_of
from meterkast.street.homes.sun import LATITUDE, clear_sky, sun_path


@pytest.mark.parametrize(
    ("moment", "elevation"),
    [
        # The sun culminates at 90 - latitude +- 23.44 degrees, near 11:41 and 11:37 UTC at 5.2 E.
        (datetime(2026, 6, 21, 11, 41, tzinfo=UTC), 90 - 52.1 + 23.44),
        (datetime(2026, 12, 21, 11, 37, tzinfo=UTC), 90 - 52.1 - 23.44),
    ],
)
def test_noon_at_the_solstices(moment: datetime, elevation: float) -> None:
    path = sun_path(np.array([int(moment.timestamp())], dtype=np.int64))
    assert float(np.degrees(path.elevation[0])) == pytest.approx(elevation, abs=0.05)
    assert float(np.degrees(path.azimuth[0])) == pytest.approx(0, abs=1.0)


def test_the_sun_goes_from_east_to_west() -> None:
    day = datetime(2026, 3, 20, tzinfo=UTC)
    hours = np.array([int((day + timedelta(hours=hour)).timestamp()) for hour in (8, 16)], dtype=np.int64)
    morning, afternoon = sun_path(hours).azimuth
    assert morning < 0 < afternoon


def test_no_light_without_sun() -> None:
    assert clear_sky(np.array([-0.3, 0.0, 0.0001, np.radians(90 - np.degrees(LATITUDE))])).tolist()[:2] == [
        0,
        0,
    ]


def test_a_sky_is_the_same_for_all_and_for_ever() -> None:
    day = date(2026, 5, 3)
    assert Weather(5).sky(day).temperature.tolist() == Weather(5).sky(day).temperature.tolist()
    assert Weather(5).sky(day).temperature.tolist() != Weather(6).sky(day).temperature.tolist()


def test_no_step_at_midnight() -> None:
    weather = Weather(1)
    for number in range(365):
        day = date(2026, 1, 1) + timedelta(days=number)
        before, after = weather.sky(day).temperature[-1], weather.sky(day + timedelta(days=1)).temperature[0]
        assert abs(float(after - before)) < 0.3


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_seasons(seed: int) -> None:
    weather = Weather(seed)

    def mean_of(month: int) -> float:
        return float(
            np.mean([weather.sky(date(2026, month, day)).temperature.mean() for day in range(1, 29)])
        )

    assert -2 < mean_of(1) < 8
    assert 14 < mean_of(7) < 23
    # About 1000 kWh/m2 a year on level ground: KNMI, De Bilt.
    year = [weather.sky(date(2026, 1, 1) + timedelta(days=day)) for day in range(365)]
    sunshine = sum(float((sky.direct + sky.diffuse).sum()) for sky in year) / 60_000
    assert 850 < sunshine < 1350


@pytest.mark.parametrize(
    ("day", "minutes", "at_three"),
    [
        (date(2026, 3, 29), 1380, "2026-03-29T01:00:00+00:00"),
        (date(2026, 10, 25), 1500, "2026-10-25T02:00:00+00:00"),
        (date(2026, 7, 1), 1440, "2026-07-01T01:00:00+00:00"),
    ],
)
def test_the_wall_clock_of_long_and_short_days(day: date, minutes: int, at_three: str) -> None:
    local = minutes_of(day)
    assert len(local.instants) == len(local.wall) == minutes
    assert (np.diff(local.instants) == 60).all()
    assert local.instant(180) == int(datetime.fromisoformat(at_three).timestamp())
