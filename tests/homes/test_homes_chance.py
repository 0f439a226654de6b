"""Draws depend on their path and index alone."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from meterkast.street.homes.chance import Chance, _mix

WORDS = st.one_of(st.integers(-(2**63), 2**63 - 1), st.text(max_size=20))


def test_the_mixer_is_splitmix64() -> None:
    # First outputs of SplitMix64 seeded with 0: S. Vigna, splitmix64.c, and many ports of it.
    state, outputs = 0, []
    for _ in range(3):
        outputs.append(_mix(state))
        state = (state + 0x9E3779B97F4A7C15) & (2**64 - 1)
    assert outputs == [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]


@given(st.lists(WORDS, max_size=4), st.lists(WORDS, max_size=3), st.integers(0, 2**40))
def test_a_path_may_be_walked_in_steps(first: list[int | str], second: list[int | str], index: int) -> None:
    assert Chance(*first).of(*second).draw(index) == Chance(*first, *second).draw(index)


@given(st.integers(0, 2**40), st.integers(1, 50))
def test_columns_and_single_draws_agree(start: int, count: int) -> None:
    chance = Chance(7, "column")
    column = chance.draws(np.arange(start, start + count, dtype=np.int64))
    assert column.tolist() == [chance.draw(start + place) for place in range(count)]


def test_streams_differ_and_fill_the_unit_interval() -> None:
    indexes = np.arange(20_000, dtype=np.int64)
    one, other = Chance(1).draws(indexes), Chance(2).draws(indexes)
    assert abs(float(one.mean()) - 0.5) < 0.01
    assert one.min() >= 0
    assert one.max() < 1
    assert abs(float(np.corrcoef(one, other)[0, 1])) < 0.03


def test_drift_is_smooth_and_centred() -> None:
    instants = np.arange(0, 3_000_000, 60, dtype=np.int64)
    drift = Chance(3).drift(instants, 3600)
    assert abs(float(drift.mean())) < 0.15
    assert np.abs(drift).max() <= 2 * np.sqrt(3)
    assert np.abs(np.diff(drift)).max() < 0.2
